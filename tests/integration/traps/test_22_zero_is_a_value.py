"""Trap 22: a temperature or a seed of 0 was asked for, and is not absent."""

from __future__ import annotations

from tests.integration.traps.scripts import saying
from tests.integration.traps.world import (
    ANTHROPIC,
    OLLAMA,
    RESPONSES,
    Way,
    World,
    along,
    both,
    every,
)


@along(every())
@both
async def test_zero_reaches_the_upstream(world: World, way: Way, stream: bool) -> None:
    world.always(way, saying(["ok"]))

    await world.ask(way, stream=stream, **way.dialect.options(temperature=0, seed=0))

    sent = world.sent(way)
    options = sent["options"] if way.kind == OLLAMA else sent
    assert options["temperature"] == 0
    if way.dialect not in {RESPONSES, ANTHROPIC}:  # they have no seed
        assert options["seed"] == 0
