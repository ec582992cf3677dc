"""Trap 14: arguments are a string for OpenAI, and an object for Ollama and Anthropic."""

from __future__ import annotations

from tests.integration.traps.scripts import saying
from tests.integration.traps.world import (
    ANTHROPIC,
    CHATS,
    OLLAMA,
    OLLAMA_CHAT,
    Way,
    World,
    along,
    both,
    every,
)
from tests.upstream.answers import Call

OBJECTS = (OLLAMA_CHAT, ANTHROPIC)
SPELLED = '{"b":[1,2.50],"a":{"c":"é"}}'
ARGUMENTS = {"b": [1, 2.5], "a": {"c": "é"}}


@along(every(CHATS))
@both
async def test_a_client_gets_its_own(world: World, way: Way, stream: bool) -> None:
    world.always(way, saying(calls=[Call("f", (SPELLED,))]))

    said = await world.ask(way, stream=stream, **way.dialect.tools)

    (call,) = said.calls
    if way.dialect in OBJECTS:
        assert call.arguments == ARGUMENTS
        assert list(call.arguments) == ["b", "a"]
    elif way.kind == OLLAMA:
        assert call.arguments == SPELLED.replace("2.50", "2.5")
    else:
        assert call.arguments == SPELLED


@along(every(CHATS))
async def test_an_upstream_gets_its_own(world: World, way: Way) -> None:
    world.always(way, saying(["ok"]))

    await world.ask(way, stream=False, **way.dialect.called(({"a": 1}, "2")))

    (turn,) = [it for it in world.sent(way)["messages"] if it["role"] == "assistant"]
    (call,) = turn["tool_calls"]
    arguments = call["function"]["arguments"]
    if way.kind == OLLAMA:
        assert arguments == {"a": 1}
    else:
        assert isinstance(arguments, str)
        assert arguments.replace(" ", "") == '{"a":1}'
