"""Telling an observer of exchanges with upstreams, from the question to the end of the answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from types import TracebackType
from typing import TypeVar

from msgspec.structs import replace

from domain.parameters import parameters_of
from domain.target import Target
from ports.chat import ChatChunk, ChatResponse, ChatStream, FinishChunk, TextChunk, ToolCallChunk
from ports.embed import EmbedResponse
from ports.errors import GatewayError
from ports.observer import Exchange, Observation, Observer, Operation, Outcome, Request
from ports.parameters import no_parameters
from ports.raw import RawReply
from ports.stream import Stream, Take, pour

Answer = TypeVar("Answer", ChatResponse, EmbedResponse)
T = TypeVar("T")

NOTHING_TOLD = Outcome()


def exchange_of(
    operation: Operation, asked: str, target: Target, request: Request | None = None
) -> Exchange:
    """Describe a question in one piece; `request` is what the backend gets, if it was decoded."""
    return Exchange(
        operation=operation,
        asked=asked,
        backend=target.backend.name,
        kind=target.backend.kind,
        model=target.model.id,
        why=target.why,
        alias="" if target.alias is None else target.alias.name,
        relayed=request is None,
        request=request,
        parameters=no_parameters if request is None else partial(parameters_of, request),
    )


def no_outcome() -> Outcome:
    """Tell nothing of how it ended."""
    return NOTHING_TOLD


async def watched(answer: Awaitable[Answer], exchange: Exchange, observer: Observer) -> Answer:
    """Wait for a whole answer."""
    seen = observer.begin(exchange)
    try:
        response = await answer
    except BaseException as error:
        seen.end(NOTHING_TOLD, error)
        raise
    if seen.content and isinstance(response, ChatResponse):
        seen.said(response)
    seen.end(_outcome_of(response))
    return response


class WatchedStream(AbstractAsyncContextManager[ChatStream]):
    """A stream that is being opened, and then read; entering waits for its first batch."""

    def __init__(
        self,
        opening: AbstractAsyncContextManager[ChatStream],
        exchange: Exchange,
        observer: Observer,
    ) -> None:
        self._opening = opening
        self._exchange = replace(exchange, streamed=True)
        self._observer = observer
        self._chunks: _Chunks | None = None

    async def __aenter__(self) -> ChatStream:
        """Wait for the first batch."""
        seen = self._observer.begin(self._exchange)
        self._chunks = _Chunks(seen, await _entered(self._opening, seen))
        seen.began()
        seen.first()
        return self._chunks

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        """Close the upstream's answer."""
        if self._chunks is not None:
            self._chunks.end(error)
        return await self._opening.__aexit__(kind, error, traceback)


class WatchedBytes(AbstractAsyncContextManager[RawReply]):
    """An exchange whose bytes go through as they are.

    The first bytes of a stream may be a comment, so whoever reads it says when it begins.
    `outcome` returns what was read of the answer on its way, once it is over.
    """

    def __init__(
        self,
        opening: AbstractAsyncContextManager[RawReply],
        exchange: Exchange,
        observer: Observer,
        outcome: Callable[[], Outcome] = no_outcome,
    ) -> None:
        self._opening = opening
        self._exchange = exchange
        self._observer = observer
        self._outcome = outcome
        self._seen: Observation | None = None

    async def __aenter__(self) -> RawReply:
        """Wait for the first bytes."""
        seen = self._observer.begin(self._exchange)
        reply = await _entered(self._opening, seen)
        self._seen = seen
        if self._exchange.streamed:
            return replace(reply, began=seen.began, spoke=seen.first)
        seen.began()
        return reply

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        """Close the upstream's answer."""
        if self._seen is not None:
            outcome = self._outcome()
            self._seen.end(outcome, error or outcome.error)
        return await self._opening.__aexit__(kind, error, traceback)


async def _entered(opening: AbstractAsyncContextManager[T], seen: Observation) -> T:
    try:
        return await opening.__aenter__()
    except BaseException as error:
        seen.end(NOTHING_TOLD, error)
        raise


class _Chunks(Stream[Sequence[ChatChunk]]):
    """The batches of a stream, looked at as they pass."""

    __slots__ = ("_error", "_finish", "_pieces", "_seen", "_stream", "_tools")

    def __init__(self, seen: Observation, stream: ChatStream) -> None:
        self._seen = seen
        self._stream = stream
        self._pieces = 0
        self._tools: list[str] = []
        self._finish: FinishChunk | None = None
        self._error: BaseException | None = None

    async def pour(self, take: Take[Sequence[ChatChunk]], /) -> bool:
        """Hand over the batches."""
        content = self._seen.content

        def look(batch: Sequence[ChatChunk]) -> bool:
            # Once per event, and nearly always a piece of text.
            self._pieces += 1
            if content or len(batch) > 1 or type(batch[0]) is not TextChunk:
                self._look(batch)
            return take(batch)

        try:
            return await pour(self._stream, look)
        except BaseException as error:
            self._error = error
            raise

    def end(self, error: BaseException | None) -> None:
        """Say how it ended; `error` is what ended whoever was reading."""
        error = self._error or error
        told = NOTHING_TOLD if self._finish is None else _outcome_of_stream(self._finish)
        self._seen.end(
            replace(
                told,
                tools=tuple(self._tools),
                pieces=self._pieces,
                error=error if isinstance(error, GatewayError) else None,
            ),
            error,
        )

    def _look(self, batch: Sequence[ChatChunk]) -> None:
        if self._seen.content:
            self._seen.said(batch)
        for chunk in batch:
            if isinstance(chunk, FinishChunk):
                self._finish = chunk
            elif isinstance(chunk, ToolCallChunk):
                self._tools.append(chunk.call.name)


def _outcome_of_stream(finish: FinishChunk) -> Outcome:
    return Outcome(usage=finish.usage, reason=finish.reason, model=finish.model)


def _outcome_of(response: ChatResponse | EmbedResponse) -> Outcome:
    if isinstance(response, EmbedResponse):
        return Outcome(usage=response.usage, model=response.model)
    return Outcome(
        usage=response.usage,
        reason=response.reason,
        model=response.model,
        tools=tuple(call.name for call in response.tool_calls),
    )
