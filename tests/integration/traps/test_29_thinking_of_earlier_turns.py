"""Trap 29: strict servers refuse earlier thinking; OpenRouter wants it back with its calls."""

from __future__ import annotations

from typing import Any

from tests.integration.traps.scripts import saying
from tests.integration.traps.world import (
    ANTHROPIC,
    CHATS,
    OLLAMA,
    OLLAMA_CHAT,
    OPENAI,
    OPENAI_CHAT,
    OPENROUTER,
    RESPONSES,
    Way,
    World,
    along,
    both,
    translated,
)
from tests.upstream.answers import Call
from tests.upstream.openrouter_answers import calling, detail

FIELDS = {"reasoning", "reasoning_content", "reasoning_details", "thinking"}


@along(translated(CHATS))
async def test_each_kind_of_server_gets_what_it_takes(world: World, way: Way) -> None:
    world.always(way, saying(["ok"]))

    said = await world.ask(way, stream=False, **way.dialect.thought("hmm", "Hello"))

    assert said.text == "ok"
    (turn,) = [it for it in world.sent(way)["messages"] if it["role"] == "assistant"]
    assert turn["content"] == "Hello"
    taken = {OPENAI: {}, OPENROUTER: {"reasoning": "hmm"}, OLLAMA: {"thinking": "hmm"}}
    assert {name: turn[name] for name in FIELDS if name in turn} == taken[way.kind]


@along([Way(dialect, OPENROUTER) for dialect in (OLLAMA_CHAT, OPENAI_CHAT, RESPONSES, ANTHROPIC)])
@both
async def test_details_go_back_unmodified_with_the_call(
    world: World, way: Way, stream: bool
) -> None:
    details: list[dict[str, Any]] = [
        detail(text="first the", signature="c2ln"),
        {"type": "reasoning.encrypted", "data": "opaque", "index": 1},
    ]
    world.always(way, calling([Call("f", ('{"a":1}',))], [details]))
    await world.ask(way, stream=stream, **way.dialect.tools)
    world.always(way, saying(["ok"]))

    await world.ask(way, stream=False, **way.dialect.called(({"a": 1}, "2")))

    (turn,) = [it for it in world.sent(way)["messages"] if it["role"] == "assistant"]
    assert turn["reasoning_details"] == details
