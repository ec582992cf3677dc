"""Trap 19: Ollama's clients know `stop` and `length`, and nothing of calls or filters."""

from __future__ import annotations

import pytest

from tests.integration.traps.world import (
    EVENTS,
    OLLAMA_CHAT,
    OLLAMA_GENERATE,
    Way,
    World,
    along,
    both,
    translated,
)
from tests.upstream.answers import chat


@along(translated((OLLAMA_CHAT, OLLAMA_GENERATE), EVENTS))
@both
@pytest.mark.parametrize(
    ("finish", "reason"),
    [
        ("tool_calls", "stop"),
        ("function_call", "stop"),
        ("content_filter", "stop"),
        ("eos", "stop"),
        ("length", "length"),
        ("model_length", "length"),
    ],
)
async def test_they_are_told_one_of_these(
    world: World, way: Way, stream: bool, finish: str, reason: str
) -> None:
    world.always(way, chat(["Hello"], finish=finish))

    said = await world.ask(way, stream=stream)

    assert (said.reason, said.ends) == (reason, 1)
