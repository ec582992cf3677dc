"""Trap 25: the limit goes by two names at OpenAI, and by a third at Ollama."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.served import backend, serving
from tests.integration.traps.clients.base import Dialect
from tests.integration.traps.scripts import saying
from tests.integration.traps.world import (
    ANTHROPIC,
    OLLAMA,
    OLLAMA_CHAT,
    OLLAMA_GENERATE,
    OPENAI,
    OPENAI_CHAT,
    RESPONSES,
    Way,
    World,
    along,
    translated,
)

TRANSLATED = (OLLAMA_CHAT, OLLAMA_GENERATE, RESPONSES, ANTHROPIC)


@along(translated((OPENAI_CHAT,)))
@pytest.mark.parametrize(
    "members",
    [{"max_completion_tokens": 7}, {"max_tokens": 9, "max_completion_tokens": 7}],
    ids=["alone", "beside the older"],
)
async def test_the_newer_name_is_honoured_and_wins(
    world: World, way: Way, members: dict[str, Any]
) -> None:
    world.always(way, saying(["ok"]))

    await world.ask(way, stream=False, **members)

    sent = world.sent(way)
    if way.kind == OLLAMA:
        assert sent["options"]["num_predict"] == 7
    else:
        assert sent["max_tokens"] == 7
        assert "max_completion_tokens" not in sent


@pytest.mark.parametrize("dialect", TRANSLATED, ids=lambda it: it.name)
async def test_a_server_gets_the_name_that_it_knows(world: World, dialect: Dialect) -> None:
    upstream = world.upstreams[OPENAI]
    upstream.always(saying(["ok"]))
    asked = {"model": "m", **dialect.body("hi"), **dialect.options(limit=7), "stream": False}
    async with serving(backend(upstream.base_url, 'profile = "openai"')) as served:
        answer = await served.client.post(dialect.path, json=asked, headers=dialect.headers)

    assert dialect.read(answer).text == "ok"
    sent = upstream.exchanges[-1].request.json()
    assert sent["max_completion_tokens"] == 7
    assert "max_tokens" not in sent
