"""Trap 8: an event may have no choices: it is read for its tokens, and for nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.traps.scripts import changed
from tests.integration.traps.world import EVENTS, Way, World, along, every, translated
from tests.upstream.answers import event


@along(every(kinds=EVENTS))
@pytest.mark.parametrize(
    "aside",
    [
        {"choices": [], "prompt_filter_results": []},
        {"id": "x", "object": "keepalive"},
        {"choices": None, "debug": {"echo_upstream_body": {}}},
    ],
    ids=["empty", "missing", "null"],
)
async def test_it_is_passed_over_wherever_it_comes(
    world: World, way: Way, aside: dict[str, Any]
) -> None:
    world.always(way, changed(lambda it: [event(aside), it[0], event(aside), *it[1:]], "Hello"))

    said = await world.ask(way, stream=True, **way.dialect.counts)

    assert (said.status, said.text, said.error, said.ends) == (200, "Hello", "", 1)
    assert (said.prompt_tokens, said.completion_tokens) == (12, 3)


@along(translated(kinds=EVENTS))
async def test_a_client_sees_none_of_it(world: World, way: Way) -> None:
    world.always(way, changed(list, "Hello"))
    plain = await world.ask(way, stream=True)
    world.always(way, changed(lambda it: [event({"choices": []}), *it], "Hello"))

    assert (await world.ask(way, stream=True)).pieces == plain.pieces
