"""Trap 35: every text has its vector, in the order of the texts and not of their arrival."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.served import backend, serving
from tests.integration.traps.world import KINDS, OLLAMA, OPENAI, World
from tests.upstream import ollama_answers
from tests.upstream.answers import embed
from tests.upstream.script import Reply
from tests.upstream.wire import Received

TEXTS = [letter * 3 for letter in "abcdefg"]


def backwards(request: Received) -> Reply:
    """Answer by index, the last text first."""
    said = json.loads(embed(request).body)
    said["data"].reverse()
    return Reply(body=json.dumps(said).encode())


def firsts(path: str, said: dict[str, Any]) -> list[float]:
    """Return the number by which a vector tells its text."""
    if path == "/api/embed":
        return [vector[1] for vector in said["embeddings"]]
    assert [row["index"] for row in said["data"]] == list(range(len(said["data"])))
    return [row["embedding"][1] for row in said["data"]]


@pytest.mark.parametrize("path", ["/api/embed", "/v1/embeddings"])
@pytest.mark.parametrize("kind", KINDS)
async def test_vectors_stand_in_the_order_of_their_texts(
    world: World, kind: str, path: str
) -> None:
    world.upstreams[kind].always(ollama_answers.embed if kind == OLLAMA else backwards)

    answer = await world.client.post(path, json={"model": f"translated-{kind}", "input": TEXTS})

    numbers = firsts(path, answer.json())
    assert len(numbers) == len(TEXTS)
    assert numbers == sorted(numbers)
    assert len(set(numbers)) == len(TEXTS)


@pytest.mark.parametrize("path", ["/api/embed", "/v1/embeddings"])
async def test_batches_are_put_together_in_order(world: World, path: str) -> None:
    upstream = world.upstreams[OPENAI]
    upstream.always(backwards)
    aliased = '[aliases.v]\ntargets = ["up/m"]\noptions = { num_ctx = 8 }\n'
    async with serving(backend(upstream.base_url, "embed_batch = 2") + aliased) as served:
        answer = await served.client.post(path, json={"model": "v", "input": TEXTS})

    assert len(upstream.exchanges) == 4
    assert firsts(path, answer.json()) == sorted(firsts(path, answer.json()))
    usage = answer.json().get("usage", {"prompt_tokens": answer.json().get("prompt_eval_count")})
    assert usage["prompt_tokens"] == 3 * len(TEXTS)
