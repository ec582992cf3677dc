"""Trap 11: an error may come under status 200, as a body, as the first event, or later."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tests.integration.traps.scripts import changed
from tests.integration.traps.world import OLLAMA, Way, World, along, both, every
from tests.upstream.answers import error_event
from tests.upstream.ollama_answers import error_line, line
from tests.upstream.script import Reply

WORDS = "out of memory"


def error_of(way: Way) -> bytes:
    return line(error_line(WORDS)) if way.kind == OLLAMA else error_event(WORDS)


@along(every())
@both
async def test_one_in_place_of_an_answer_has_a_status(world: World, way: Way, stream: bool) -> None:
    body: Any = {"error": WORDS if way.kind == OLLAMA else {"message": WORDS, "code": 502}}
    whole = Reply(body=json.dumps(body).encode())
    world.always(way, changed(lambda _: [error_of(way)]) if stream else whole)

    said = await world.ask(way, stream=stream)

    assert (said.status, said.error, said.ends) == (502, WORDS, 0)


@along(every())
async def test_one_behind_the_beginning_ends_the_stream(world: World, way: Way) -> None:
    def broken(pieces: list[bytes]) -> Sequence[bytes]:
        return [*pieces[:-1], error_of(way), *pieces[-1:]]

    world.always(way, changed(broken, "Hel", "lo"))

    said = await world.ask(way, stream=True)

    # A finish reason that came before it does not make the answer a good one.
    assert (said.status, said.text, said.error, said.ends) == (200, "Hello", WORDS, 0)
