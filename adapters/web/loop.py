"""Requests that would come back to us: a backend that is this very server.

A request that we send upstream names us in `Via` (RFC 9110 7.6.3); one that arrives with
our own name has gone in a circle. A backend that plainly is this listener is found before, at the
start (`app/settings/checks.py`); this finds what names, ports and proxies in between hide.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256


def instance_id(hostname: str, host: str, port: int) -> str:
    """Return the name of this server, the same in each of its workers and after a restart.

    A digest, because upstreams see it and need not learn the machine's name.
    """
    return sha256(f"{hostname}|{host}|{port}".encode()).hexdigest()[:12]


def via_value(instance_id: str) -> bytes:
    """Return what outgoing requests carry in `Via`."""
    return b"1.1 " + _pseudonym(instance_id)


def came_from_us(headers: Iterable[tuple[bytes, bytes]], instance_id: str) -> bool:
    """Tell whether a `Via` among the headers (names in lower case) has our pseudonym."""
    return any(
        name == b"via" and _pseudonym(instance_id) in _receivers(value) for name, value in headers
    )


def _pseudonym(instance_id: str) -> bytes:
    return b"llamaport-" + instance_id.encode()


def _receivers(via: bytes) -> list[bytes]:
    """Return the `received-by` of every entry of a `Via` value."""
    entries = (entry.split() for entry in via.split(b","))
    return [entry[1] for entry in entries if len(entry) > 1]
