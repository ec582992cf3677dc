"""What a relay of any dialect does: bytes of an upstream pass on as they come.

The dialect's own part is a `Passing`, which cuts the answer where it may be cut, and puts right
what has to be.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, suppress
from types import TracebackType
from typing import Protocol, TypeVar

from adapters.dialects.replies.batches import Prompt
from ports.errors import BackendError, BackendProtocolError
from ports.raw import DRAIN_SECONDS, RawBody, RawReply

Conceal = Callable[[str], str]
"""Takes the upstream's keys out of a text (`ports.raw.RawReply.conceal`)."""

Fault = TypeVar("Fault", bound=BackendError)


class Passing(Protocol):
    """One streamed answer on its way to the client.

    `done` is true once the end of a good answer was returned. `error` is what went wrong
    instead: `feed` and `finish` have returned what came before it, and nothing follows.
    """

    done: bool
    error: BackendError | None

    @abstractmethod
    def feed(self, data: bytes) -> bytes:
        """Take one network read, return what of the answer may go on, perhaps nothing."""

    @abstractmethod
    def finish(self) -> bytes:
        """Say that the body has ended, return what was still held."""


class RelayOpening(AbstractAsyncContextManager[AsyncIterator[bytes]]):
    """A streamed answer that is being opened; entering waits for the first bytes that go on.

    `begin` makes the stream of an answer, of which only the head is here.
    """

    __slots__ = ("_begin", "_opening")

    def __init__(
        self,
        opening: AbstractAsyncContextManager[RawReply],
        begin: Callable[[RawReply], Awaitable[AsyncIterator[bytes]]],
    ) -> None:
        self._opening = opening
        self._begin = begin

    async def __aenter__(self) -> AsyncIterator[bytes]:
        """Open it; raises what came instead of an answer."""
        reply = await self._opening.__aenter__()
        try:
            return await self._begin(reply)
        except BaseException as error:
            await self._opening.__aexit__(type(error), error, error.__traceback__)
            raise

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        """Close the upstream's answer."""
        return await self._opening.__aexit__(kind, error, traceback)


async def begun(reply: RawReply, passing: Passing) -> AsyncIterator[bytes]:
    """Wait for the first bytes of an answer that go on, return the stream of all of them."""
    return Relayed(await beginning(reply.body, passing), reply.body, passing)


def in_one_piece(reply: RawReply) -> bool:
    """Tell whether a server has answered whole although a stream was asked for (1.5)."""
    return reply.content_type.lower().startswith("application/json")


async def once(events: bytes) -> AsyncIterator[bytes]:
    """Give what there is, all at once."""
    yield events


async def beginning(body: AsyncIterator[bytes], passing: Passing) -> bytes:
    """Wait for the first bytes that go on. Raises the error that came instead."""
    head = b""
    while not (head or passing.done or passing.error):
        data = await anext(body, b"")
        head = passing.feed(data) if data else passing.finish()
    if passing.error is not None and not head:
        raise passing.error
    return head


class Relayed(Prompt):
    """A streamed answer that is passed on, piece by piece; a cut one ends in an error.

    `head` is what `passing` has returned already. What an upstream sends behind the end of its
    answer, and how long it keeps the connection open then, is nothing to the client.
    """

    __slots__ = ("_body", "_passing", "_rest")

    def __init__(self, head: bytes, body: RawBody, passing: Passing) -> None:
        super().__init__()
        self._body = body
        self._passing = passing
        self._rest = head

    async def __anext__(self) -> bytes:
        """Wait for what could not be written in the moment it came."""
        passing = self._passing
        while not self._rest:
            if passing.done:
                await self._drain()
                raise StopAsyncIteration
            if passing.error is not None:
                raise passing.error
            if not await self._body.pour(self._take):
                self._rest = passing.finish()
        rest, self._rest = self._rest, b""
        return rest

    def _take(self, data: bytes) -> bool:
        passing = self._passing
        rest = passing.feed(data)
        if passing.done or passing.error is not None or (rest and not self.write(rest)):
            self._rest = rest
            return False
        return True

    async def _drain(self) -> None:
        # The end of the body usually lies in the same packet: with it the connection is kept.
        with suppress(TimeoutError, BackendError):
            async with asyncio.timeout(DRAIN_SECONDS):
                async for _ in self._body:
                    pass


def concealed(error: Fault, conceal: Conceal) -> Fault:
    """Take the upstream's keys out of an error's text, and return the same error."""
    error.message = conceal(error.message)
    error.args = (error.message,)
    return error


def cut_off() -> BackendProtocolError:
    """Say that an answer has no end."""
    return BackendProtocolError("the answer ended before it was complete")


def no_answer() -> BackendProtocolError:
    """Say that what came is no answer at all."""
    return BackendProtocolError("invalid response from upstream")
