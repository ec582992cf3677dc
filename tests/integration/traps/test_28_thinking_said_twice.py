"""Trap 28: servers say the same thinking in several fields; a client reads it once."""

from __future__ import annotations

import json
from typing import Any

from tests.integration.traps.scripts import changed
from tests.integration.traps.world import EVENTS, THINKING, Way, World, along, both, every
from tests.upstream.answers import chunk, plain_chat
from tests.upstream.script import Reply


def thrice(thinking: str) -> dict[str, Any]:
    detail = {"type": "reasoning.text", "text": thinking, "index": 0}
    return {
        "reasoning": thinking,
        "reasoning_content": thinking,
        "reasoning_details": [detail],
    }


@along(every(THINKING, EVENTS))
@both
async def test_it_is_told_once(world: World, way: Way, stream: bool) -> None:
    whole = json.loads(plain_chat("Hello").body)
    whole["choices"][0]["message"] |= thrice("Let me think.")
    pieces = [chunk(thrice("Let me ")), chunk(thrice("think."))]
    streamed = changed(lambda it: [it[0], *pieces, *it[1:]], "Hello")
    world.always(way, streamed if stream else Reply(body=json.dumps(whole).encode()))

    said = await world.ask(way, stream=stream)

    assert (said.thinking, said.text) == ("Let me think.", "Hello")
