"""Trap 18: some servers say `stop` although calls came; clients look for a reason of its own."""

from __future__ import annotations

import pytest

from tests.integration.traps.scripts import saying
from tests.integration.traps.world import (
    ANTHROPIC,
    CHATS,
    OLLAMA,
    OLLAMA_CHAT,
    OPENAI_CHAT,
    RESPONSES,
    Way,
    World,
    along,
    both,
    translated,
)
from tests.upstream.answers import Call, chat

REASONS = {
    OLLAMA_CHAT: "stop",
    OPENAI_CHAT: "tool_calls",
    RESPONSES: "completed",
    ANTHROPIC: "tool_use",
}


@along(translated(CHATS))
@both
@pytest.mark.parametrize("finish", ["stop", "tool_calls", "function_call"])
async def test_calls_are_the_reason(world: World, way: Way, stream: bool, finish: str) -> None:
    calls = [Call("f", ("{}",))]
    # Ollama's own server always says stop.
    script = saying(calls=calls) if way.kind == OLLAMA else chat(tool_calls=calls, finish=finish)
    world.always(way, script)

    said = await world.ask(way, stream=stream, **way.dialect.tools)

    assert len(said.calls) == 1
    assert said.reason == REASONS[way.dialect]
