"""Streams whose pieces can be taken in the moment they come."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

T = TypeVar("T")

Take = Callable[[T], bool]
"""Takes one piece, and says whether it can take the next one in the moment that comes."""


class Stream(AsyncIterator[T]):
    """Pieces as they come, by `pour` or one by one. Both may be used in turn."""

    @abstractmethod
    async def pour(self, take: Take[T], /) -> bool:
        """Hand pieces to `take` until it returns false; tell whether there may be more.

        Where the pieces come from a connection, that is in the moment they come: no task runs in
        between, so `take` must be quick. What it raises is raised here.
        """

    async def __anext__(self) -> T:
        """Wait for one piece."""
        found: list[T] = []

        def take(piece: T) -> bool:
            found.append(piece)
            return False

        await self.pour(take)
        if not found:
            raise StopAsyncIteration
        return found[0]


async def pour(pieces: AsyncIterator[T], take: Take[T]) -> bool:
    """Pour a stream, or go through what is none; see `Stream.pour`."""
    if isinstance(pieces, Stream):
        return await pieces.pour(take)
    async for piece in pieces:
        if not take(piece):
            return True
    return False
