"""A client that costs little: one connection, one request at a time, no parsing on the way."""

from __future__ import annotations

import asyncio
import time
from typing import cast
from urllib.parse import urlsplit

from msgspec import Struct

LAST_CHUNK = b"0\r\n\r\n"


class Target(Struct, frozen=True, kw_only=True):
    """A server to put load on."""

    url: str
    """The root, without a slash at its end."""
    pid: int = 0
    """Whose CPU time and memory is measured; 0 for nobody's."""
    key: str = ""
    """Sent as a bearer token, if any."""

    def request(self, body: bytes, path: str = "/api/chat") -> bytes:
        """Build a whole request."""
        bearer = f"authorization: Bearer {self.key}\r\n" if self.key else ""
        return (
            f"POST {path} HTTP/1.1\r\nhost: {urlsplit(self.url).netloc}\r\n{bearer}"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        ).encode() + body


class Answer(Struct, frozen=True, kw_only=True):
    """What came back, still in its framing. Times are seconds of `time.perf_counter`."""

    head: bytes
    """In lower case, without its end."""
    body: bytes
    asked_at: float
    first_at: float
    ended_at: float

    @property
    def chunked(self) -> bool:
        """Whether the body is still cut into HTTP chunks."""
        return b"\r\ntransfer-encoding: chunked" in self.head


class Client(asyncio.Protocol):
    """One connection. `ask` raises `ConnectionError` if it is lost before the answer's end."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._answer: asyncio.Future[Answer] | None = None

    @property
    def usable(self) -> bool:
        """Whether another request may be sent here."""
        return not self._transport.is_closing()

    def ask(self, request: bytes) -> asyncio.Future[Answer]:
        """Send a request; the future is its answer."""
        self._answer = self._loop.create_future()
        self._head = b""
        self._parts: list[bytes] = []
        self._left = -1
        self._first_at = 0.0
        self._asked_at = time.perf_counter()
        self._transport.write(request)
        return self._answer

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionResetError("connection lost"))

    def data_received(self, data: bytes) -> None:
        if self._answer is None or self._answer.done():
            return
        if not self._head:
            data = b"".join([*self._parts, data])
            head, found, data = data.partition(b"\r\n\r\n")
            if not found:
                self._parts = [head]
                return
            self._begin(head.lower())
        if data:
            self._first_at = self._first_at or time.perf_counter()
            self._parts.append(data)
            self._left -= len(data)
        if self._left == 0 or (self._left < 0 and self._at_last_chunk()):
            self._finish(self._answer)

    def _begin(self, head: bytes) -> None:
        self._head = head
        self._parts = []
        _, counted, length = head.partition(b"\r\ncontent-length:")
        if counted:
            self._left = int(length.partition(b"\r\n")[0])

    def _at_last_chunk(self) -> bool:
        if len(self._parts) > 1 and len(self._parts[-1]) < len(LAST_CHUNK):
            self._parts[-2:] = [self._parts[-2] + self._parts[-1]]
        return bool(self._parts) and self._parts[-1].endswith(LAST_CHUNK)

    def _finish(self, answer: asyncio.Future[Answer]) -> None:
        now = time.perf_counter()
        answer.set_result(
            Answer(
                head=self._head,
                body=b"".join(self._parts),
                asked_at=self._asked_at,
                first_at=self._first_at or now,
                ended_at=now,
            )
        )


async def connect(target: Target) -> Client:
    """Open a connection."""
    where = urlsplit(target.url)
    loop = asyncio.get_running_loop()
    _, client = await loop.create_connection(Client, where.hostname or "", where.port or 80)
    return client
