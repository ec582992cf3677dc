"""An Ollama server, asked by its own protocol and never by `/v1`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from adapters.backends.ollama.build import open_backend
from adapters.backends.ollama.config import OllamaConfig
from adapters.backends.secret import Secret
from ports.backend import Backend
from ports.chat import ChatRequest, Message, Text, TextChunk
from ports.embed import EmbedRequest
from ports.errors import BackendError, BackendFailed, BackendProtocolError, BackendRejected
from ports.generate import GenerateRequest
from ports.raw import OLLAMA, RawRequest
from tests.fakes.clock import FakeClock
from tests.upstream import ollama_answers
from tests.upstream.script import Reply, Send, Taken
from tests.upstream.server import Upstream

CHAT = ChatRequest(model="a:8b", messages=(Message(role="user", parts=(Text(text="hi"),)),))
PROMPT = GenerateRequest(model="a:8b", prompt="hi")
KEY = "sk-very-secret-key"


def test_it_can_do_everything_in_its_own_dialect(backend: Backend) -> None:
    assert (backend.kind, backend.native, backend.renders_prompts) == (
        "ollama",
        frozenset({OLLAMA}),
        True,
    )
    assert None not in (
        backend.chat,
        backend.generate,
        backend.embed,
        backend.residence,
        backend.raw,
    )


async def ask(backend: Backend, what: str) -> Any:
    assert backend.chat is not None
    assert backend.generate is not None
    assert backend.embed is not None
    match what:
        case "chat":
            return await backend.chat.chat(CHAT)
        case "chat streamed":
            async with backend.chat.open_chat(CHAT) as stream:
                return [batch async for batch in stream]
        case "generate":
            return await backend.generate.generate(PROMPT)
        case "generate streamed":
            async with backend.generate.open_generate(PROMPT) as stream:
                return [batch async for batch in stream]
        case _:
            return await backend.embed.embed(EmbedRequest(model="a:8b", inputs=("hi",)))


WHATS = ["chat", "chat streamed", "generate", "generate streamed", "embed"]


@pytest.mark.parametrize(
    ("what", "path", "script"),
    [
        ("chat", "/api/chat", ollama_answers.chat(["a"])),
        ("chat streamed", "/api/chat", ollama_answers.chat(["a"])),
        ("generate", "/api/generate", ollama_answers.completion(["a"])),
        ("generate streamed", "/api/generate", ollama_answers.completion(["a"])),
        ("embed", "/api/embed", ollama_answers.embed),
    ],
)
async def test_each_question_has_its_own_path_below_a_prefix(
    upstream: Upstream, what: str, path: str, script: Callable[..., Reply]
) -> None:
    upstream.always(script)
    config = OllamaConfig(name="box", base_url=f"{upstream.url}/prefix", api_key=Secret(KEY))

    async with open_backend(config, clock=FakeClock(), via="1.1 test") as backend:
        await ask(backend, what)

    (request,) = upstream.requests
    assert (request.method, request.path) == ("POST", f"/prefix{path}")
    assert request.json()["model"] == "a:8b"
    assert request.json().get("stream") is ("streamed" in what if what != "embed" else None)
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["via"] == "1.1 test"


@pytest.mark.parametrize("what", WHATS)
async def test_a_secret_that_the_server_repeats_is_hidden(upstream: Upstream, what: str) -> None:
    config = OllamaConfig(name="box", base_url=upstream.url, api_key=Secret(KEY))
    scripts = [
        ollama_answers.error(400, f"bad key {KEY}"),
        ollama_answers.lines([ollama_answers.error_line(f"bad key {KEY}")]),
    ]

    async with open_backend(config, clock=FakeClock(), via="1.1 test") as backend:
        for script in scripts:
            upstream.always(script)
            with pytest.raises(BackendError) as caught:
                await ask(backend, what)
            assert KEY not in str(caught.value)
            assert caught.value.message


@pytest.mark.parametrize("what", WHATS)
async def test_an_answer_that_is_only_half_there_is_an_error(
    upstream: Upstream, backend: Backend, what: str
) -> None:
    upstream.always(ollama_answers.lines([ollama_answers.chat_line("a")]))

    with pytest.raises(BackendProtocolError):
        await ask(backend, what)


async def test_an_error_line_comes_after_what_came(upstream: Upstream, backend: Backend) -> None:
    pieces = [ollama_answers.chat_line("a"), ollama_answers.error_line("out of luck")]
    upstream.always(ollama_answers.lines(pieces))
    assert backend.chat is not None

    async with backend.chat.open_chat(CHAT) as stream:
        assert await anext(stream) == [TextChunk(text="a")]
        with pytest.raises(BackendFailed, match="out of luck"):
            await anext(stream)


async def test_a_connection_serves_one_answer_after_the_other(
    upstream: Upstream, backend: Backend
) -> None:
    upstream.always(ollama_answers.chat(["a", "b"]))

    for _ in range(3):
        await ask(backend, "chat streamed")
        await ask(backend, "chat")

    assert len(upstream.connections) == 1


@pytest.mark.parametrize(
    ("keep_alive", "sent"), [(None, {}), (0.0, {"keep_alive": 0.0}), (-1.0, {"keep_alive": -1.0})]
)
async def test_loading_is_a_prompt_of_nothing(
    upstream: Upstream, backend: Backend, keep_alive: float | None, sent: dict[str, Any]
) -> None:
    upstream.always(ollama_answers.loaded)
    assert backend.residence is not None

    await backend.residence.load("a:8b", keep_alive=keep_alive)

    (request,) = upstream.requests
    assert request.path == "/api/generate"
    assert request.json() == {"model": "a:8b", "stream": False} | sent


async def test_a_model_that_only_embeds_is_loaded_by_embedding_nothing(
    upstream: Upstream, backend: Backend
) -> None:
    upstream.reply(
        ollama_answers.error(400, '"e:1" does not support generate'), ollama_answers.embed
    )
    assert backend.residence is not None

    await backend.residence.load("e:1", keep_alive=60.0)

    request = upstream.requests[-1]
    assert request.path == "/api/embed"
    assert request.json() == {"model": "e:1", "input": [], "keep_alive": 60.0}


async def test_a_model_that_is_not_loaded_is_an_error(upstream: Upstream, backend: Backend) -> None:
    assert backend.residence is not None

    for script in (
        ollama_answers.error(404, "model 'a' not found"),
        ollama_answers.whole({"done": False}),
        ollama_answers.whole({"error": "no"}),
    ):
        upstream.always(script)
        with pytest.raises(BackendError):
            await backend.residence.load("a:8b")


async def test_a_blob_that_is_not_there_is_no_fault_of_the_server(
    upstream: Upstream, backend: Backend
) -> None:
    upstream.always(Reply(status=404, framing="length"))
    assert backend.raw is not None
    question = RawRequest(dialect=OLLAMA, path="/api/blobs/sha256:aa", method="HEAD")

    with pytest.raises(BackendRejected) as caught:
        await backend.raw.open_raw(question).__aenter__()

    assert caught.value.status == 404


async def test_a_blob_that_is_there_has_no_body(upstream: Upstream, backend: Backend) -> None:
    upstream.always(Reply(status=200, framing="length", content_length=5))
    assert backend.raw is not None
    question = RawRequest(dialect=OLLAMA, path="/api/blobs/sha256:aa", method="HEAD")

    async with backend.raw.open_raw(question) as reply:
        assert reply.status == 200
        assert [piece async for piece in reply.body] == []


async def test_an_upload_goes_out_in_chunks_as_it_comes(
    upstream: Upstream, backend: Backend
) -> None:
    upstream.always(Reply(status=201, headers=(), framing="length"))
    assert backend.raw is not None
    sent = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(200):
            sent += 1
            yield b"x" * 10_000

    upload = RawRequest(
        dialect=OLLAMA,
        path="/api/blobs/sha256:aa",
        body=pieces(),
        content_type="application/octet-stream",
    )
    async with backend.raw.open_raw(upload) as reply:
        assert (reply.status, reply.content_type) == (201, "")

    (request,) = upstream.requests
    assert sent == 200
    assert request.headers["transfer-encoding"] == "chunked"
    assert request.headers["content-type"] == "application/octet-stream"
    assert len(request.body) == 2_000_000


async def test_lines_pass_as_they_come(upstream: Upstream, backend: Backend) -> None:
    pieces = [b'{"model":"a:8b","x":1.0}\n', b'{"model":"a:8b","done":true}\n']
    steps = [step for piece in pieces for step in (Send(piece), Taken())]
    upstream.always(Reply(headers=ollama_answers.NDJSON, steps=steps))
    assert backend.raw is not None
    question = RawRequest(dialect=OLLAMA, path="/api/chat", body=b'{"model":"a:8b"}')

    async with backend.raw.open_raw(question) as reply:
        assert reply.content_type == "application/x-ndjson"
        assert [piece async for piece in reply.body] == pieces
