"""Trap 38: the text of a chat stands in `message`, the one of a completion in `response`."""

from __future__ import annotations

from tests.integration.traps.said import is_streamed, lines_of
from tests.integration.traps.scripts import saying
from tests.integration.traps.world import (
    OLLAMA_CHAT,
    OLLAMA_GENERATE,
    Way,
    World,
    along,
    both,
    every,
)


@along(every((OLLAMA_CHAT, OLLAMA_GENERATE)))
@both
async def test_every_piece_has_the_one_of_its_route(world: World, way: Way, stream: bool) -> None:
    world.always(way, saying(["Hel", "lo"]))

    answer = await world.post(way, stream=stream)

    pieces = lines_of(answer) if is_streamed(answer) else [answer.json()]
    for piece in pieces:
        assert ("message" in piece) == (way.dialect is OLLAMA_CHAT)
        assert ("response" in piece) == (way.dialect is OLLAMA_GENERATE)
