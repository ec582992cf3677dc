"""Trap 16: results of two calls of the same tool are told apart by their order, not by its name."""

from __future__ import annotations

from tests.integration.traps.scripts import saying
from tests.integration.traps.world import CHATS, EVENTS, Way, World, along, every


@along(every(CHATS, EVENTS))
async def test_each_call_has_its_own_result(world: World, way: Way) -> None:
    world.always(way, saying(["ok"]))
    done = way.dialect.called(({"a": 1}, "one"), ({"a": 2}, "two"), ({"a": 1}, "three"))

    await world.ask(way, stream=False, **done)

    _, turn, *results = world.sent(way)["messages"]
    ids = [call["id"] for call in turn["tool_calls"]]
    assert len(set(ids)) == 3
    assert [it["tool_call_id"] for it in results] == ids
    assert [it["content"] for it in results] == ["one", "two", "three"]
