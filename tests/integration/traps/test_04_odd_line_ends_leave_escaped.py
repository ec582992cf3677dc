"""Trap 4: Python's clients split a stream at U+0085, U+2028 and U+2029, so they leave escaped."""

from __future__ import annotations

import re

from tests.integration.traps.scripts import saying
from tests.integration.traps.world import (
    OLLAMA,
    RELAYED,
    Way,
    World,
    along,
    both,
    translated,
)

ODD = "a\u2028b\u2029c\u0085d"
RAW = re.compile("[\u2028\u2029\u0085]")


@along(translated())
@both
async def test_no_odd_line_end_is_in_an_answer(world: World, way: Way, stream: bool) -> None:
    world.always(way, saying([ODD], thinking=[ODD]))

    answer = await world.post(way, stream=stream)

    assert not RAW.search(answer.content.decode())
    assert way.dialect.read(answer).text == ODD


@along([way for way in RELAYED if way.kind == OLLAMA])
async def test_a_line_that_is_passed_on_has_none_where_clients_split(
    world: World, way: Way
) -> None:
    world.always(way, saying([ODD]))

    answer = await world.post(way, stream=True)

    # The other two are escaped by Ollama's servers themselves.
    assert "\u0085" not in answer.content.decode()
    assert way.dialect.read(answer).text == ODD
