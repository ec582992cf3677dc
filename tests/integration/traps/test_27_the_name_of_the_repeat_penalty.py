"""Trap 27: Ollama's `repeat_penalty` is `repetition_penalty` at vLLM and OpenRouter."""

from __future__ import annotations

import pytest

from tests.integration.served import backend, serving
from tests.integration.traps.scripts import saying
from tests.integration.traps.world import (
    OLLAMA,
    OLLAMA_CHAT,
    OLLAMA_GENERATE,
    OPENAI,
    OPENAI_CHAT,
    OPENAI_COMPLETIONS,
    OPENROUTER,
    Way,
    World,
    along,
    translated,
)

DIALECTS = (OLLAMA_CHAT, OLLAMA_GENERATE, OPENAI_CHAT, OPENAI_COMPLETIONS)


@along(translated(DIALECTS, (OPENROUTER, OLLAMA)))
async def test_it_goes_by_the_name_of_the_upstream(world: World, way: Way) -> None:
    world.always(way, saying(["ok"]))
    own = way.dialect in {OPENAI_CHAT, OPENAI_COMPLETIONS}
    asked = {"repetition_penalty": 1.5} if own else {"options": {"repeat_penalty": 1.5}}

    await world.ask(way, stream=False, **asked)

    sent = world.sent(way)
    if way.kind == OLLAMA:
        assert sent["options"]["repeat_penalty"] == 1.5
    else:
        assert sent["repetition_penalty"] == 1.5
        assert "repeat_penalty" not in sent


@pytest.mark.parametrize(
    ("profile", "name"),
    [("vllm", "repetition_penalty"), ("llamacpp", "repeat_penalty"), ("generic", None)],
)
async def test_a_server_gets_the_name_that_it_knows(
    world: World, profile: str, name: str | None
) -> None:
    upstream = world.upstreams[OPENAI]
    upstream.always(saying(["ok"]))
    asked = {"model": "m", **OLLAMA_CHAT.body("hi"), "options": {"repeat_penalty": 1.5}}
    async with serving(backend(upstream.base_url, f'profile = "{profile}"')) as served:
        await served.client.post("/api/chat", json=asked)

    sent = upstream.exchanges[-1].request.json()
    names = {"repetition_penalty", "repeat_penalty"} & set(sent)
    assert names == ({name} if name else set())
