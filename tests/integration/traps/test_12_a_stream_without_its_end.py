"""Trap 12: a stream that ends without its end mark was cut, and is told as that."""

from __future__ import annotations

import pytest

from tests.integration.traps.scripts import pieces_of, saying
from tests.integration.traps.world import OLLAMA, Way, World, along, every
from tests.upstream import ollama_answers
from tests.upstream.answers import SSE
from tests.upstream.script import Abort, Close, Reply, Send, Step, Taken
from tests.upstream.wire import Received


@along(every())
@pytest.mark.parametrize(
    "then",
    [[], [Taken(), Close()], [Taken(), Abort()]],
    ids=["in good order", "closed", "torn down"],
)
async def test_it_is_an_error_and_no_good_end(world: World, way: Way, then: list[Step]) -> None:
    def cut(request: Received) -> Reply:
        pieces = pieces_of(request, ["Hello", " wor", "ld"])
        headers = ollama_answers.NDJSON if way.kind == OLLAMA else SSE
        return Reply(headers=headers, steps=[*map(Send, pieces[:2]), *then])

    world.always(way, cut)

    said = await world.ask(way, stream=True)

    assert said.status == 200
    assert said.text.startswith("Hello")
    assert said.error
    assert said.ends == 0


@along(every())
async def test_a_whole_answer_that_is_cut_has_no_good_status(world: World, way: Way) -> None:
    def cut(request: Received) -> Reply:
        whole = saying(["Hello"])
        reply = whole(request) if callable(whole) else whole
        return Reply(headers=reply.headers, steps=[Send(reply.body[:-9]), Close()])

    world.always(way, cut)

    said = await world.ask(way, stream=False)

    assert (said.status, said.text, said.ends) == (502, "", 0)
    assert said.error
