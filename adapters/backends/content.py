"""The body of an upstream's answer, from aiohttp's parser to whoever waits for it.

This is the one place that uses what aiohttp keeps to itself (a pinned version of it, and tests
over sockets): half of what a streamed event costs is spent here.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Self, cast

import aiohttp


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

    @property
    def arrived(self) -> deque[bytes]:
        """What has come and was not taken; always the same object."""
        return self._buffer

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
            if waiter is not None:
                self._waiter = None
                if not waiter.done():
                    waiter.set_result(None)
            if self._size > self._high_water:
                self._protocol.pause_reading()
        return False

    def take(self) -> bytes:
        """Return everything that has arrived."""
        arrived = self._buffer
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
        if self._exception is not None:
            raise self._exception
        if self._eof:
            return None
        if self._protocol.transport is None:
            raise aiohttp.ClientConnectionError("the connection was closed")
        waiter: asyncio.Future[None] = self._loop.create_future()
        self._waiter = waiter
        return waiter
