"""Prompts completed by an OpenAI-compatible server, and by one that cannot."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from adapters.backends.folding import fold
from adapters.backends.openai_compatible.build import open_backend
from adapters.backends.openai_compatible.config import OpenAICompatibleConfig
from adapters.memory.clock import SystemClock
from ports.backend import GenerateBackend
from ports.chat import ChatResponse, Options
from ports.errors import BackendProtocolError, BackendRejected, InvalidRequest
from ports.generate import GenerateRequest
from tests.integration.served import backend, serving
from tests.upstream.answers import (
    chat,
    completion,
    completion_events,
    error,
    html,
    plain_chat,
    sse,
)
from tests.upstream.script import Reply, Script, bytewise
from tests.upstream.server import Upstream
from tests.upstream.wire import Received

RAW = GenerateRequest(model="m", prompt="<|user|>hi", raw=True)
GAP = GenerateRequest(model="m", prompt="def f(", suffix="return 1")
ON = GenerateRequest(model="m", prompt="Once upon", continues=True)


@asynccontextmanager
async def generating(upstream: Upstream, **config: Any) -> AsyncIterator[GenerateBackend]:
    settings = OpenAICompatibleConfig(name="up", base_url=upstream.base_url, **config)
    async with open_backend(settings, clock=SystemClock(), via="1.1 test") as backend:
        assert backend.generate is not None
        yield backend.generate


async def ask(backend: GenerateBackend, request: GenerateRequest, streamed: bool) -> ChatResponse:
    if not streamed:
        return await backend.generate(request)
    async with backend.open_generate(request) as stream:
        return await fold(stream)


both = pytest.mark.parametrize("streamed", [True, False], ids=["streamed", "plain"])


@both
async def test_a_raw_prompt_goes_to_completions_verbatim(
    upstream: Upstream, streamed: bool
) -> None:
    upstream.always(completion(["<think>", "no tag"]))
    async with generating(upstream) as backend:
        response = await ask(backend, RAW, streamed)

    (exchange,) = upstream.exchanges
    assert exchange.request.path == "/v1/completions"
    assert exchange.request.json()["prompt"] == "<|user|>hi"
    assert response.text == "<think>no tag"


@both
async def test_a_gap_goes_with_its_suffix(upstream: Upstream, streamed: bool) -> None:
    upstream.always(completion(["x):"]))
    async with generating(upstream) as backend:
        response = await ask(backend, GAP, streamed)

    assert upstream.exchanges[0].request.json()["suffix"] == "return 1"
    assert response.text == "x):"


@both
async def test_mistral_fills_gaps_elsewhere_and_answers_as_to_a_chat(
    upstream: Upstream, streamed: bool
) -> None:
    upstream.always(plain_chat("x):"))
    async with generating(upstream, profile="mistral") as backend:
        response = await ask(backend, GAP, streamed)

    assert upstream.exchanges[0].request.path == "/v1/fim/completions"
    assert response.text == "x):"


async def test_a_stream_of_single_bytes_says_the_same(upstream: Upstream) -> None:
    events = b"".join(completion_events(["aé", "😀", "\n"]))
    upstream.always(Reply(headers=sse([]).headers, steps=bytewise(events)))
    async with generating(upstream) as backend:
        assert (await ask(backend, RAW, streamed=True)).text == "aé😀\n"


NO_PATH = [
    error(404, "Not Found"),
    error(405, "Method Not Allowed"),
    html(404),
    Reply(status=404, body=b'{"detail":"Not Found"}'),
    error(404, "This is a chat model and not supported in the v1/completions endpoint."),
]


@both
@pytest.mark.parametrize("answer", NO_PATH)
async def test_a_server_without_completions_is_named_as_the_cause(
    upstream: Upstream, answer: Script, streamed: bool
) -> None:
    upstream.always(answer)
    async with generating(upstream) as backend:
        with pytest.raises(InvalidRequest, match="raw mode is not supported by this backend"):
            await ask(backend, RAW, streamed)
        with pytest.raises(InvalidRequest, match="suffix is not supported by this backend"):
            await ask(backend, GAP, streamed)


@both
async def test_a_text_to_go_on_with_goes_to_completions_verbatim(
    upstream: Upstream, streamed: bool
) -> None:
    upstream.always(completion([" a", " time"]))
    async with generating(upstream) as backend:
        response = await ask(backend, ON, streamed)

    (exchange,) = upstream.exchanges
    assert exchange.request.path == "/v1/completions"
    assert exchange.request.json()["prompt"] == "Once upon"
    assert response.text == " a time"


def only_chats(refusal: Script) -> Script:
    def answer(request: Received) -> Reply:
        if request.path == "/v1/chat/completions":
            return chat([" a", " time"])(request)
        return refusal(request) if callable(refusal) else refusal

    return answer


@both
@pytest.mark.parametrize("refusal", NO_PATH)
async def test_a_text_to_go_on_with_is_asked_as_a_chat_of_a_server_that_only_chats(
    upstream: Upstream, refusal: Script, streamed: bool
) -> None:
    upstream.always(only_chats(refusal))
    async with generating(upstream) as backend:
        responses = [await ask(backend, ON, streamed) for _ in range(2)]

    paths = [exchange.request.path for exchange in upstream.exchanges]
    # The second time it is known.
    assert paths == ["/v1/completions", "/v1/chat/completions", "/v1/chat/completions"]
    turn = [{"role": "user", "content": "Once upon"}]
    assert [it.request.json()["messages"] for it in upstream.exchanges[1:]] == [turn, turn]
    assert [response.text for response in responses] == [" a time"] * 2


@both
async def test_a_server_known_to_only_chat_is_not_asked_for_completions(
    upstream: Upstream, streamed: bool
) -> None:
    upstream.always(only_chats(error(500, "never")))
    async with generating(upstream, profile="groq") as backend:
        assert (await ask(backend, ON, streamed)).text == " a time"

    assert len(upstream.exchanges) == 1


@both
async def test_nothing_is_learned_from_a_server_that_has_neither_path(
    upstream: Upstream, streamed: bool
) -> None:
    upstream.always(error(404, "Not Found"))
    async with generating(upstream) as backend:
        for _ in range(2):
            with pytest.raises(BackendProtocolError):
                await ask(backend, ON, streamed)

    paths = [exchange.request.path for exchange in upstream.exchanges]
    assert paths == ["/v1/completions", "/v1/chat/completions"] * 2


@both
async def test_an_unknown_model_is_told_as_one(upstream: Upstream, streamed: bool) -> None:
    upstream.always(error(404, "The model `m` does not exist"))
    async with generating(upstream) as backend:
        with pytest.raises(BackendRejected) as caught:
            await ask(backend, RAW, streamed)

    assert (caught.value.status, caught.value.upstream_code) == (404, "model_not_found")


@both
@pytest.mark.parametrize(
    ("profile", "request_"), [("groq", RAW), ("llamacpp", GAP), ("vllm", GAP), ("gemini", GAP)]
)
async def test_what_a_server_is_known_not_to_do_is_not_asked_of_it(
    upstream: Upstream, profile: str, request_: GenerateRequest, streamed: bool
) -> None:
    async with generating(upstream, profile=profile) as backend:
        with pytest.raises(InvalidRequest, match="is not supported by this backend"):
            await ask(backend, request_, streamed)

    assert upstream.exchanges == []


async def test_what_a_refusal_taught_about_streams_is_kept(upstream: Upstream) -> None:
    def answer(request: Received) -> Reply:
        if "stream_options" in request.json():
            return error(400, "Unknown field: stream_options")
        return completion(["ok"])(request)

    upstream.always(answer)
    async with generating(upstream) as backend:
        for _ in range(2):
            assert (await ask(backend, RAW, streamed=True)).text == "ok"

    sent = [exchange.request.json() for exchange in upstream.exchanges]
    assert ["stream_options" in body for body in sent] == [True, False, False]


@both
async def test_stop_strings_beyond_what_the_server_takes_are_watched_for(
    upstream: Upstream, streamed: bool
) -> None:
    upstream.always(completion(["one ", "fi", "ve", " six"]))
    stops = Options(stop=("a!", "b!", "c!", "d!", "five"))
    request = GenerateRequest(model="m", prompt="p", raw=True, options=stops)
    async with generating(upstream, profile="openai") as backend:
        response = await ask(backend, request, streamed)

    assert upstream.exchanges[0].request.json()["stop"] == ["a!", "b!", "c!", "d!"]
    assert response.text == "one "


@both
@pytest.mark.parametrize("answer", [html(), Reply(body=b"{}"), Reply(body=b'{"choices":[]}')])
async def test_what_is_no_answer_is_an_error(
    upstream: Upstream, answer: Script, streamed: bool
) -> None:
    upstream.always(answer)
    async with generating(upstream) as backend:
        with pytest.raises(BackendProtocolError):
            await ask(backend, RAW, streamed)


# Through the front door.


@both
async def test_clients_are_told_what_the_server_cannot_do(
    upstream: Upstream, streamed: bool
) -> None:
    upstream.always(error(404, "Not Found"))
    body = {"model": "m", "prompt": "hi", "raw": True, "stream": streamed}
    async with serving(backend(upstream.base_url)) as served:
        answer = await served.client.post("/api/generate", json=body)

    assert answer.status_code == 400
    assert answer.json() == {"error": "raw mode is not supported by this backend"}


async def test_clients_get_raw_completions(upstream: Upstream) -> None:
    upstream.always(completion(["<think>", "hm"], finish="length"))
    body = {"model": "m", "prompt": "hi", "raw": True, "stream": False}
    async with serving(backend(upstream.base_url)) as served:
        answer = (await served.client.post("/api/generate", json=body)).json()

    assert upstream.exchanges[0].request.path == "/v1/completions"
    assert (answer["response"], answer["done_reason"]) == ("<think>hm", "length")
