"""Trap 1: `stream` is true by default for Ollama's clients, and false for all others."""

from __future__ import annotations

from tests.integration.traps.said import is_streamed
from tests.integration.traps.scripts import saying
from tests.integration.traps.world import OLLAMA, Way, World, along, every


@along(every())
async def test_an_absent_stream_is_what_the_dialect_says(world: World, way: Way) -> None:
    world.always(way, saying(["Hel", "lo"]))

    answer = await world.post(way)

    assert is_streamed(answer) == way.dialect.streams_unasked
    assert way.dialect.read(answer).text == "Hello"
    # Neither is anything left to the default of the upstream.
    asked = world.sent(way).get("stream", way.kind == OLLAMA)
    assert asked == way.dialect.streams_unasked
