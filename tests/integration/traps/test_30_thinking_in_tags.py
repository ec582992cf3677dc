"""Trap 30: thinking in tags is told apart at the start of an answer, wherever the tags are cut."""

from __future__ import annotations

import pytest

from tests.integration.traps.scripts import saying
from tests.integration.traps.world import EVENTS, THINKING, Way, World, along, both, translated

TAGGED = "<think>Let me < think.</think>\n\nHello"
CODE = "Use `<think>` and `</think>` around it."


@along(translated(THINKING, EVENTS))
@pytest.mark.parametrize("size", [1, 3, 8, 100])
async def test_tags_may_be_cut_anywhere(world: World, way: Way, size: int) -> None:
    world.always(way, saying([TAGGED[at : at + size] for at in range(0, len(TAGGED), size)]))

    said = await world.ask(way, stream=True)

    assert (said.thinking.strip(), said.text.strip()) == ("Let me < think.", "Hello")


@along(translated(THINKING, EVENTS))
async def test_a_whole_answer_is_told_apart_as_well(world: World, way: Way) -> None:
    world.always(way, saying([TAGGED]))

    said = await world.ask(way, stream=False)

    assert (said.thinking.strip(), said.text.strip()) == ("Let me < think.", "Hello")


@along(translated(THINKING, EVENTS))
@both
async def test_tags_in_the_middle_of_a_text_are_text(world: World, way: Way, stream: bool) -> None:
    world.always(way, saying([CODE[at : at + 3] for at in range(0, len(CODE), 3)]))

    said = await world.ask(way, stream=stream)

    assert (said.thinking, said.text) == ("", CODE)
