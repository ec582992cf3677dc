"""Trap 23: Ollama spells "no limit" -1, which is no number of tokens to anybody else."""

from __future__ import annotations

import pytest

from tests.integration.traps.scripts import saying
from tests.integration.traps.world import (
    EVENTS,
    OLLAMA_CHAT,
    OLLAMA_GENERATE,
    OPENAI_CHAT,
    OPENAI_COMPLETIONS,
    Way,
    World,
    along,
    translated,
)

DIALECTS = (OLLAMA_CHAT, OLLAMA_GENERATE, OPENAI_CHAT, OPENAI_COMPLETIONS)


@along(translated(DIALECTS, EVENTS))
@pytest.mark.parametrize("limit", [-1, -2])
async def test_it_is_left_out(world: World, way: Way, limit: int) -> None:
    world.always(way, saying(["ok"]))

    said = await world.ask(way, stream=False, **way.dialect.options(limit=limit))

    assert said.text == "ok"
    assert not {"max_tokens", "max_completion_tokens"} & set(world.sent(way))
