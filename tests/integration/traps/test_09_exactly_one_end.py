"""Trap 9: an upstream ends twice, by a finish reason and by a mark; a client sees one end."""

from __future__ import annotations

from tests.integration.traps.scripts import changed, saying
from tests.integration.traps.world import EVENTS, Way, World, along, both, every, translated
from tests.upstream.answers import DONE


@along(every())
@both
async def test_there_is_one_mark_of_a_good_end(world: World, way: Way, stream: bool) -> None:
    world.always(way, saying(["Hel", "lo"]))

    said = await world.ask(way, stream=stream)

    assert (said.text, said.ends) == ("Hello", 1)


@along(translated(kinds=EVENTS))
async def test_an_upstream_that_says_it_over_and_over_is_at_its_end_once(
    world: World, way: Way
) -> None:
    world.always(way, changed(lambda it: [*it[:-1], it[-3], it[-2], DONE, DONE], "Hel", "lo"))

    said = await world.ask(way, stream=True)

    assert (said.text, said.ends) == ("Hello", 1)
