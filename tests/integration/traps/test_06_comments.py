"""Trap 6: a comment in a stream is neither data nor an empty piece of the answer."""

from __future__ import annotations

from tests.integration.traps.scripts import changed
from tests.integration.traps.world import EVENTS, Way, World, along, every

COMMENT = b": OPENROUTER PROCESSING\n\n"


def commented(pieces: list[bytes]) -> list[bytes]:
    return [COMMENT, *(it for piece in pieces for it in (b": ping\n" + piece, COMMENT))]


@along(every(kinds=EVENTS))
async def test_a_stream_with_comments_says_what_one_without_says(world: World, way: Way) -> None:
    world.always(way, changed(list, "Hel", "lo"))
    plain = await world.ask(way, stream=True)
    world.always(way, changed(commented, "Hel", "lo"))

    said = await world.ask(way, stream=True)

    assert (said.text, said.pieces, said.ends) == ("Hello", plain.pieces, 1)
