"""Trap 26: a strict server refuses a request for one option that it does not know."""

from __future__ import annotations

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
ODD = {
    "top_k": 3,
    "min_p": 0.5,
    "typical_p": 0.5,
    "repeat_penalty": 1.1,
    "repeat_last_n": 8,
    "mirostat": 1,
    "num_ctx": 4096,
    "num_gpu": 1,
    "num_keep": 2,
}
TAKEN = {
    OPENAI: set[str](),
    OPENROUTER: {"top_k", "min_p", "repetition_penalty"},
    OLLAMA: set(ODD),
}


@along(translated(DIALECTS))
async def test_each_kind_of_server_gets_what_it_knows(world: World, way: Way) -> None:
    world.always(way, saying(["ok"]))

    said = await world.ask(way, stream=False, options=ODD, seed_of_nobody=1)

    assert said.text == "ok"
    sent = world.sent(way)
    options = sent["options"] if way.kind == OLLAMA else sent
    assert set(options) - {"model", "messages", "prompt", "stream"} == TAKEN[way.kind]
    assert "seed_of_nobody" not in sent
