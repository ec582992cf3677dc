"""Trap 2: the framework answers a POST with 201; every one of these APIs answers 200."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.traps.scripts import saying
from tests.integration.traps.world import OLLAMA, OPENAI, Way, World, along, both, every
from tests.upstream import ollama_answers
from tests.upstream.answers import embed


@along(every())
@both
async def test_an_answer_has_status_200(world: World, way: Way, stream: bool) -> None:
    world.always(way, saying(["Hello"]))

    assert (await world.post(way, stream=stream)).status_code == 200


@pytest.mark.parametrize("kind", [OPENAI, OLLAMA])
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/show", {}),
        ("/api/chat", {}),
        ("/api/embed", {"input": "a"}),
        ("/api/embeddings", {"prompt": "a"}),
        ("/v1/embeddings", {"input": "a"}),
        ("/v1/messages/count_tokens", {"messages": [{"role": "user", "content": "hi"}]}),
    ],
)
async def test_what_is_no_answer_of_a_model_has_it_too(
    world: World, kind: str, path: str, body: dict[str, Any]
) -> None:
    upstream = world.upstreams[kind]
    upstream.shown = {"m:latest": ollama_answers.show("completion")}
    upstream.always(embed if kind == OPENAI else ollama_answers.embed)
    if path == "/api/chat":
        upstream.always(ollama_answers.loaded)

    answer = await world.client.post(path, json={"model": f"translated-{kind}"} | body)

    assert answer.status_code == 200
