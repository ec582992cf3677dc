"""Trap 15: Ollama's clients send results without an id; OpenAI's servers demand one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.traps.scripts import saying
from tests.integration.traps.world import (
    CHATS,
    EVENTS,
    OLLAMA,
    OLLAMA_CHAT,
    Way,
    World,
    along,
    every,
)


@along(every(CHATS))
async def test_a_result_has_the_id_of_its_call(world: World, way: Way) -> None:
    world.always(way, saying(["ok"]))

    await world.ask(way, stream=False, **way.dialect.called(({"a": 1}, "2")))

    *_, turn, result = world.sent(way)["messages"]
    (call,) = turn["tool_calls"]
    assert (result["role"], result["content"]) == ("tool", "2")
    if way.kind == OLLAMA:
        assert result["tool_name"] == "f"
    else:
        assert result["tool_call_id"] == call["id"] != ""


@along([Way(OLLAMA_CHAT, kind) for kind in EVENTS])
@pytest.mark.parametrize("named", [{}, {"name": "f"}, {"tool_name": "f"}])
async def test_a_result_that_names_nothing_has_one_too(
    world: World, way: Way, named: dict[str, Any]
) -> None:
    world.always(way, saying(["ok"]))
    *turns, _ = OLLAMA_CHAT.called(({"a": 1}, "2"))["messages"]

    await world.ask(way, stream=False, messages=[*turns, {"role": "tool", "content": "2", **named}])

    *_, turn, result = world.sent(way)["messages"]
    assert result["tool_call_id"] == turn["tool_calls"][0]["id"] != ""
