"""What a reader makes of the body of a streamed answer, piece by piece."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import AsyncIterator, Sized
from contextlib import suppress
from typing import Protocol, TypeVar

from ports.errors import BackendError
from ports.raw import DRAIN_SECONDS
from ports.stream import Stream, Take, pour

T = TypeVar("T", bound=Sized)
T_co = TypeVar("T_co", bound=Sized, covariant=True)


class Reader(Protocol[T_co]):
    """Reads one streamed answer.

    `done` is true once the end of a good answer was returned. `error` is what went wrong
    instead: `feed` and `finish` have returned what came before it, and nothing follows.
    """

    done: bool
    error: BackendError | None

    @abstractmethod
    def feed(self, data: bytes) -> T_co:
        """Take one network read, return what is in it, perhaps nothing."""

    @abstractmethod
    def finish(self) -> T_co:
        """Say that the body has ended, return what was still to come."""


class Reading(Stream[T]):
    """The pieces of one answer; a cut one ends in an error.

    `first` is what the reader has returned already. What an upstream sends behind the end of its
    answer, and how long it keeps the connection open then, is nothing to the client.
    """

    __slots__ = ("_body", "_first", "_reader")

    def __init__(self, first: T, body: AsyncIterator[bytes], reader: Reader[T]) -> None:
        self._first: T | None = first
        self._body = body
        self._reader = reader

    async def pour(self, take: Take[T], /) -> bool:
        """Read on and hand over what there is, in the moment it comes."""
        reader = self._reader
        goes_on = True

        def feed(data: bytes) -> bool:
            nonlocal goes_on
            piece = reader.feed(data)
            goes_on = not piece or take(piece)
            return goes_on and not reader.done and reader.error is None

        first, self._first = self._first, None
        if first and not take(first):
            return True
        while not reader.done:
            if reader.error is not None:
                raise reader.error
            if not await pour(self._body, feed):
                rest = reader.finish()
                goes_on = not rest or take(rest)
            if not goes_on:
                return True
        await self._drain()
        return False

    async def _drain(self) -> None:
        # The end of the body usually lies in the same packet: with it the connection is kept.
        with suppress(TimeoutError, BackendError):
            async with asyncio.timeout(DRAIN_SECONDS):
                async for _ in self._body:
                    pass
