"""How much a local process has not read yet: asked of the kernel, about one TCP connection.

`/proc/net/tcp` says the same, but lists every connection of the machine for it; the kernel's
socket diagnostics (`man 7 sock_diag`) answer about one.
"""

from __future__ import annotations

import socket
import struct

SOCK_DIAG = 4  # NETLINK_SOCK_DIAG
BY_FAMILY = 20  # SOCK_DIAG_BY_FAMILY
REQUEST = 1  # NLM_F_REQUEST
NO_COOKIE = 0xFFFFFFFF
HEADER = struct.Struct("=IHHII")
QUESTION = struct.Struct("=BBBxI")
ADDRESSES = struct.Struct("!HH4s12x4s12x")
REST = struct.Struct("=III")
QUEUE = struct.Struct("=I")
BEFORE_QUEUE = HEADER.size + 4 + ADDRESSES.size + REST.size + 4
"""Bytes of an answer (`struct inet_diag_msg`) before `idiag_rqueue`."""


def unread(ours: socket.socket) -> int:
    """Count the bytes that reached the other end of a local connection and wait there.

    0 if the other end is closed.
    """
    local, remote = ours.getpeername(), ours.getsockname()
    body = (
        QUESTION.pack(socket.AF_INET, socket.IPPROTO_TCP, 0, 0xFFFFFFFF)
        + ADDRESSES.pack(local[1], remote[1], _packed(local), _packed(remote))
        + REST.pack(0, NO_COOKIE, NO_COOKIE)
    )
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, SOCK_DIAG) as kernel:
        kernel.send(HEADER.pack(HEADER.size + len(body), BY_FAMILY, REQUEST, 0, 0) + body)
        answer = kernel.recv(4096)
    if HEADER.unpack_from(answer)[1] != BY_FAMILY:  # an error: there is no such socket
        return 0
    return int(QUEUE.unpack_from(answer, BEFORE_QUEUE)[0])


def _packed(address: tuple[str, int]) -> bytes:
    return socket.inet_aton(address[0])
