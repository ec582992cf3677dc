"""What an observer is told of chats, completions, embeddings and relayed bytes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
from msgspec.structs import replace

from domain.aliases import Alias
from domain.chat import Chat
from domain.embed import Embed
from domain.routing import Router
from domain.watching import WatchedBytes, WatchedStream
from ports.caller import ANYONE
from ports.chat import (
    ChatRequest,
    FinishChunk,
    FinishReason,
    Message,
    Text,
    TextChunk,
    ToolCall,
    ToolCallChunk,
    Usage,
)
from ports.embed import EmbedRequest
from ports.errors import BackendUnavailable
from ports.observer import Exchange, Operation, Outcome
from ports.raw import RawReply
from tests.fakes.backend import FakeChat, FakeEmbed, backend
from tests.fakes.observer import FakeObserver

HI = ChatRequest(model="fast", messages=(Message(role="user", parts=(Text(text="hi"),)),))
EXCHANGE = Exchange(operation=Operation.CHAT, asked="m", backend="a", kind="k", model="m")
USAGE = Usage(prompt_tokens=3, completion_tokens=2)
CALL = ToolCallChunk(call=ToolCall(name="look", arguments="{}", id="1"))
FINISH = FinishChunk(reason=FinishReason.TOOL_CALLS, usage=USAGE, model="m-1")
LOST = BackendUnavailable("gone")


def stream(*batches, error=None):
    @asynccontextmanager
    async def opening() -> AsyncIterator:
        async def chunks() -> AsyncIterator:
            for batch in batches:
                yield batch
            if error is not None:
                raise error

        yield chunks()

    return opening()


async def test_an_observer_learns_the_route_and_the_end_of_a_plain_chat() -> None:
    observer = FakeObserver()
    router = Router([backend("a", "m", chat=FakeChat())], [Alias(name="fast", target="a/m")])
    chat = Chat(router, observer)

    await chat.answer(await chat.admit(HI, ANYONE))

    exchange = observer.only.exchange
    assert (exchange.asked, exchange.alias, exchange.backend, exchange.model) == (
        "fast", "fast", "a", "m",
    )  # fmt: skip
    assert not exchange.streamed
    assert exchange.parameters().output == "text"
    assert observer.only.told == ["end"]
    assert observer.only.outcome is not None
    assert observer.only.outcome.reason is FinishReason.STOP


async def test_an_error_ends_the_observation_of_a_plain_chat() -> None:
    observer = FakeObserver()
    broken = FakeChat()
    broken.error = LOST
    chat = Chat(Router([backend("a", "fast", chat=broken)]), observer)

    with pytest.raises(BackendUnavailable):
        await chat.answer(await chat.admit(HI, ANYONE))

    assert observer.only.error is LOST


async def test_embeddings_are_observed_with_their_usage() -> None:
    observer = FakeObserver()
    embed = Embed(Router([backend("a", "m", embed=FakeEmbed())]), observer)
    request = EmbedRequest(model="m", inputs=("x",))

    await embed.answer(await embed.admit(request, ANYONE))

    assert observer.only.exchange.operation is Operation.EMBEDDINGS
    assert observer.only.told == ["end"]


async def test_a_stream_tells_its_first_piece_its_calls_and_its_usage() -> None:
    observer = FakeObserver()
    batches = ([TextChunk(text="a")], [TextChunk(text="b")], [CALL, FINISH])

    async with WatchedStream(stream(*batches), EXCHANGE, observer) as chunks:
        assert observer.only.told == ["began", "first"]
        assert [batch async for batch in chunks] == list(batches)

    assert observer.only.exchange.streamed
    assert observer.only.told == ["began", "first", "end"]
    assert observer.only.outcome == Outcome(
        usage=USAGE, reason=FinishReason.TOOL_CALLS, model="m-1", tools=("look",), pieces=3
    )
    assert observer.only.error is None


async def test_a_stream_that_breaks_tells_the_error() -> None:
    observer = FakeObserver()

    with pytest.raises(BackendUnavailable):
        async with WatchedStream(
            stream([TextChunk(text="a")], error=LOST), EXCHANGE, observer
        ) as chunks:
            async for _ in chunks:
                pass

    assert observer.only.error is LOST
    assert observer.only.outcome == Outcome(pieces=1, error=LOST)


async def test_an_error_that_was_told_to_the_client_in_the_stream_still_ends_it_as_one() -> None:
    observer = FakeObserver()

    async with WatchedStream(stream(error=LOST), EXCHANGE, observer) as chunks:
        with pytest.raises(BackendUnavailable):
            await anext(chunks)

    assert observer.only.error is LOST


async def test_a_client_that_hangs_up_is_a_cancellation_and_no_error_of_the_upstream() -> None:
    observer = FakeObserver()

    with pytest.raises(asyncio.CancelledError):
        async with WatchedStream(stream([TextChunk(text="a")]), EXCHANGE, observer) as chunks:
            await anext(chunks)
            raise asyncio.CancelledError

    assert isinstance(observer.only.error, asyncio.CancelledError)
    assert observer.only.outcome == Outcome(pieces=1)


@pytest.mark.parametrize("content", [True, False])
async def test_what_is_said_is_told_only_to_who_wants_it(content) -> None:
    observer = FakeObserver(content=content)

    async with WatchedStream(stream([TextChunk(text="a")], [FINISH]), EXCHANGE, observer) as chunks:
        async for _ in chunks:
            pass

    assert observer.only.pieces == ([[TextChunk(text="a")], [FINISH]] if content else [])


async def test_an_opening_that_fails_ends_the_observation() -> None:
    observer = FakeObserver()

    @asynccontextmanager
    async def refused() -> AsyncIterator:
        raise LOST
        yield

    with pytest.raises(BackendUnavailable):
        async with WatchedStream(refused(), EXCHANGE, observer):
            pass

    assert observer.only.told == ["end"]
    assert observer.only.error is LOST


def reply() -> AbstractAsyncContextManager[RawReply]:
    @asynccontextmanager
    async def opening() -> AsyncIterator[RawReply]:
        async def body() -> AsyncIterator[bytes]:
            yield b"x"

        yield RawReply(status=200, content_type="", body=body())

    return opening()


async def test_relayed_bytes_tell_what_was_read_of_them_on_the_way() -> None:
    observer = FakeObserver()
    told = Outcome(usage=USAGE, pieces=4, error=LOST)

    async with WatchedBytes(reply(), EXCHANGE, observer, lambda: told):
        assert observer.only.told == ["began"]

    assert observer.only.told == ["began", "end"]
    assert observer.only.outcome == told
    assert observer.only.error is LOST


async def test_whoever_reads_a_relayed_stream_says_when_it_begins_and_when_the_model_speaks() -> (
    None
):
    observer = FakeObserver()

    async with WatchedBytes(reply(), replace(EXCHANGE, streamed=True), observer) as opened:
        assert observer.only.told == []
        opened.began()
        opened.spoke()

    assert observer.only.told == ["began", "first", "end"]
