"""Answers as small ASGI applications, for the controllers of every dialect.

A Litestar handler may return one as it is: nothing of it is serialized, wrapped or
buffered again.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, MutableMapping
from contextlib import AsyncExitStack
from typing import Any, Generic, TypeVar

from ports.errors import GatewayError, InvalidRequest, ShuttingDown
from ports.stream import pour

T = TypeVar("T")

Message = MutableMapping[str, Any]
Send = Callable[[Any], Awaitable[None]]
Write = Callable[[bytes], bool]
"""Sends a further piece of a body at once, and says whether it could; if not, nothing was sent."""
Receive = Callable[[], Awaitable[Message]]
Header = tuple[bytes, bytes]

WRITE = "llamaport.write"
"""Key of a scope: the server's own `Write`. Whoever uses it takes it out, or scope and server would
hold each other."""

DEFERRED = "llamaport.deferred"
"""Key of a scope. A list there takes replies whose caller will send them itself, once it has the
call stack to itself: every frame of a framework below a stream costs something at every event."""


class Reply:
    """A body that is there already."""

    __slots__ = ("_body", "_headers", "_status")

    def __init__(self, body: bytes, headers: Iterable[Header], status: int = 200) -> None:
        self._body = body
        self._headers = [*headers, (b"content-length", b"%d" % len(body))]
        self._status = status

    async def __call__(self, _scope: Any, _receive: Any, send: Send) -> None:
        """Send head and body."""
        await send(
            {"type": "http.response.start", "status": self._status, "headers": self._headers}
        )
        await send({"type": "http.response.body", "body": self._body})


class Head:
    """Status and headers of a streamed answer, which go out once."""

    __slots__ = ("_headers", "_send", "_status", "sent")

    def __init__(self, headers: Iterable[Header], send: Send, status: int = 200) -> None:
        self._headers = headers
        self._send = send
        self._status = status
        self.sent = False

    async def send(self) -> None:
        """Send them, unless that was done."""
        if not self.sent:
            self.sent = True
            await self._send(
                {"type": "http.response.start", "status": self._status, "headers": self._headers}
            )


def never(_body: bytes) -> bool:
    """Write nothing, where a server has no `Write`."""
    return False


class BatchReply(ABC, Generic[T]):
    """A body that comes in batches, each encoded and written as soon as it is here.

    `encode` turns a batch into bytes, `fail` a fault in mid-stream into the dialect's last
    frame; then the body ends. Where no frame could tell, `fail` returns `None`, and the body
    stays incomplete: the server breaks the connection. `exchange` holds what the batches come
    from, and is closed behind the last byte or when the client hangs up.
    """

    __slots__ = ("_encode", "_exchange", "_fail", "_headers", "_status")

    def __init__(
        self,
        encode: Callable[[T], bytes],
        fail: Callable[[GatewayError], bytes | None],
        *,
        headers: Iterable[Header],
        exchange: AsyncExitStack,
        status: int = 200,
    ) -> None:
        self._encode = encode
        self._fail = fail
        self._headers = list(headers)
        self._exchange = exchange
        self._status = status

    async def __call__(self, scope: Any, _receive: Any, send: Send) -> None:
        """Send everything, or leave it to who asked for that (`DEFERRED`)."""
        deferred = scope.get(DEFERRED)
        if deferred is None:
            await self.send_to(send)
        else:
            deferred.append(self)

    async def send_to(self, send: Send, write: Write = never) -> None:
        """Send the head, then every batch in the moment it comes, then the end.

        What ends the batches early is told in a last frame, whatever it was: a client must
        never take a cut answer for a whole one. Before the head it is raised instead.
        """
        encode, rest = self._encode, b""

        def take(batch: T) -> bool:
            nonlocal rest
            rest = encode(batch)
            return not rest or write(rest)

        head = Head(self._headers, send, self._status)
        try:
            # What ends the batches leaves by way of the exchange, which may want to know.
            async with self._exchange:
                try:
                    batches = await self._begin(head, send)
                    while await pour(batches, take):
                        await send({"type": "http.response.body", "body": rest, "more_body": True})
                except (Exception, asyncio.CancelledError) as fault:
                    if head.sent:
                        # To a client that has hung up this is nothing; the server knows that.
                        last = self._fail(_in_public(fault))
                        if last is not None:
                            await send({"type": "http.response.body", "body": last})
                    raise
                await send({"type": "http.response.body", "body": b""})
        except GatewayError:
            if not head.sent:
                raise

    @abstractmethod
    async def _begin(self, head: Head, send: Send) -> AsyncIterator[T]:
        """Send the head and return the batches."""


class StreamReply(BatchReply[T]):
    """A body whose batches are there already: what failed before them was told by a status."""

    __slots__ = ("_batches",)

    def __init__(  # noqa: PLR0913 - all but three by keyword
        self,
        batches: AsyncIterator[T],
        encode: Callable[[T], bytes],
        fail: Callable[[GatewayError], bytes | None],
        *,
        headers: Iterable[Header],
        exchange: AsyncExitStack,
        status: int = 200,
    ) -> None:
        super().__init__(encode, fail, headers=headers, exchange=exchange, status=status)
        self._batches = batches

    async def _begin(self, head: Head, _send: Send) -> AsyncIterator[T]:
        await head.send()
        return self._batches


def _in_public(fault: BaseException) -> GatewayError:
    """Say what ended an answer, without the words of a bug."""
    if isinstance(fault, GatewayError):
        return fault
    if isinstance(fault, asyncio.CancelledError):
        return ShuttingDown()
    return GatewayError("internal server error")


async def read_body(receive: Callable[[], Awaitable[Any]]) -> bytes:
    """Read a request's whole body; a client that leaves before its end has sent what it sent."""
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        return body
    pieces = [body]
    while message.get("more_body", False):
        message = await receive()
        pieces.append(message.get("body", b""))
    return b"".join(pieces)


async def read_pieces(receive: Callable[[], Awaitable[Any]]) -> AsyncIterator[bytes]:
    """Hand a request's body on as it comes, in pieces that are not empty.

    Raises `InvalidRequest` where it breaks off: it must not look like a whole one.
    """
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise InvalidRequest("the upload broke off")
        if body := message.get("body", b""):
            yield body
        more = message.get("more_body", False)
