"""Trap 13: a call that comes in fragments reaches Ollama's clients whole, and once."""

from __future__ import annotations

from tests.integration.traps.said import lines_of
from tests.integration.traps.scripts import saying
from tests.integration.traps.world import CHATS, EVENTS, OLLAMA_CHAT, Way, World, along, every
from tests.upstream.answers import Call

CALLS = (Call("f", ('{"a"', ": [1, 2.50", "]}"), "call_1"), Call("f", ("{}",), "call_2"))


@along(every(CHATS, EVENTS))
async def test_a_call_is_whole_in_the_end(world: World, way: Way) -> None:
    world.always(way, saying(["Let me see."], calls=CALLS))

    said = await world.ask(way, stream=True, **way.dialect.tools)

    assert [(call.name, call.id) for call in said.calls] == [("f", "call_1"), ("f", "call_2")]
    assert (said.text, said.ends) == ("Let me see.", 1)


@along([Way(OLLAMA_CHAT, kind) for kind in EVENTS])
async def test_no_line_has_a_part_of_one(world: World, way: Way) -> None:
    world.always(way, saying(calls=CALLS))

    lines = lines_of(await world.post(way, stream=True, **way.dialect.tools))

    told = [call for line in lines for call in line["message"].get("tool_calls", ())]
    assert [call["function"] for call in told] == [
        {"index": 0, "name": "f", "arguments": {"a": [1, 2.5]}},
        {"index": 1, "name": "f", "arguments": {}},
    ]
