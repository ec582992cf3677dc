"""Trap 34: base64 is asked of no upstream: vectors are made into it here, little-endian."""

from __future__ import annotations

import base64
import struct

import pytest

from tests.integration.traps.world import KINDS, OLLAMA, World
from tests.upstream import ollama_answers
from tests.upstream.answers import embed, embeddings, letters


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("asked", ["base64", "BASE64", "float", None])
async def test_the_upstream_is_asked_for_floats(world: World, kind: str, asked: str | None) -> None:
    upstream = world.upstreams[kind]
    upstream.always(ollama_answers.embed if kind == OLLAMA else embed)
    body = {"model": f"translated-{kind}", "input": ["ab", "c"], "encoding_format": asked}

    rows = (await world.client.post("/v1/embeddings", json=body)).json()["data"]

    vectors = [row["embedding"] for row in rows]
    if asked in {"base64", "BASE64"}:
        vectors = [list(struct.unpack("<2f", base64.b64decode(it))) for it in vectors]
    assert vectors == [letters("ab"), letters("c")]
    sent = upstream.exchanges[-1].request.json()
    assert sent.get("encoding_format", "float") == "float"


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != OLLAMA])
async def test_an_upstream_that_sends_base64_is_read_all_the_same(world: World, kind: str) -> None:
    world.upstreams[kind].always(embeddings(base64.b64encode(struct.pack("<2f", 0.5, 2)).decode()))
    body = {"model": f"translated-{kind}", "input": "ab"}

    answer = await world.client.post("/v1/embeddings", json=body)

    assert answer.json()["data"][0]["embedding"] == [0.5, 2.0]
