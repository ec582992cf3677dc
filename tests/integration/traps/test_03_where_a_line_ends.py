"""Trap 3: an upstream's line ends at a line feed, and not where Unicode sees a line end."""

from __future__ import annotations

from tests.integration.traps.scripts import changed, pieces_of, saying
from tests.integration.traps.world import Way, World, along, both, every

ODD = "a\u2028b\u2029c\u0085d"


@along(every())
@both
async def test_odd_line_ends_in_a_text_do_not_cut_it(world: World, way: Way, stream: bool) -> None:
    world.always(way, saying([ODD, "!"]))

    said = await world.ask(way, stream=stream)

    assert (said.text, said.error, said.ends) == (f"{ODD}!", "", 1)
    asked = world.upstreams[way.kind].exchanges[-1].request
    assert ODD.encode() in b"".join(pieces_of(asked, [ODD]))  # they do come raw


@along(every())
async def test_they_do_not_cut_one_of_several_lines_in_one_read(world: World, way: Way) -> None:
    world.always(way, changed(lambda pieces: [b"".join(pieces)], ODD, "!"))

    said = await world.ask(way, stream=True)

    assert (said.text, said.error, said.ends) == (f"{ODD}!", "", 1)
