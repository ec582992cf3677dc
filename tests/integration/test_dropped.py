"""Ollama's clients are told what of their request was dropped, or refused for it."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.integration.served import Served, backend, serving
from tests.upstream import answers, ollama_answers
from tests.upstream.script import Reply
from tests.upstream.server import Upstream

HEADER = "x-llamaport-dropped"
STRICT = "[routing]\nstrict_translation = true\n"
MESSAGES = [{"role": "user", "content": "hi"}]
OPTIONS = {"num_ctx": 4096, "temperature": 0.5, "top_k": 5}
NAMED = "options.top_k, options.num_ctx"

ASKING: dict[str, dict[str, Any]] = {
    "/api/chat": {"messages": MESSAGES},
    "/api/generate": {"prompt": "hi"},
    "/api/embed": {"input": "hi"},
    "/api/embeddings": {"prompt": "hi"},
}


async def post(served: Served, path: str, **more: Any) -> httpx.Response:
    return await served.client.post(path, json={"model": "m", **ASKING[path], **more})


def answering(upstream: Upstream, path: str) -> None:
    upstream.always(answers.embed if "embed" in path else answers.chat(["ok"]))


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "plain"])
@pytest.mark.parametrize("path", ["/api/chat", "/api/generate"])
async def test_what_was_dropped_is_named_in_the_clients_own_words(
    upstream: Upstream, path: str, stream: bool
) -> None:
    answering(upstream, path)
    async with serving(backend(upstream.base_url)) as served:
        answer = await post(served, path, stream=stream, options=OPTIONS, keep_alive="5m")

    assert answer.status_code == 200
    assert answer.headers[HEADER] == NAMED
    assert upstream.exchanges[0].request.json()["temperature"] == 0.5


@pytest.mark.parametrize("path", ["/api/embed", "/api/embeddings"])
async def test_texts_to_embed_lose_no_sampling_options(upstream: Upstream, path: str) -> None:
    answering(upstream, path)
    async with serving(backend(upstream.base_url)) as served:
        answer = await post(served, path, options=OPTIONS, keep_alive="5m", truncate=True)

    assert answer.status_code == 200
    assert answer.headers[HEADER] == "options.num_ctx"


@pytest.mark.parametrize("path", ASKING)
async def test_where_nothing_was_dropped_there_is_no_header(upstream: Upstream, path: str) -> None:
    answering(upstream, path)
    async with serving(STRICT + backend(upstream.base_url)) as served:
        answer = await post(
            served, path, options={"temperature": 0.5}, keep_alive="5m", think=False
        )

    assert answer.status_code == 200
    assert HEADER not in answer.headers


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "plain"])
@pytest.mark.parametrize("path", ASKING)
async def test_a_strict_server_refuses_what_it_would_drop_and_asks_nobody(
    upstream: Upstream, path: str, stream: bool
) -> None:
    answering(upstream, path)
    async with serving(STRICT + backend(upstream.base_url)) as served:
        answer = await post(served, path, stream=stream, options={"num_ctx": 4096})

    assert answer.status_code == 400
    assert answer.json() == {"error": "the backend of this model cannot be told: options.num_ctx"}
    assert HEADER not in answer.headers
    assert upstream.exchanges == []


async def test_context_that_the_model_is_known_to_have_is_no_loss(upstream: Upstream) -> None:
    listed = {"data": [{"id": "m", "owned_by": "vllm", "max_model_len": 8192}]}
    upstream.lists["/models"] = Reply(body=json.dumps(listed).encode())
    answering(upstream, "/api/chat")
    async with serving(STRICT + backend(upstream.base_url)) as served:
        fits = await post(served, "/api/chat", options={"num_ctx": 8192}, stream=False)
        larger = await post(served, "/api/chat", options={"num_ctx": 8193}, stream=False)

    assert (fits.status_code, larger.status_code) == (200, 400)


async def test_the_context_of_another_answer_is_named_where_a_prompt_becomes_a_chat(
    upstream: Upstream,
) -> None:
    answering(upstream, "/api/generate")
    async with serving(backend(upstream.base_url)) as served:
        answer = await post(served, "/api/generate", context=[1, 2], stream=False)

    assert answer.headers[HEADER] == "context"


async def test_a_request_that_only_loads_loses_nothing(upstream: Upstream) -> None:
    async with serving(STRICT + backend(upstream.base_url)) as served:
        loaded = await post(served, "/api/chat", messages=[], options={"num_ctx": 4096})

    assert loaded.status_code == 200
    assert loaded.json()["done_reason"] == "load"


CODING_ASSISTANT = {
    "model": "m",
    "max_tokens": 32000,
    "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
    "messages": MESSAGES,
    "metadata": {"user_id": "user_" + "0" * 90},
    "tools": [{"name": "f", "input_schema": {"type": "object"}}],
}


@pytest.mark.parametrize("kind", ["openai-compatible", "ollama"])
async def test_a_strict_server_serves_what_coding_assistants_send_every_time(
    upstream: Upstream, kind: str
) -> None:
    spoken = ollama_answers if kind == "ollama" else answers
    upstream.always(spoken.chat(["ok"]))
    entry = f'[[backends]]\nname = "up"\nkind = "{kind}"\nbase_url = "{upstream.url}"\n'
    upstream.shown["m:latest"] = ollama_answers.show("completion", "tools")
    async with serving(STRICT + entry) as served:
        answer = await served.client.post("/v1/messages", json=CODING_ASSISTANT)

    assert answer.status_code == 200, answer.text
    assert HEADER not in answer.headers


UNKNOWN: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {"messages": MESSAGES},
    "/v1/completions": {"prompt": "hi"},
    "/v1/embeddings": {"input": "hi"},
    "/v1/responses": {"input": "hi"},
    "/v1/messages": {"messages": MESSAGES, "max_tokens": 9},
}


@pytest.mark.parametrize("path", UNKNOWN)
async def test_members_that_nobody_knows_are_named_where_a_request_is_translated(
    upstream: Upstream, path: str
) -> None:
    if path == "/v1/completions":
        upstream.always(answers.completion(["ok"]))
    else:
        answering(upstream, path)
    body = {"model": "m", **UNKNOWN[path], "zzz": {"a": 1}, "yyy": None, "xxx": []}
    for rule in ("", STRICT):
        async with serving(rule + backend(upstream.base_url, 'native = ["none"]')) as served:
            answer = await served.client.post(path, json=body)
        if rule:
            assert answer.status_code == 400
            assert "zzz" in answer.json()["error"]["message"]
        else:
            assert answer.headers[HEADER] == "zzz"
            assert "zzz" not in upstream.exchanges[-1].request.json()
    assert len(upstream.exchanges) == 1
