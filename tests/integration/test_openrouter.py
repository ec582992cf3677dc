"""The kind `openrouter` against a scripted OpenRouter, over real sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from msgspec import Raw

from adapters.backends.folding import fold
from adapters.backends.openai_compatible.build import open_backend as open_compatible
from adapters.backends.openai_compatible.config import OpenAICompatibleConfig
from adapters.backends.openrouter.build import open_backend
from adapters.backends.openrouter.config import OpenRouterConfig
from adapters.backends.secret import Secret
from adapters.memory.clock import SystemClock
from ports.backend import Backend
from ports.chat import (
    ChatRequest,
    ChatResponse,
    FinishReason,
    Message,
    Options,
    Text,
    Tool,
    ToolCall,
)
from ports.errors import (
    BackendError,
    BackendOverloaded,
    BackendRateLimited,
    BackendRejected,
    BackendTimeout,
)
from ports.models import Capability
from tests.fakes.clock import FakeClock
from tests.upstream import openrouter_answers as openrouter
from tests.upstream.answers import Call, chat, chat_events, chunk, models, plain_chat, sse
from tests.upstream.fixtures import upstream
from tests.upstream.script import Reply, Stall
from tests.upstream.server import Upstream

__all__ = ["upstream"]

TOOL = Tool(name="f", parameters=Raw(b'{"type":"object"}'))


@pytest_asyncio.fixture
async def backend(upstream: Upstream) -> AsyncIterator[Backend]:
    config = OpenRouterConfig(
        name="cloud",
        base_url=upstream.base_url,
        api_key=Secret("sk-or-1234567890"),
        headers={"HTTP-Referer": Secret("https://example.org"), "X-Title": Secret("Example")},
    )
    async with open_backend(config, clock=SystemClock(), via="1.1 test") as opened:
        yield opened


def say(text: str, role: Any = "user") -> Message:
    return Message(role=role, parts=(Text(text=text),))


def ask(*messages: Message, **more: Any) -> ChatRequest:
    return ChatRequest(**{"model": "x/m", "messages": messages or (say("hi"),), **more})


async def answered(backend: Backend, request: ChatRequest, *, stream: bool) -> ChatResponse:
    assert backend.chat is not None
    if not stream:
        return await backend.chat.chat(request)
    async with backend.chat.open_chat(request) as chunks:
        return await fold(chunks)


BOTH = pytest.mark.parametrize("stream", [True, False], ids=["streamed", "plain"])


@BOTH
async def test_a_question_says_who_asks_and_its_answer_what_it_cost(
    upstream: Upstream, backend: Backend, stream: bool
) -> None:
    upstream.always(chat(["Hel", "lo"], reasoning=["hm"], counted=openrouter.counted(0.25)))

    answer = await answered(backend, ask(), stream=stream)

    (request,) = upstream.requests
    assert request.path == "/v1/chat/completions"
    assert request.headers["http-referer"] == "https://example.org"
    assert request.headers["x-title"] == "Example"
    assert request.headers["authorization"] == "Bearer sk-or-1234567890"
    assert (answer.text, answer.thinking, answer.usage.cost) == ("Hello", "hm", 0.25)


async def test_the_kind_is_one_with_variants(backend: Backend) -> None:
    assert (backend.kind, backend.variants) == ("openrouter", (":nitro", ":floor", ":online"))


REASONING = {"mandatory": True, "supported_efforts": ["high", "low", "none"]}


@pytest.mark.parametrize(
    ("model", "think", "sent"),
    [
        ("x/thinks", False, None),
        ("x/thinks", True, {"enabled": True}),
        ("x/thinks", "max", {"effort": "high"}),
        ("x/thinks", "medium", {"effort": "low"}),
        ("x/thinks:nitro", "max", {"effort": "high"}),
        ("x/thinks:nitro", False, None),
        ("x/may", False, {"enabled": False}),
        ("x/may", "max", {"effort": "max"}),
        ("x/unlisted", False, {"enabled": False}),
    ],
)
async def test_thinking_is_asked_for_as_far_as_the_model_can(
    upstream: Upstream, backend: Backend, model: str, think: Any, sent: Any
) -> None:
    upstream.lists["/models"] = openrouter.models(
        openrouter.model("x/thinks", reasoning=REASONING),
        openrouter.model("x/may", reasoning={"mandatory": False, "supported_efforts": None}),
    )
    upstream.always(chat(["a"]))
    await backend.catalog.models()

    await answered(backend, ask(model=model, think=think), stream=False)

    assert upstream.requests[-1].json().get("reasoning") == sent


async def test_the_catalog_tells_what_is_known_of_each_model(
    upstream: Upstream, backend: Backend
) -> None:
    upstream.lists["/models"] = openrouter.models(openrouter.model("x/chat-70b"))
    upstream.lists["/embeddings/models"] = openrouter.models(
        openrouter.model(
            "x/embed",
            architecture={"output_modalities": ["embeddings"]},
            supported_parameters=[],
        ),
        {"id": "x/bare"},
        openrouter.model("x/chat-70b", created=1),
    )

    first, second, third = await backend.catalog.models()

    assert (first.id, first.created, first.context_length) == ("x/chat-70b", 1760000000, 128000)
    assert first.capabilities == {Capability.COMPLETION, Capability.TOOLS}
    assert first.facts["pricing.prompt"] == "0.000003"
    assert (second.id, second.capabilities) == ("x/embed", {Capability.EMBEDDING})
    assert (third.id, third.capabilities) == ("x/bare", {Capability.EMBEDDING})


async def test_models_that_embed_may_be_unknown_without_costing_the_others(
    upstream: Upstream,
) -> None:
    clock = FakeClock()
    config = OpenRouterConfig(name="cloud", base_url=upstream.base_url, catalog_ttl=1.0)
    upstream.lists["/embeddings/models"] = openrouter.error(500, "no")
    async with open_backend(config, clock=clock, via="1.1 test") as backend:

        async def ids() -> list[str]:
            backend.catalog.expire()
            return [model.id for model in await backend.catalog.models()]

        assert await ids() == ["m"]
        upstream.lists["/embeddings/models"] = models("e")
        assert await ids() == ["m", "e"]
        upstream.lists["/embeddings/models"] = openrouter.error(500, "no")
        assert await ids() == ["m", "e"], "the last list that could be read"
        upstream.models = ("n",)
        assert await ids() == ["n", "e"]


DETAILS = [
    [openrouter.detail(text="let ")],
    [openrouter.detail(text="me")],
    [openrouter.detail(signature="c2ln")],
]
WHOLE = {
    True: [openrouter.detail(text="let me", signature="c2ln")],
    False: [piece for (piece,) in DETAILS],
}
CALLS = [Call("f", ('{"x":1', "}"), "call_1"), Call("f", ('{"x":2}',), "call_2")]


def history(calls: tuple[ToolCall, ...]) -> tuple[Message, ...]:
    results = [Message(role="tool", parts=(Text(text="7"),), tool_call_id=c.id) for c in calls]
    return (say("hi"), Message(role="assistant", tool_calls=calls), *results)


@BOTH
@pytest.mark.parametrize("with_ids", [True, False], ids=["ids", "no ids"])
async def test_reasoning_details_go_back_unmodified_with_the_calls_they_came_with(
    upstream: Upstream, backend: Backend, stream: bool, with_ids: bool
) -> None:
    upstream.reply(openrouter.calling(CALLS, DETAILS), plain_chat("done"))
    answer = await answered(backend, ask(tools=(TOOL,)), stream=stream)
    # An Ollama client keeps name and arguments, spells them anew, and often drops the ids.
    calls = tuple(
        ToolCall(
            id=call.id if with_ids else "",
            name=call.name,
            arguments=call.arguments.replace(":", ": "),
        )
        for call in answer.tool_calls
    )

    await answered(backend, ask(*history(calls), tools=(TOOL,)), stream=False)

    sent = upstream.requests[-1].json()["messages"]
    assert sent[1]["reasoning_details"] == WHOLE[stream]
    assert [("reasoning_details" in message) for message in sent] == [False, True, False, False]


async def test_what_one_upstream_said_is_not_told_to_another(
    upstream: Upstream, backend: Backend
) -> None:
    upstream.reply(openrouter.calling(CALLS, DETAILS))
    answer = await answered(backend, ask(tools=(TOOL,)), stream=True)
    config = OpenAICompatibleConfig(name="other", base_url=upstream.base_url)
    upstream.always(plain_chat("done"))
    async with open_compatible(config, clock=SystemClock(), via="1.1 test") as other:
        await answered(other, ask(*history(answer.tool_calls), tools=(TOOL,)), stream=False)

    assert b"reasoning_details" not in upstream.requests[-1].body


@BOTH
@pytest.mark.parametrize(
    ("caller", "asked"), [("bob", "hi"), ("", "hi"), ("ada", "ho")], ids=["key", "none", "words"]
)
async def test_another_client_or_conversation_gets_none_of_it(
    upstream: Upstream, backend: Backend, stream: bool, caller: str, asked: str
) -> None:
    upstream.reply(openrouter.calling(CALLS, DETAILS))
    answer = await answered(backend, ask(tools=(TOOL,), caller="ada"), stream=stream)
    upstream.always(plain_chat("done"))
    _, *turn = history(answer.tool_calls)

    await answered(backend, ask(say(asked), *turn, tools=(TOOL,), caller=caller), stream=stream)
    assert b"reasoning_details" not in upstream.requests[-1].body

    await answered(backend, ask(say("hi"), *turn, tools=(TOOL,), caller="ada"), stream=stream)
    assert b"reasoning_details" in upstream.requests[-1].body


@BOTH
async def test_thought_signatures_of_gemini_go_back_with_their_calls(
    upstream: Upstream, stream: bool
) -> None:
    signed = {"google": {"thought_signature": "c2ln"}}
    made = [
        {"id": "", "type": "function", "function": {"name": "f", "arguments": '{"x":1}'}},
        {"id": "", "type": "function", "function": {"name": "f", "arguments": '{"x":2}'}},
    ]
    made[0]["extra_content"] = signed
    whole = b'{"choices":[{"message":{"content":null,"tool_calls":%s},"finish_reason":"stop"}]}'
    upstream.reply(
        sse([chunk({"tool_calls": made}), chunk({}, finish_reason="stop"), b"data: [DONE]\n\n"])
        if stream
        else Reply(body=whole % msgspec.json.encode(made)),
        plain_chat("done"),
    )
    config = OpenAICompatibleConfig(name="g", base_url=upstream.base_url, profile="gemini")
    async with open_compatible(config, clock=SystemClock(), via="1.1 test") as backend:
        answer = await answered(backend, ask(tools=(TOOL,)), stream=stream)
        calls = tuple(ToolCall(name=c.name, arguments=c.arguments) for c in answer.tool_calls)
        await answered(backend, ask(*history(calls), tools=(TOOL,)), stream=False)

    sent = upstream.requests[-1].json()["messages"][1]["tool_calls"]
    assert sent[0]["extra_content"] == signed
    assert "extra_content" not in sent[1]


@BOTH
@pytest.mark.parametrize(
    ("reply", "kind", "text", "wait"),
    [
        (openrouter.error(402, "no credits"), BackendRejected, "no credits", None),
        (openrouter.error(402, "key limit", retry_after="60"), BackendRejected, "key limit", 60.0),
        (openrouter.error(408, "slow"), BackendTimeout, "upstream timed out", None),
        (openrouter.error(429, "free limit", retry_after="7"), BackendRateLimited, "limit", 7.0),
        (openrouter.error(503, "nobody", retry_after="9"), BackendOverloaded, "nobody", 9.0),
        (openrouter.error(404, "No endpoints found for x/m."), BackendRejected, "No end", None),
        (openrouter.error(400, "x/m is not a valid model ID"), BackendRejected, "valid", None),
    ],
)
async def test_refusals_keep_their_meaning(  # noqa: PLR0917 - a table
    upstream: Upstream,
    backend: Backend,
    stream: bool,
    reply: Reply,
    kind: type[BackendError],
    text: str,
    wait: float | None,
) -> None:
    upstream.always(reply)

    with pytest.raises(kind, match=text) as caught:
        await answered(backend, ask(), stream=stream)

    assert caught.value.retry_after == wait


async def test_a_date_to_come_back_counts_from_the_upstreams_own_clock(
    upstream: Upstream, backend: Backend
) -> None:
    headers = (
        ("Date", "Sat, 22 Aug 2020 10:00:00 GMT"),
        ("Retry-After", "Sat, 22 Aug 2020 10:00:30 GMT"),
    )
    upstream.always(Reply(status=429, headers=headers, body=b"{}"))

    with pytest.raises(BackendRateLimited) as caught:
        await answered(backend, ask(), stream=False)

    assert caught.value.retry_after == 30.0


async def test_an_answer_that_breaks_off_is_an_error_after_what_came(
    upstream: Upstream, backend: Backend
) -> None:
    failed = openrouter.failing("server_error", "Provider disconnected", error_type="server")
    upstream.always(sse([openrouter.PROCESSING, *chat_events(["Hel"])[:2], failed]))
    came = []

    assert backend.chat is not None
    async with backend.chat.open_chat(ask()) as stream:
        with pytest.raises(BackendError, match="Provider disconnected"):
            async for batch in stream:
                came.extend(batch)

    assert [getattr(chunk, "text", None) for chunk in came] == ["Hel"]


async def test_a_stop_string_that_the_upstream_was_not_told_of_closes_it(
    upstream: Upstream, backend: Backend
) -> None:
    events = chat_events(["one ", "EN", "D two"])[:4]
    upstream.always(sse(events, Stall()))
    options = Options(stop=("1", "2", "3", "4", "END"))

    answer = await answered(backend, ask(options=options), stream=True)

    assert (answer.text, answer.reason) == ("one ", FinishReason.STOP)
    assert upstream.requests[0].json()["stop"] == ["1", "2", "3", "4"]
    assert await upstream.closed_early()
