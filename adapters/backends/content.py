"""The body of an upstream's answer, from aiohttp's parser to whoever waits for it.

This is the one place that uses what aiohttp keeps to itself (a pinned version of it, and tests
over sockets): half of what a streamed event costs is spent here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, Self, TypeVar, cast

import aiohttp
from aiohttp.client_proto import ResponseHandler

from adapters.dialects.wire.coding import Decompression, NotValid

Waiter = TypeVar("Waiter", bound="asyncio.Future[None]")


class Content(aiohttp.StreamReader):
    """aiohttp's reader, with a shorter way through for what comes.

    The parser makes its reader itself, so one becomes a `Content` once it is there (`of`).
    aiohttp's own keeps an account of where HTTP chunks end, which nobody asks for here, and
    after each read resumes a socket that was not paused, which costs more than all of this.
    """

    __slots__ = ()

    @classmethod
    def of(cls, reader: aiohttp.StreamReader) -> Self | None:
        """Take over a reader; `None` for the one of an answer without a body."""
        if type(reader) is not aiohttp.StreamReader:
            return None
        reader.__class__ = cls
        return cast("Self", reader)

    def begin_http_chunk_receiving(self) -> None:
        """Keep no account of it."""

    def end_http_chunk_receiving(self) -> None:
        """Keep no account of it."""

    def feed_data(self, data: bytes, size: int = 0) -> bool:  # noqa: ARG002 - aiohttp's form
        """Take what the parser has found, and stop reading the socket if nobody keeps up."""
        if data:
            self._buffer.append(data)
            self._size += len(data)
            waiter = self._waiter
            if type(waiter) is Pouring:
                # Who takes it may close the connection, or read on: not in the parser's middle.
                protocol: Any = self._protocol  # a `Connected`
                protocol.pouring = waiter
            elif waiter is not None:
                self._waiter = None
                if not waiter.done():
                    waiter.set_result(None)
            if self._size > self._high_water:
                self._protocol.pause_reading()
        return False

    def take(self) -> bytes:
        """Return everything that has arrived, empty if nothing has."""
        arrived = self._buffer
        if not arrived:
            return b""
        if len(arrived) == 1:
            data = arrived.popleft()
        else:
            data = b"".join(arrived)
            arrived.clear()
        size, self._size = self._size, 0
        if size > self._high_water:
            self._protocol.resume_reading()  # last: the parser may have more, and feeds it now
        return data

    def more(self) -> asyncio.Future[None] | None:
        """Wait for more to arrive, or for the end; `None` if that is here already.

        Raises what broke the connection.
        """
        if self._is_over():
            return None
        waiter: asyncio.Future[None] = self._loop.create_future()
        self._waiter = waiter
        return waiter

    def pouring(self, arrived: Callable[[], bool]) -> Pouring | None:
        """Call `arrived` each time there is more, in that moment, until it returns false.

        The future is done then, or at the end; `None` and errors are as of `more`. Who has waited
        for it calls `poured`.
        """
        if self._is_over():
            return None
        self._waiter = waiter = Pouring(arrived, self._loop)
        return waiter

    def poured(self) -> None:
        """Call nobody any more."""
        self._waiter = None

    def _is_over(self) -> bool:
        if self._exception is not None:
            raise self._exception
        if not self._eof and self._protocol.transport is None:
            raise aiohttp.ClientConnectionError("the connection was closed")
        return self._eof


class Undone:
    """What a compressed body stands for, read as a `Content` is.

    aiohttp would undo gzip itself, but takes one that breaks off for a whole one. Here that is an
    error, and no more of a body is made than is taken next.
    """

    __slots__ = ("_content", "_decompression")

    def __init__(self, content: Content, coding: str) -> None:
        self._content = content
        self._decompression = Decompression(coding)

    def take(self) -> bytes:
        """Return the next piece of what has arrived, empty if there is none; raises as `more`."""
        try:
            while not (piece := self._decompression.take()) and (data := self._content.take()):
                self._decompression.feed(data)
        except NotValid as error:
            raise aiohttp.ClientPayloadError("not what its content coding says") from error
        return piece

    def more(self) -> asyncio.Future[None] | None:
        """Do what `Content.more` does."""
        return self._unless_cut(self._content.more())

    def pouring(self, arrived: Callable[[], bool]) -> Pouring | None:
        """Do what `Content.pouring` does."""
        return self._unless_cut(self._content.pouring(arrived))

    def poured(self) -> None:
        """Call nobody any more."""
        self._content.poured()

    def _unless_cut(self, waiter: Waiter | None) -> Waiter | None:
        if waiter is None and not self._decompression.is_whole:
            raise aiohttp.ClientPayloadError("a compressed body was cut off")
        return waiter


class Pouring(asyncio.Future[None]):
    """Done once whoever is called when something has arrived wants that no more, or at the end."""

    def __init__(self, arrived: Callable[[], bool], loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop=loop)
        self._arrived = arrived

    def go_on(self) -> None:
        """Say that something has arrived."""
        if self.done():
            return  # given up meanwhile
        try:
            if not self._arrived():
                self.set_result(None)
        except Exception as error:  # noqa: BLE001 - whoever waits gets it, not the loop
            self.set_exception(error)


class Connected(ResponseHandler):
    """aiohttp's end of a connection, which says so when all of a read was parsed.

    And it tells whoever reads a body of everything that breaks it. aiohttp tells of broken framing
    only who waits for a head, and takes a reset for the end where that ends the body.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop=loop)
        self.pouring: Pouring | None = None

    def data_received(self, data: bytes) -> None:
        """Take what came; nothing, when reading goes on after a pause."""
        super().data_received(data)
        pouring = self.pouring
        # Whoever makes reading go on takes what that brings himself, behind what he has.
        if pouring is not None and data:
            self.pouring = None
            pouring.go_on()

    def set_exception(self, exc: BaseException, *cause: BaseException) -> None:
        """Break off what is read, behind what of it has come."""
        super().set_exception(exc, *cause)
        pouring, self.pouring = self.pouring, None
        if pouring is not None:
            pouring.go_on()
        self._break_off(exc)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Let go of everything."""
        if exc is not None:
            self._break_off(exc)
        super().connection_lost(exc)

    def _break_off(self, why: BaseException) -> None:
        body = self._payload
        if body is not None and not body.is_eof() and body.exception() is None:
            error = aiohttp.ClientPayloadError("the answer broke off")
            error.__cause__ = why
            body.set_exception(error)


def connects(connector: aiohttp.BaseConnector) -> None:
    """Let a connector make such connections; it has no public way to."""
    cast("Any", connector)._factory = partial(Connected, loop=asyncio.get_running_loop())  # noqa: SLF001
