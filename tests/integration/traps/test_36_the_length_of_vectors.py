"""Trap 36: the vectors of `/api/embed` have length 1, whatever the upstream's have."""

from __future__ import annotations

from math import hypot

import pytest

from tests.integration.traps.world import KINDS, OLLAMA, World
from tests.upstream import ollama_answers
from tests.upstream.answers import embed, letters


@pytest.mark.parametrize("kind", KINDS)
async def test_they_are_scaled(world: World, kind: str) -> None:
    world.upstreams[kind].always(ollama_answers.embed if kind == OLLAMA else embed)
    body = {"model": f"translated-{kind}", "input": ["ab", "c"]}

    vectors = (await world.client.post("/api/embed", json=body)).json()["embeddings"]

    assert [hypot(*vector) for vector in vectors] == pytest.approx([1, 1])
    for vector, text in zip(vectors, body["input"], strict=True):
        raw = letters(text)
        assert vector == pytest.approx([value / hypot(*raw) for value in raw])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("path", "member"), [("/api/embeddings", "prompt"), ("/v1/embeddings", "input")]
)
async def test_other_routes_leave_them_as_they_are(
    world: World, kind: str, path: str, member: str
) -> None:
    world.upstreams[kind].always(ollama_answers.embed if kind == OLLAMA else embed)

    said = (
        await world.client.post(path, json={"model": f"translated-{kind}", member: "ab"})
    ).json()

    vector = said["embedding"] if path == "/api/embeddings" else said["data"][0]["embedding"]
    assert vector == letters("ab")
