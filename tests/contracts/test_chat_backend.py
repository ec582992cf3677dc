"""What every `ports.backend.ChatBackend` promises."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence

import pytest
import pytest_asyncio

from adapters.backends.folding import fold
from ports.chat import (
    ChatChunk,
    ChatRequest,
    ChatResponse,
    FinishChunk,
    FinishReason,
    TextChunk,
    ThinkingChunk,
    ToolCallChunk,
)
from ports.errors import BackendError, GatewayError
from tests.contracts.adapters import ADAPTERS, WEATHER, Chatting
from tests.waiting import until


@pytest_asyncio.fixture(params=ADAPTERS)
async def chatting(request: pytest.FixtureRequest) -> AsyncIterator[Chatting]:
    before = asyncio.all_tasks()
    async with ADAPTERS[request.param]() as chatting:
        yield chatting
    await until(lambda: asyncio.all_tasks() <= before | {asyncio.current_task()})


async def stream_of(chatting: Chatting, request: ChatRequest) -> list[Sequence[ChatChunk]]:
    async with chatting.backend.open_chat(request) as stream:
        return [batch async for batch in stream]


async def both(chatting: Chatting, request: ChatRequest) -> tuple[ChatResponse, ChatResponse]:
    plain = await chatting.backend.chat(request)
    async with chatting.backend.open_chat(request) as stream:
        return plain, await fold(stream)


async def test_a_stream_folds_to_the_plain_answer(chatting: Chatting) -> None:
    chatting.say()

    plain, folded = await both(chatting, chatting.request())

    assert folded == plain
    assert plain.text
    assert plain.reason is FinishReason.STOP
    assert plain.usage.prompt_tokens
    assert plain.usage.completion_tokens


async def test_thinking_folds_to_the_plain_answer_and_stands_apart(chatting: Chatting) -> None:
    chatting.think()

    plain, folded = await both(chatting, chatting.request(think=True))

    assert folded == plain
    assert plain.thinking
    assert plain.text
    assert plain.thinking not in plain.text


async def test_tool_calls_fold_to_the_plain_answer(chatting: Chatting) -> None:
    chatting.call()
    request = chatting.request("get_weather of Paris please", tools=(WEATHER,))

    plain, folded = await both(chatting, request)

    assert folded == plain
    assert plain.tool_calls
    assert plain.reason is FinishReason.TOOL_CALLS


async def test_log_probabilities_fold_to_the_plain_answer(chatting: Chatting) -> None:
    if chatting.weigh is None:
        pytest.skip("it has none")
    chatting.weigh()

    plain, folded = await both(chatting, chatting.request(logprobs=True))

    assert folded == plain
    assert [entry.token for entry in plain.logprobs] == ["Hel"]


async def test_arguments_are_json_objects_and_ids_differ(chatting: Chatting) -> None:
    chatting.call()

    plain, _ = await both(chatting, chatting.request("call get_weather", tools=(WEATHER,)))

    assert plain.tool_calls
    assert all(isinstance(json.loads(call.arguments), dict) for call in plain.tool_calls)
    ids = [call.id for call in plain.tool_calls]
    assert all(ids)
    assert len(set(ids)) == len(ids)


async def test_exactly_one_finish_comes_and_it_comes_last(chatting: Chatting) -> None:
    chatting.say()

    chunks = [chunk for batch in await stream_of(chatting, chatting.request()) for chunk in batch]

    assert [isinstance(chunk, FinishChunk) for chunk in chunks].count(True) == 1
    assert isinstance(chunks[-1], FinishChunk)


@pytest.mark.parametrize("what", ["say", "think", "call"])
async def test_batches_and_chunks_are_never_empty(chatting: Chatting, what: str) -> None:
    getattr(chatting, what)()
    request = chatting.request("call get_weather", tools=(WEATHER,) if what == "call" else ())

    batches = await stream_of(chatting, request)

    assert batches
    assert all(len(batch) > 0 for batch in batches)
    for chunk in [chunk for batch in batches for chunk in batch]:
        match chunk:
            case TextChunk():
                assert chunk.text or chunk.logprobs
            case ThinkingChunk():
                assert chunk.text
            case ToolCallChunk():
                assert chunk.call.id
            case FinishChunk():
                pass


async def test_iterating_past_the_end_stops(chatting: Chatting) -> None:
    chatting.say()

    async with chatting.backend.open_chat(chatting.request()) as stream:
        await fold(stream)

        assert await anext(stream, None) is None


async def test_leaving_early_closes_the_exchange(chatting: Chatting) -> None:
    chatting.stall()

    async with chatting.backend.open_chat(chatting.request()) as stream:
        assert await anext(stream)

    await until(lambda: not chatting.open_exchanges())


async def test_leaving_by_an_error_closes_the_exchange_and_the_error_passes(
    chatting: Chatting,
) -> None:
    chatting.stall()

    with pytest.raises(ZeroDivisionError):
        async with chatting.backend.open_chat(chatting.request()) as stream:
            await anext(stream)
            raise ZeroDivisionError

    await until(lambda: not chatting.open_exchanges())


async def test_cancelling_a_stream_closes_the_exchange(chatting: Chatting) -> None:
    chatting.stall()
    begun = asyncio.Event()

    async def read() -> None:
        async with chatting.backend.open_chat(chatting.request()) as stream:
            async for _ in stream:
                begun.set()

    reading = asyncio.create_task(read())
    await begun.wait()
    await until(chatting.open_exchanges)
    reading.cancel()

    with pytest.raises(asyncio.CancelledError):
        await reading
    await until(lambda: not chatting.open_exchanges())


async def test_cancelling_a_plain_call_closes_the_exchange(chatting: Chatting) -> None:
    chatting.stall()
    asking = asyncio.create_task(chatting.backend.chat(chatting.request()))
    await until(chatting.open_exchanges)

    asking.cancel()

    with pytest.raises(asyncio.CancelledError):
        await asking
    await until(lambda: not chatting.open_exchanges())


@pytest.mark.parametrize("streamed", [True, False], ids=["streamed", "plain"])
async def test_a_refusal_is_one_of_ours_and_raised_while_entering(
    chatting: Chatting, streamed: bool
) -> None:
    chatting.refuse()
    # The embedded backend refuses a model that it does not have.
    unknown = {"model": "nope"} if chatting.model == "offline" else {}

    with pytest.raises(GatewayError) as caught:
        if streamed:
            await chatting.backend.open_chat(chatting.request(**unknown)).__aenter__()
        else:
            await chatting.backend.chat(chatting.request(**unknown))

    assert caught.value.message
    assert not chatting.open_exchanges()


async def test_what_breaks_off_raises_after_what_came_and_never_ends_quietly(
    chatting: Chatting,
) -> None:
    if chatting.break_off is None:
        pytest.skip("it never breaks off")
    chatting.break_off()
    came: list[ChatChunk] = []

    async with chatting.backend.open_chat(chatting.request()) as stream:
        with pytest.raises(BackendError):
            async for batch in stream:
                came.extend(batch)

    assert came
    assert not any(isinstance(chunk, FinishChunk) for chunk in came)


async def test_two_streams_at_once_do_not_mix(chatting: Chatting) -> None:
    chatting.echo()
    words = ("apple", "bread")

    async def read(word: str) -> str:
        async with chatting.backend.open_chat(chatting.request(word)) as stream:
            return (await fold(stream)).text

    first, second = await asyncio.gather(*map(read, words))

    assert "apple" in first
    assert "bread" not in first
    assert "bread" in second
    assert "apple" not in second


async def test_two_streams_read_by_turns_do_not_mix(chatting: Chatting) -> None:
    chatting.echo()
    texts = {"apple": "", "bread": ""}

    async with (
        chatting.backend.open_chat(chatting.request("apple")) as one,
        chatting.backend.open_chat(chatting.request("bread")) as other,
    ):
        streams = {"apple": one, "bread": other}
        while streams:
            for word in list(streams):
                batch = await anext(streams[word], None)
                if batch is None:
                    del streams[word]
                    continue
                texts[word] += "".join(c.text for c in batch if isinstance(c, TextChunk))

    assert "apple" in texts["apple"]
    assert "bread" not in texts["apple"]
    assert "bread" in texts["bread"]
