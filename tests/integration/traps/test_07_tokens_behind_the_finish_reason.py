"""Trap 7: the tokens come behind the finish reason, so that is not where a stream is left."""

from __future__ import annotations

import pytest

from tests.integration.traps.scripts import pieces_of
from tests.integration.traps.world import EVENTS, Way, World, along, every
from tests.upstream.answers import SSE, usage
from tests.upstream.script import Reply, Send, Taken
from tests.upstream.wire import Received


@along(every(kinds=EVENTS))
@pytest.mark.parametrize("marked", [True, False], ids=["done", "no mark"])
async def test_tokens_in_a_later_read_are_told(world: World, way: Way, marked: bool) -> None:
    def one_by_one(request: Received) -> Reply:
        pieces = pieces_of(request, ["Hello"])
        steps = [step for piece in pieces for step in (Send(piece), Taken())]
        return Reply(headers=SSE, steps=steps if marked else steps[:-2])

    world.always(way, one_by_one)

    said = await world.ask(way, stream=True, **way.dialect.counts)

    told = (said.prompt_tokens, said.completion_tokens)
    assert told == (usage()["prompt_tokens"], usage()["completion_tokens"])
    assert (said.text, said.ends) == ("Hello", 1)
