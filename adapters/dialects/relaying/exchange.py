"""What a relay of any dialect does: bytes of an upstream pass on as they come.

The dialect's own part is a `Passing`, which cuts the answer where it may be cut, and puts right
what has to be.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Protocol, TypeVar

from adapters.dialects.wire.reading import Reader, Reading
from ports.errors import BackendError, BackendProtocolError
from ports.raw import RawReply
from ports.stream import Take

Conceal = Callable[[str], str]
"""Takes the upstream's keys out of a text (`ports.raw.RawReply.conceal`)."""

Fault = TypeVar("Fault", bound=BackendError)


class Passing(Reader[bytes], Protocol):
    """One streamed answer on its way to the client."""

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
        data = await anext(body, b"")
        head = passing.feed(data) if data else passing.finish()
    if passing.error is not None and not head:
        raise passing.error
    return head


class Relayed(Reading[bytes]):
    """A streamed answer that is passed on; says when the model has said something."""

    __slots__ = ("_passing", "_silent", "_spoke")

    def __init__(self, head: bytes, reply: RawReply, passing: Passing) -> None:
        super().__init__(head, reply.body, passing)
        self._passing = passing
        self._spoke = reply.spoke
        self._silent = True
        """Whether the model has said nothing yet. So long pieces are looked into once more."""

    async def pour(self, take: Take[bytes], /) -> bool:
        """Hand over what goes on."""
        if self._silent:
            taken = True

            def listen(piece: bytes) -> bool:
                nonlocal taken
                if self._passing.done or self._passing.says(piece):
                    self._silent = False
                    self._spoke()
                taken = take(piece)
                return taken and self._silent

            more = await super().pour(listen)
            if self._silent or not (more and taken):
                return more
        return await super().pour(take)


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
