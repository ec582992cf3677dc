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
from ports.raw import DRAIN_SECONDS, RawReply

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

    @abstractmethod
    def says(self, passed: bytes) -> bool:
        """Tell whether the model says something in what `feed` or `finish` has returned.

        Text, reasoning, a call of a tool; not a role, a comment or an empty beginning. It is asked
        until it has, and need not be quick.
        """


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


async def begun(reply: RawReply, passing: Passing) -> Relayed:
    """Wait for the first bytes of an answer that go on, return the stream of all of them."""
    head = await beginning(reply.body, passing)
    reply.began()
    return Relayed(head, reply, passing)


def in_one_piece(reply: RawReply) -> bool:
    """Tell whether a server has answered whole although a stream was asked for (1.5)."""
    return reply.content_type.lower().startswith("application/json")


def at_once(reply: RawReply, events: bytes) -> AsyncIterator[bytes]:
    """Give a whole answer as the stream that was asked for."""
    reply.began()
    reply.spoke()
    return _once(events)


async def _once(events: bytes) -> AsyncIterator[bytes]:
    yield events


async def beginning(body: AsyncIterator[bytes], passing: Passing) -> bytes:
    """Wait for the first bytes that go on. Raises the error that came instead."""
    head = b""
    while not (head or passing.done or passing.error):
        head = await _further(body, passing)
    if passing.error is not None and not head:
        raise passing.error
    return head


async def _further(body: AsyncIterator[bytes], passing: Passing) -> bytes:
    data = await anext(body, b"")
    return passing.feed(data) if data else passing.finish()


class Relayed(Prompt):
    """A streamed answer that is passed on, piece by piece; a cut one ends in an error.

    `head` is what `passing` has returned already. What an upstream sends behind the end of its
    answer, and how long it keeps the connection open then, is nothing to the client.
    """

    __slots__ = ("_body", "_passing", "_rest", "_silent", "_spoke")

    def __init__(self, head: bytes, reply: RawReply, passing: Passing) -> None:
        super().__init__()
        self._body = reply.body
        self._spoke = reply.spoke
        self._silent = True
        """Whether the model has said nothing yet. So long pieces are taken one by one."""
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
            if self._silent:
                self._rest = await _further(self._body, passing)
            elif not await self._body.pour(self._take):
                self._rest = passing.finish()
        rest, self._rest = self._rest, b""
        if self._silent and (passing.done or passing.says(rest)):
            self._silent = False
            self._spoke()
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
