"""How the offline backend streams."""

from __future__ import annotations

import asyncio

import pytest

from adapters.backends.folding import fold
from adapters.backends.offline.backend import OfflineChat, build
from ports.chat import (
    ChatChunk,
    ChatRequest,
    FinishChunk,
    JsonFormat,
    Options,
    TextChunk,
    ThinkingChunk,
)
from ports.errors import InvalidRequest
from ports.models import Capability
from tests.fakes.clock import FakeClock
from tests.unit.adapters.backends.offline.talk import WEATHER, asks, shaped

REQUESTS = {
    "plain": asks("Is the kettle on?"),
    "thinking": asks("Is the kettle on?", think="high"),
    "calls": asks("get_weather in Rome", tools=(WEATHER,), think=True),
    "json": asks("a  b\tc", format=JsonFormat()),
    "cut": asks("Say: one two three", options=Options(max_tokens=2, stop=("three",))),
    "long": asks("Count to 5000"),
    "spaces": asks("Say:  a \n\n b  " + "c" * 100 + " \n"),
}


async def batches(chat: OfflineChat, request: ChatRequest) -> list[list[ChatChunk]]:
    async with chat.open_chat(request) as stream:
        return [list(batch) async for batch in stream]


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
@pytest.mark.parametrize("pace", [0, 0.01])
async def test_a_stream_folds_to_the_plain_answer(request_: ChatRequest, pace: float) -> None:
    chat = OfflineChat(pace=pace, clock=FakeClock())

    async with chat.open_chat(request_) as stream:
        assert await fold(stream) == await chat.chat(request_)


async def test_a_paced_stream_has_a_word_a_batch_and_waits_between_words() -> None:
    clock = FakeClock()

    found = await batches(OfflineChat(pace=0.25, clock=clock), asks("Say: one two three"))

    assert found[:3] == [[TextChunk(text=word)] for word in ("one", " two", " three")]
    assert [type(chunk) for chunk in found[3]] == [FinishChunk]
    assert clock.slept == [0.25, 0.25]


async def test_without_a_pace_many_words_share_a_batch_and_others_get_a_turn() -> None:
    clock = FakeClock()

    found = await batches(OfflineChat(pace=0, clock=clock), asks("Count to 1000"))

    assert all(found)
    assert len(found) < 50
    assert len(clock.slept) == len(found) - 1
    assert set(clock.slept) == {0}


async def test_thinking_comes_before_the_answer() -> None:
    found = await batches(OfflineChat(pace=0, clock=FakeClock()), asks("hi", think=True))

    kinds = [type(chunk) for batch in found for chunk in batch]
    assert kinds == sorted(kinds, key=[ThinkingChunk, TextChunk, FinishChunk].index)
    assert set(kinds) == {ThinkingChunk, TextChunk, FinishChunk}


async def test_a_refusal_comes_before_the_stream() -> None:
    chat = OfflineChat(pace=0, clock=FakeClock())

    with pytest.raises(InvalidRequest):
        await chat.open_chat(asks("hi", format=shaped({"not": {}}))).__aenter__()


async def test_leaving_early_leaves_nothing_behind() -> None:
    chat = OfflineChat(pace=0.01, clock=FakeClock())
    before = asyncio.all_tasks()

    async with chat.open_chat(asks("Count to 100")) as stream:
        first = await anext(stream)

    assert first == [TextChunk(text="1")]
    assert asyncio.all_tasks() == before
    with pytest.raises(StopAsyncIteration):
        await anext(stream)


async def test_a_long_unbroken_word_comes_in_pieces() -> None:
    found = await batches(OfflineChat(pace=1, clock=FakeClock()), asks("Say: " + "x" * 70))

    assert [len(b[0].text) for b in found if isinstance(b[0], TextChunk)] == [32, 32, 6]


async def test_the_catalog_is_honest_and_always_the_same_object() -> None:
    backend = build("mine", pace=0, dimensions=96, clock=FakeClock())

    listed = await backend.catalog.models()

    assert await backend.catalog.models() is listed
    assert backend.name == "mine"
    assert backend.kind == "offline"
    chat, embed = listed
    assert chat.capabilities == frozenset(
        {Capability.COMPLETION, Capability.TOOLS, Capability.THINKING}
    )
    assert embed.capabilities == frozenset({Capability.EMBEDDING})
    assert embed.embedding_length == 96
    assert all(each.size == 0 and each.context_length is None for each in listed)
