"""`/v1/embeddings`, served over each kind of backend."""

from __future__ import annotations

import asyncio
import base64
import json
import struct
from typing import Any

import httpx
import pytest

from tests.integration.kinds import (
    KINDS,
    OFFLINE,
    OLLAMA,
    OPENAI_COMPATIBLE,
    OPENROUTER,
    TRANSLATED,
    Kind,
)
from tests.integration.served import Served, backend, serving
from tests.upstream import ollama_answers
from tests.upstream.answers import embed, embeddings, error, html, letters
from tests.upstream.script import Close, Reply, Script, Send, Stall
from tests.upstream.server import Upstream

KINDS_WITH_UPSTREAM = [kind for kind in KINDS if kind is not OFFLINE]
each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
each_upstream = pytest.mark.parametrize("kind", KINDS_WITH_UPSTREAM, ids=lambda kind: kind.name)


def answering(kind: Kind) -> Script:
    return ollama_answers.embed if kind is OLLAMA else embed


async def ask(served: Served, **body: Any) -> httpx.Response:
    return await served.client.post("/v1/embeddings", json={"model": "m", "input": "ab"} | body)


def floats(encoded: str) -> tuple[float, ...]:
    data = base64.b64decode(encoded, validate=True)
    return struct.unpack(f"<{len(data) // 4}f", data)


@each_kind
async def test_every_text_has_its_vector_in_order(upstream: Upstream, kind: Kind) -> None:
    upstream.always(answering(kind))
    async with serving(kind.settings(upstream)) as served:
        answer = await ask(served, model=kind.embed, input=["ab", "c", ""])

    said = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert list(said) == ["object", "data", "model", "usage"]
    assert (said["object"], said["model"]) == ("list", kind.embed)
    assert [list(row) for row in said["data"]] == [["object", "embedding", "index"]] * 3
    assert [(row["object"], row["index"]) for row in said["data"]] == [
        ("embedding", index) for index in range(3)
    ]
    assert said["usage"]["prompt_tokens"] == said["usage"]["total_tokens"] > 0
    if kind is not OFFLINE:
        assert [row["embedding"] for row in said["data"]] == [letters(t) for t in ("ab", "c", "")]
        assert said["usage"] == {"prompt_tokens": 3, "total_tokens": 3}


@each_kind
async def test_base64_says_what_the_numbers_say(upstream: Upstream, kind: Kind) -> None:
    upstream.always(answering(kind))
    async with serving(kind.settings(upstream)) as served:
        plain = (await ask(served, model=kind.embed, input=["ab", "c"])).json()["data"]
        encoded = await ask(served, model=kind.embed, input=["ab", "c"], encoding_format="BASE64")

    for row, packed in zip(plain, encoded.json()["data"], strict=True):
        assert floats(packed["embedding"]) == pytest.approx(row["embedding"], rel=1e-6)
    for exchange in upstream.exchanges:
        # Not every server can, and some refuse the word.
        assert exchange.request.json().get("encoding_format", "float") == "float"


@each_upstream
async def test_fewer_dimensions_are_asked_for(upstream: Upstream, kind: Kind) -> None:
    upstream.always(answering(kind))
    async with serving(kind.settings(upstream)) as served:
        answer = await ask(served, dimensions=1)

    assert upstream.exchanges[0].request.json()["dimensions"] == 1
    assert answer.json()["data"][0]["embedding"] == [1.0]


async def test_vectors_keep_the_length_and_the_spelling_of_their_upstream(
    upstream: Upstream,
) -> None:
    body = b'{"data":[{"index":0,"embedding":[3.00, 4E0]}],"usage":{"prompt_tokens":1}}'
    upstream.always(Reply(body=body))
    async with serving(backend(upstream.base_url, TRANSLATED)) as served:
        answer = await ask(served)

    assert b'"embedding":[3.00, 4E0]' in answer.content


async def test_rows_out_of_order_are_put_in_order(upstream: Upstream) -> None:
    rows = [{"index": 1, "embedding": [2.0]}, {"index": 0, "embedding": [1.0]}]
    upstream.always(Reply(body=json.dumps({"data": rows}).encode()))
    async with serving(backend(upstream.base_url, TRANSLATED)) as served:
        said = (await ask(served, input=["a", "b"])).json()

    assert [(row["index"], row["embedding"]) for row in said["data"]] == [(0, [1.0]), (1, [2.0])]
    assert said["usage"] == {"prompt_tokens": 0, "total_tokens": 0}


async def test_base64_of_an_upstream_is_read_all_the_same(upstream: Upstream) -> None:
    packed = base64.b64encode(struct.pack("<2f", 0.5, -2.0)).decode()
    upstream.always(embeddings(packed))
    async with serving(backend(upstream.base_url, TRANSLATED)) as served:
        plain = (await ask(served)).json()["data"][0]["embedding"]
        encoded = (await ask(served, encoding_format="base64")).json()["data"][0]["embedding"]

    assert (plain, encoded) == ([0.5, -2.0], packed)


@each_upstream
async def test_what_is_lost_on_the_way_is_told_in_a_header(upstream: Upstream, kind: Kind) -> None:
    upstream.always(answering(kind))
    async with serving(kind.settings(upstream)) as served:
        told = await ask(served, user="u", input_type="query", provider={"order": ["x"]})
        nothing = await ask(served, user=None, dimensions=2)

    lost = told.headers.get("x-llamaport-dropped", "")
    taken = {name for name in ("user", "input_type", "provider") if name not in lost}
    assert taken == ({"user", "input_type", "provider"} if kind is OPENROUTER else set())
    assert taken <= set(upstream.exchanges[0].request.json())
    assert "x-llamaport-dropped" not in nothing.headers


@pytest.mark.parametrize(
    ("members", "status", "words"),
    [
        ({"model": "nope"}, 404, 'model "nope" not found, try pulling it first'),
        ({"model": ""}, 404, "model '' not found"),
        ({"input": [1, 2]}, 400, "invalid input type"),
        ({"input": [[1, 2]]}, 400, "invalid input type"),
        ({"input": []}, 400, "invalid input"),
    ],
)
async def test_a_refusal_is_in_the_words_of_the_real_server(
    upstream: Upstream, members: dict[str, Any], status: int, words: str
) -> None:
    async with serving(backend(upstream.base_url, TRANSLATED)) as served:
        answer = await ask(served, **members)

    assert answer.status_code == status
    assert list(answer.json()) == ["error"]
    assert list(answer.json()["error"]) == ["message", "type", "param", "code"]
    assert answer.json()["error"]["message"] == words
    assert upstream.exchanges == []


@each_upstream
async def test_a_model_that_the_upstream_lost_is_named_as_the_client_named_it(
    upstream: Upstream, kind: Kind
) -> None:
    lost = ollama_answers.error(404, 'model "m" not found, try pulling it first')
    upstream.always(lost if kind is OLLAMA else error(404, "The model `m` does not exist"))
    async with serving(kind.settings(upstream)) as served:
        answer = await ask(served, model="up/m")

    assert answer.status_code == 404
    assert answer.json()["error"] == {
        "message": 'model "up/m" not found, try pulling it first',
        "type": "not_found_error",
        "param": None,
        "code": "model_not_found",
    }


@each_upstream
@pytest.mark.parametrize(
    ("status", "answered", "kind_of_error"),
    [
        (400, 400, "invalid_request_error"),
        (401, 502, "server_error"),
        (429, 429, "rate_limit_error"),
        (500, 502, "server_error"),
        (503, 503, "server_error"),
    ],
)
async def test_an_error_of_the_upstream_has_the_form_of_this_dialect(
    upstream: Upstream, kind: Kind, status: int, answered: int, kind_of_error: str
) -> None:
    refusal = ollama_answers.error if kind is OLLAMA else error
    upstream.always(refusal(status, "no"))
    async with serving(kind.settings(upstream)) as served:
        answer = await ask(served)

    assert answer.status_code == answered
    assert answer.json()["error"]["type"] == kind_of_error


@pytest.mark.parametrize(
    "broken",
    [
        html(),
        Reply(body=b'{"data":[]}'),
        embeddings([1.0], [2.0]),
        embeddings([]),
        embeddings("no base64!"),
        Reply(body=b'{"error":{"message":"out of memory","code":500}}'),
        Reply(steps=[Send(b'{"data":[{"embedding":[1.0'), Close()]),
    ],
    ids=["a page", "none", "one too many", "empty", "no vector", "an error", "cut off"],
)
async def test_what_is_no_answer_is_an_error(upstream: Upstream, broken: Script) -> None:
    upstream.always(broken)
    async with serving(OPENAI_COMPATIBLE.settings(upstream)) as served:
        answer = await ask(served)

    assert answer.status_code == 502
    assert answer.json()["error"]["type"] == "server_error"


@each_upstream
async def test_hanging_up_closes_the_request_to_the_upstream(
    upstream: Upstream, kind: Kind
) -> None:
    upstream.always(Reply(steps=[Stall()]))
    async with serving(kind.settings(upstream)) as served:
        asking = asyncio.create_task(ask(served))
        await upstream.exchange()
        asking.cancel()

        await upstream.closed_early()


async def test_a_model_in_use_is_listed_as_running(upstream: Upstream) -> None:
    upstream.always(embed)
    async with serving(backend(upstream.base_url, TRANSLATED)) as served:
        await ask(served)
        running = (await served.client.get("/api/ps")).json()["models"]

    assert [model["name"] for model in running] == ["m:latest"]
