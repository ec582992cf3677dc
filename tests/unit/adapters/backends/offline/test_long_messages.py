"""One very long message: it is answered, and everybody else is served meanwhile."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence

import pytest

from adapters.backends.offline.backend import OfflineChat, OfflineEmbed
from adapters.backends.offline.turns import PIECE, Turns, count_words
from ports.chat import ChatChunk, ChatRequest, ChatStream, JsonFormat, Options, TextChunk
from ports.embed import EmbedRequest
from tests.fakes.clock import FakeClock
from tests.unit.adapters.backends.offline.talk import WEATHER, answer, asks

_LONG = 5_000_000  # characters
_PIECES = _LONG // PIECE

LONG_TEXTS = {
    "words": "word " * (_LONG // 5),
    "one word": "x" * _LONG,
    "white space": " " * _LONG,
    "a command": "Say: " + " " * _LONG,
    "names": "The City is Rome, " * (_LONG // 18),
}


async def opened(request: ChatRequest, clock: FakeClock) -> None:
    async with OfflineChat(pace=0, clock=clock).open_chat(request):
        pass


async def limited(stream: ChatStream, batches: int) -> AsyncIterator[Sequence[ChatChunk]]:
    async for batch in stream:
        yield batch
        batches -= 1
        if not batches:
            return


@pytest.mark.parametrize("text", LONG_TEXTS.values(), ids=LONG_TEXTS)
async def test_others_get_a_turn_for_every_piece_of_a_long_message(text: str) -> None:
    clock = FakeClock()

    await opened(asks(text, tools=(WEATHER,), think=True), clock)

    assert len(clock.slept) >= _PIECES
    assert set(clock.slept) == {0}


async def test_others_get_a_turn_between_very_many_messages() -> None:
    clock = FakeClock()

    await opened(asks(*["a"] * 50_000), clock)

    assert len(clock.slept) >= 50


async def test_others_get_a_turn_while_many_stops_are_looked_for() -> None:
    clock, stops = FakeClock(), tuple(f"stop{n}" for n in range(20))

    await opened(asks(LONG_TEXTS["words"], options=Options(stop=stops)), clock)

    assert len(clock.slept) >= _PIECES + len(stops)


@pytest.mark.parametrize("text", LONG_TEXTS.values(), ids=LONG_TEXTS)
async def test_no_batch_of_a_long_echo_is_large(text: str) -> None:
    request = asks(text)

    async with OfflineChat(pace=0, clock=FakeClock()).open_chat(request) as stream:
        first = [batch async for batch in limited(stream, 50)]

    sizes = [sum(len(c.text) for c in batch if isinstance(c, TextChunk)) for batch in first]
    assert max(sizes) <= 64 * 64


async def test_a_long_message_is_echoed_whole() -> None:
    text = "word  \n " * 20_000

    plain = await answer(asks("Say: " + text))
    spelled = await answer(asks(text, format=JsonFormat()))

    assert plain.text == text
    assert json.loads(spelled.text)["message"] == text


@pytest.mark.parametrize(("before", "called"), [(10_000, True), (30_000, False)])
async def test_tools_are_named_in_the_beginning_of_a_message(before: int, called: bool) -> None:
    reply = await answer(asks("x" * before + " get_weather", tools=(WEATHER,)))

    assert bool(reply.tool_calls) is called


@pytest.mark.parametrize("text", ["", " ", "a", "ab " * 7, "x" * 9, " x y  z "])
@pytest.mark.parametrize("shift", range(4))
async def test_words_are_counted_across_pieces(text: str, shift: int) -> None:
    long = "a" * (PIECE - shift) + text

    assert await count_words(long, Turns(FakeClock())) == len(long.split())


async def test_others_get_a_turn_while_a_long_text_is_embedded() -> None:
    clock = FakeClock()
    request = EmbedRequest(model="offline-embed", inputs=("word " * 100_000,))

    reply = await OfflineEmbed(dimensions=8, clock=clock).embed(request)

    assert reply.usage.prompt_tokens == 100_000
    assert len(clock.slept) > 100
