"""Trap 5: a character's bytes may come in two reads, so only whole lines are decoded."""

from __future__ import annotations

from tests.integration.traps.scripts import cut_anywhere
from tests.integration.traps.world import Way, World, along, every

WORDS = ["aé", "😀", "\n"]


@along(every())
async def test_a_stream_in_single_bytes_says_the_same(world: World, way: Way) -> None:
    world.always(way, cut_anywhere(WORDS))

    said = await world.ask(way, stream=True)

    assert (said.text, said.error, said.ends) == ("aé😀\n", "", 1)
