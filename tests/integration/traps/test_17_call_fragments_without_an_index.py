"""Trap 17: servers leave out the index of a call's fragments, or number all calls 0."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.traps.scripts import changed
from tests.integration.traps.world import CHATS, EVENTS, Way, World, along, translated
from tests.upstream.answers import chunk


def opening(name: str, arguments: str = "", **more: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "arguments": arguments}, **more}


def rest(arguments: str, **more: Any) -> dict[str, Any]:
    return {"function": {"arguments": arguments}, **more}


STREAMS = {
    "no index": [
        [opening("f", id="call_1")],
        [rest('{"a":')],
        [rest("1}")],
        [opening("g", '{"a":2}', id="call_2")],
    ],
    "all 0": [
        [opening("f", index=0, id="call_1")],
        [rest('{"a":1}', index=0)],
        [opening("g", '{"a":2}', index=0, id="call_2")],
    ],
    "all 0 without ids": [
        [opening("f", '{"a":1}', index=0)],
        [opening("g", '{"a":2}', index=0)],
    ],
    "in turns": [
        [opening("f", index=0, id="call_1"), opening("g", index=1, id="call_2")],
        [rest('{"a":', index=1)],
        [rest('{"a":1}', index=0)],
        [rest("2}", index=1)],
    ],
    "ids again": [
        [opening("f", index=0, id="call_1")],
        [rest('{"a":1}', index=0, id="call_1")],
        [opening("g", '{"a"', index=1, id="call_2")],
        [rest(":2}", index=1, id="")],
    ],
}


@along(translated(CHATS, EVENTS))
@pytest.mark.parametrize("stream", STREAMS)
async def test_fragments_are_joined_to_the_calls_they_belong_to(
    world: World, way: Way, stream: str
) -> None:
    deltas = [chunk({"tool_calls": calls}) for calls in STREAMS[stream]]
    world.always(way, changed(lambda it: [it[0], *deltas, *it[1:]]))

    said = await world.ask(way, stream=True, **way.dialect.tools)

    calls = [(call.name, str(call.arguments).replace(" ", "")) for call in said.calls]
    assert [name for name, _ in calls] == ["f", "g"]
    assert ["1" in arguments for _, arguments in calls] == [True, False]
    assert ["2" in arguments for _, arguments in calls] == [False, True]
    assert len({call.id for call in said.calls}) == 2
    assert said.ends == 1
