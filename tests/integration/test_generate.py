"""`/api/generate`, served: prompts asked as chats, loads, and what is refused on the way."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from dishka import Provider, Scope, provide

from ports.backend import Backend
from tests.fakes.backend import backend as fake_backend
from tests.integration.served import Served, backend, serving
from tests.upstream.answers import chat, chat_events, completion, error, sse
from tests.upstream.script import Close, Taken
from tests.upstream.server import Upstream

OFFLINE = '[[backends]]\nname = "offline"\nkind = "offline"\n'
PNG = "iVBORw0KGgo="

CAPABILITIES = """capabilities = { "m" = ["completion"], "fim" = ["insert"], \
"thinker" = ["thinking"], "vectors" = ["embedding"] }"""

ALIAS = """
[aliases.tuned]
targets = ["up/m"]
system = "Be brief."
options = { temperature = 0.1 }
"""


@pytest_asyncio.fixture
async def served(upstream: Upstream) -> AsyncIterator[Served]:
    upstream.models = ("m", "fim", "thinker", "vectors")
    async with serving(backend(upstream.base_url, CAPABILITIES) + ALIAS) as served:
        await served.client.get("/api/tags")
        upstream.forget()
        yield served


async def ask(served: Served, **body: Any) -> httpx.Response:
    return await served.client.post("/api/generate", json={"model": "m", "prompt": "hi"} | body)


@pytest.mark.parametrize("model", ["offline", "OFFLINE:latest"])
async def test_the_offline_backend_completes_prompts(model: str) -> None:
    async with serving(OFFLINE) as served:
        asked = {"model": model, "prompt": "Say hello to Ada", "think": False}
        streamed = await ask(served, **asked)
        whole = (await ask(served, **asked, stream=False)).json()

    lines = [json.loads(line) for line in streamed.text.splitlines()]
    assert streamed.headers["content-type"] == "application/x-ndjson"
    assert "".join(line["response"] for line in lines) == whole["response"] != ""
    assert [line["done"] for line in lines] == [False] * (len(lines) - 1) + [True]
    assert list(lines[0]) == ["model", "created_at", "response", "done"]
    assert {line["model"] for line in lines} == {model} == {whole["model"]}
    assert list(lines[-1]) == list(whole)
    assert whole["done_reason"] == "stop"


async def test_a_prompt_is_asked_as_a_chat(served: Served, upstream: Upstream) -> None:
    upstream.always(chat(["Hel", "lo"]))

    answer = await ask(
        served,
        system="Be kind.",
        images=[PNG],
        format="json",
        options={"seed": 7},
        template="{{ .Prompt }}",
        context=[1, 2],
        stream=False,
    )

    sent = upstream.exchanges[0].request.json()
    assert sent["messages"] == [
        {"role": "system", "content": "Be kind."},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "hi"},
                {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
            ],
        },
    ]
    assert (sent["seed"], sent["response_format"]) == (7, {"type": "json_object"})
    assert answer.json()["response"] == "Hello"
    assert "context" not in answer.json()


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    "special", [{"model": "m", "raw": True}, {"model": "fim", "suffix": "return"}]
)
async def test_raw_prompts_and_gaps_go_to_completions(
    served: Served, upstream: Upstream, special: dict[str, Any], stream: bool
) -> None:
    upstream.always(completion(["Hel", "lo"]))

    answer = await ask(served, stream=stream, **special)

    [exchange] = upstream.exchanges
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert exchange.request.path.endswith("/completions")
    assert exchange.request.json()["prompt"] == "hi"
    assert exchange.request.json().get("suffix", "") == special.get("suffix", "")
    assert "".join(line["response"] for line in lines) == "Hello"
    assert lines[-1]["done_reason"] == "stop"


async def test_thinking_stands_beside_the_response(served: Served, upstream: Upstream) -> None:
    upstream.always(chat(["42"], reasoning=["let me", " think"]))

    streamed = await ask(served, model="thinker", think=True)
    whole = (await ask(served, model="thinker", think=True, stream=False)).json()

    lines = [json.loads(line) for line in streamed.text.splitlines()]
    assert "".join(line.get("thinking", "") for line in lines) == "let me think"
    assert (whole["response"], whole["thinking"]) == ("42", "let me think")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"prompt": ""}, "load"),
        ({"prompt": None, "stream": True, "keep_alive": "10m"}, "load"),
        ({"model": "fim", "prompt": "", "suffix": "x"}, "load"),
        ({"prompt": "", "raw": True}, "load"),
        ({"prompt": "", "keep_alive": 0}, "unload"),
    ],
)
async def test_loading_and_unloading_ask_no_upstream(
    served: Served, upstream: Upstream, body: dict[str, Any], reason: str
) -> None:
    answer = await ask(served, **body)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert list(answer.json()) == ["model", "created_at", "response", "done", "done_reason"]
    assert answer.json()["done_reason"] == reason
    assert [exchange.request.path for exchange in upstream.exchanges] == []


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"model": ""}, 404, "model '' not found"),
        ({"model": "nope"}, 404, "model 'nope' not found"),
        ({"model": "nope", "prompt": "", "keep_alive": 0}, 404, "model 'nope' not found"),
        ({"model": "a b"}, 400, "invalid model name"),
        ({"model": "nope", "top_logprobs": 21}, 400, "top_logprobs must be between 0 and 20"),
        (
            {"raw": True, "system": "s", "think": True},
            400,
            "raw mode does not support template, system, or context",
        ),
        ({"template": "Q: {{ .Prompt }}"}, 400, "template is not supported by this backend"),
        ({"think": True}, 400, '"m" does not support thinking'),
        ({"model": "vectors", "prompt": ""}, 400, '"vectors" does not support generate'),
        (
            {"suffix": "x"},
            400,
            "registry.ollama.ai/library/m:latest does not support insert",
        ),
        (
            {"_debug_render_only": True},
            501,
            "_debug_render_only: prompts are rendered by the upstream, not here",
        ),
    ],
)
async def test_what_cannot_be_answered_is_refused_before_anybody_is_asked(
    served: Served, upstream: Upstream, body: dict[str, Any], status: int, words: str
) -> None:
    answer = await ask(served, **body)

    assert answer.status_code == status
    assert answer.json() == {"error": words}
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert [exchange.request.path for exchange in upstream.exchanges] == []


class ChatOnly(Provider):
    scope = Scope.APP

    @provide(override=True)
    def backends(self) -> tuple[Backend, ...]:
        return (fake_backend("fake", "mine"),)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"raw": True}, "raw mode is not supported by this backend"),
        ({"suffix": "x"}, "suffix is not supported by this backend"),
    ],
)
async def test_a_backend_that_only_chats_says_so(body: dict[str, Any], words: str) -> None:
    async with serving(OFFLINE, ChatOnly()) as served:
        answer = await ask(served, model="mine", **body)

    assert answer.status_code == 400
    assert answer.json() == {"error": words}


async def test_a_refusal_before_the_first_line_keeps_its_status(
    served: Served, upstream: Upstream
) -> None:
    upstream.always(error(403, "no"))

    answer = await ask(served)

    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {"error": "no"}


async def test_a_cut_stream_ends_with_an_error_and_not_as_done(
    served: Served, upstream: Upstream
) -> None:
    upstream.always(sse(chat_events(["Hel"])[:2], Taken(), Close()))

    answer = await ask(served)

    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert lines[0]["response"] == "Hel"
    assert list(lines[-1]) == ["error"]
    assert not any(line.get("done") for line in lines)


async def test_an_alias_brings_its_system_and_options(served: Served, upstream: Upstream) -> None:
    upstream.always(chat(["ok"]))

    answer = await ask(served, model="tuned", stream=False)
    await ask(served, model="tuned", system="Mine.", options={"temperature": 0.9})

    first, second = (exchange.request.json() for exchange in upstream.exchanges)
    assert first["messages"][0] == {"role": "system", "content": "Be brief."}
    assert first["temperature"] == 0.1
    assert second["messages"][0] == {"role": "system", "content": "Mine."}
    assert second["temperature"] == 0.9
    assert answer.json()["model"] == "tuned"
