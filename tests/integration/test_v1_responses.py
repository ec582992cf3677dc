"""`/v1/responses` over every kind of backend, judged by OpenAI's own client."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import openai
import pydantic
import pytest
import pytest_asyncio
from dishka import Provider, Scope, provide
from openai import AsyncOpenAI
from openai.types.responses import Response

from adapters.dialects.openai.responses.packing import unpack
from domain.translation import Translation
from tests.integration.kinds import OFFLINE, OLLAMA, OPENROUTER, Kind
from tests.integration.served import Served, backend, serving
from tests.upstream import ollama_answers
from tests.upstream.answers import (
    Call,
    chat,
    chat_events,
    chunk,
    error,
    error_event,
    sse,
)
from tests.upstream.script import Abort, Close, Reply, Send, Stall, Step, Taken, bytewise
from tests.upstream.server import Upstream
from tests.upstream.wire import Received

TOOL: dict[str, Any] = {
    "type": "function",
    "name": "get_weather",
    "description": "Get the weather.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
    "strict": True,
}
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n of one point").decode()
BEGUN = chat_events(["Hel", "lo"])[:2]
EXTRA = 'profile = "vllm"'
"""A server that takes an earlier turn's thinking back."""


class Answer(pydantic.BaseModel):
    """What structured output is asked for."""

    n: int


def client_of(served: Served) -> AsyncOpenAI:
    return AsyncOpenAI(
        base_url=f"{served.url}/v1",
        api_key="none",
        max_retries=0,
        http_client=httpx.AsyncClient(trust_env=False),
    )


@asynccontextmanager
async def asking(toml: str, *overrides: Provider) -> AsyncIterator[AsyncOpenAI]:
    async with serving(toml, *overrides) as served, client_of(served) as client:
        yield client


@pytest_asyncio.fixture
async def client(upstream: Upstream) -> AsyncIterator[AsyncOpenAI]:
    async with asking(backend(upstream.base_url, EXTRA)) as asked:
        yield asked


VLLM = Kind(name="vllm", settings=lambda upstream: backend(upstream.base_url, EXTRA))
kinds = pytest.mark.parametrize("kind", [VLLM, OPENROUTER, OLLAMA], ids=lambda kind: kind.name)
both = pytest.mark.parametrize("stream", [True, False], ids=["streamed", "plain"])


def calling(kind: Kind, upstream: Upstream) -> str:
    """Think, speak and call a tool, whatever is asked; return the settings."""
    words, thinking = ["The ", "weather: "], ["let me", " see"]
    if kind is OLLAMA:
        upstream.shown["m:latest"] = ollama_answers.show(
            "completion", "tools", "thinking", "vision"
        )
        made = ollama_answers.call("get_weather", {"city": "Paris"}, id="call_1")
        upstream.always(ollama_answers.chat(words, thinking=thinking, tool_calls=[made]))
    else:
        call = Call("get_weather", ('{"city":', '"Paris"}'))
        upstream.always(chat(words, reasoning=thinking, tool_calls=[call]))
    return kind.settings(upstream)


async def answered(client: AsyncOpenAI, *, stream: bool, **members: Any) -> Response:
    """Ask, in one piece or through the client's own accumulator."""
    asked = {"model": "m", "input": "hi"} | members
    if not stream:
        response: Response = await client.responses.create(**asked)
        return response
    async with client.responses.stream(**asked) as events:
        return await events.get_final_response()


@kinds
@both
async def test_thinking_text_and_a_call_come_from_every_kind_of_backend(
    upstream: Upstream, kind: Kind, stream: bool
) -> None:
    async with asking(calling(kind, upstream)) as client:
        response = await answered(client, stream=stream, tools=[TOOL])

    reasoning, message, call = response.output
    assert reasoning.type == "reasoning"
    assert [part.text for part in reasoning.summary] == ["let me see"]
    assert unpack(reasoning.encrypted_content or "") == ("let me see", "")
    assert message.type == "message"
    assert response.output_text == "The weather: "
    assert call.type == "function_call"
    assert (call.call_id, call.name) == ("call_1", "get_weather")
    assert json.loads(call.arguments) == {"city": "Paris"}
    assert response.status == "completed"
    assert response.model == "m"
    assert response.usage is not None
    assert (response.usage.input_tokens, response.usage.output_tokens) == (12, 3)


@both
async def test_the_offline_backend_answers_too(upstream: Upstream, stream: bool) -> None:
    async with asking(OFFLINE.settings(upstream)) as client:
        response = await answered(client, stream=stream, model=OFFLINE.chat, input="hello you")

    assert "hello you" in response.output_text
    assert response.status == "completed"


@kinds
@both
async def test_a_tool_loop_gives_the_thinking_back(
    upstream: Upstream, kind: Kind, stream: bool
) -> None:
    async with asking(calling(kind, upstream)) as client:
        first = await answered(client, stream=stream, tools=[TOOL])
        history: list[Any] = [{"role": "user", "content": "hi"}]
        history += [item.to_dict() for item in first.output]
        history.append({"type": "function_call_output", "call_id": "call_1", "output": "22"})

        await answered(client, stream=stream, tools=[TOOL], input=history)

    sent = upstream.exchanges[1].request.json()["messages"]
    assert [message["role"] for message in sent] == ["user", "assistant", "tool"]
    assert sent[1].get("reasoning", sent[1].get("thinking")) == "let me see"
    assert sent[1]["content"] == "The weather: "
    assert sent[1]["tool_calls"][0]["id"] == "call_1"
    assert (sent[2]["tool_call_id"], sent[2]["content"]) == ("call_1", "22")


def signed(request: Received) -> Reply:
    """Answer with thinking that the model has signed."""
    detail = {"type": "reasoning.text", "text": "let me see", "signature": "EqQB", "index": 0}
    if request.streamed:
        first = chunk({"reasoning": "let me see", "reasoning_details": [detail]})
        return sse([first, *chat_events(["Hi"])])
    message = {"role": "assistant", "content": "Hi", "reasoning_details": [detail]}
    whole = {"id": "gen-1", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    return Reply(body=json.dumps(whole).encode())


@both
async def test_a_signature_comes_back_to_the_model_that_signed(
    upstream: Upstream, stream: bool
) -> None:
    upstream.always(signed)

    async with asking(OPENROUTER.settings(upstream)) as client:
        first = await answered(client, stream=stream)
        history: list[Any] = [{"role": "user", "content": "hi"}]
        history += [item.to_dict() for item in first.output]
        history.append({"role": "user", "content": "more"})
        await answered(client, stream=stream, input=history)

    sent = upstream.exchanges[1].request.json()["messages"]
    (detail,) = sent[1]["reasoning_details"]
    assert (detail["text"], detail["signature"]) == ("let me see", "EqQB")
    assert [message["role"] for message in sent] == ["user", "assistant", "user"]


@kinds
@both
async def test_an_image_goes_along(upstream: Upstream, kind: Kind, stream: bool) -> None:
    content = [
        {"type": "input_text", "text": "what"},
        {"type": "input_image", "image_url": f"data:image/jpeg;base64,{PNG}", "detail": "auto"},
    ]

    async with asking(calling(kind, upstream)) as client:
        await answered(client, stream=stream, input=[{"role": "user", "content": content}])

    (message,) = upstream.exchanges[0].request.json()["messages"]
    if kind is OLLAMA:
        assert (message["content"], message["images"]) == ("what", [PNG])
    else:
        assert message["content"][1]["image_url"]["url"] == f"data:image/png;base64,{PNG}"


@both
async def test_structured_output_is_parsed_by_the_client(
    upstream: Upstream, client: AsyncOpenAI, stream: bool
) -> None:
    upstream.always(chat(['{"n":', " 5}"]))

    if stream:
        async with client.responses.stream(model="m", input="hi", text_format=Answer) as events:
            parsed = (await events.get_final_response()).output_parsed
    else:
        response = await client.responses.parse(model="m", input="hi", text_format=Answer)
        parsed = response.output_parsed

    assert parsed == Answer(n=5)
    wanted = upstream.exchanges[0].request.json()["response_format"]
    assert wanted["type"] == "json_schema"
    assert wanted["json_schema"]["schema"] == openai_schema()


def openai_schema() -> dict[str, Any]:
    """The schema that the client makes of the model."""
    return Answer.model_json_schema() | {
        "additionalProperties": False,
        "description": Answer.__doc__,
    }


@both
async def test_log_probabilities_come_through(
    upstream: Upstream, client: AsyncOpenAI, stream: bool
) -> None:
    entry = {"token": "Hi", "logprob": -0.25, "bytes": [72, 105]}
    upstream.always(chat(["Hi"], logprobs=[entry | {"top_logprobs": [entry]}]))

    response = await answered(client, stream=stream, top_logprobs=1)

    assert upstream.exchanges[0].request.json()["top_logprobs"] == 1
    (message,) = response.output
    assert message.type == "message"
    (part,) = message.content
    assert part.type == "output_text"
    assert part.logprobs is not None
    assert part.logprobs[0].to_dict() == entry | {"top_logprobs": [entry]}


@both
async def test_an_answer_cut_by_its_limit_is_incomplete(
    upstream: Upstream, client: AsyncOpenAI, stream: bool
) -> None:
    upstream.always(chat(["Hel"], finish="length"))

    asked: dict[str, Any] = {"model": "m", "input": "hi", "max_output_tokens": 20}
    if stream:
        *_, last = [event async for event in await client.responses.create(**asked, stream=True)]
        assert last.type == "response.incomplete"
        response = last.response
    else:
        response = await client.responses.create(**asked)

    assert response.status == "incomplete"
    assert response.incomplete_details is not None
    assert response.incomplete_details.reason == "max_output_tokens"
    assert response.output_text == "Hel"
    assert upstream.exchanges[0].request.json()["max_tokens"] == 20


async def test_events_are_the_same_however_the_network_cuts_the_upstreams_bytes(
    upstream: Upstream,
) -> None:
    calls = [Call("get_weather", ('{"city":', '"Pa\u2028ris"}'))]
    events = chat_events(["Hé", "\u2028l😀"], reasoning=["s", "é"], tool_calls=calls)
    pieces = bytewise(b"".join(events))
    upstream.reply(sse(events), Reply(headers=sse([]).headers, steps=pieces))

    async with asking(backend(upstream.base_url, EXTRA)) as client:
        whole, cut = [await answered(client, stream=True) for _ in range(2)]

    for response in (whole, cut):
        reasoning, _, call = response.output
        assert reasoning.type == "reasoning"
        assert reasoning.summary[0].text == "sé"
        assert response.output_text == "Hé\u2028l😀"
        assert call.type == "function_call"
        assert json.loads(call.arguments) == {"city": "Pa\u2028ris"}


async def raw(client: AsyncOpenAI, **members: Any) -> httpx.Response:
    """Ask without the client's help."""
    asked = {"model": "m", "input": "hi"} | members
    async with httpx.AsyncClient(trust_env=False) as plain:
        return await plain.post(f"{client.base_url}responses", json=asked)


def events_in(content: bytes) -> Iterator[tuple[str, dict[str, Any]]]:
    for event in content.decode().split("\n\n")[:-1]:
        if not event.startswith(":"):
            name, data = event.split("\n")
            yield name.removeprefix("event: "), json.loads(data.removeprefix("data: "))


async def test_a_stream_has_the_heads_and_the_end_of_its_kind(
    upstream: Upstream, client: AsyncOpenAI
) -> None:
    upstream.always(chat(["Hi"]))

    answer = await raw(client, stream=True)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/event-stream"
    assert answer.headers["cache-control"] == "no-cache"
    assert b"[DONE]" not in answer.content
    names = [name for name, _ in events_in(answer.content)]
    assert (names[0], names[-1]) == ("response.created", "response.completed")


@both
async def test_a_good_post_is_200(upstream: Upstream, client: AsyncOpenAI, stream: bool) -> None:
    upstream.always(chat(["Hi"]))

    assert (await raw(client, stream=stream)).status_code == 200


@both
async def test_what_fails_before_the_first_event_keeps_its_status(
    upstream: Upstream, client: AsyncOpenAI, stream: bool
) -> None:
    upstream.always(error(429, "slow down", retry_after="7"))

    with pytest.raises(openai.RateLimitError) as caught:
        await answered(client, stream=stream)

    assert caught.value.response.headers["retry-after"] == "7"
    assert caught.value.code == "rate_limit_exceeded"


@both
async def test_an_unknown_model_is_not_found(client: AsyncOpenAI, stream: bool) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        await answered(client, stream=stream, model="nope")

    assert caught.value.body == {
        "message": "model 'nope' not found",
        "type": "not_found_error",
        "param": None,
        "code": "model_not_found",
    }


async def test_a_mistake_is_told_in_openais_form(client: AsyncOpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        await client.responses.create(model="m", input="hi", previous_response_id="resp_1")

    assert caught.value.param == "previous_response_id"


@pytest.mark.parametrize(
    ("then", "says"),
    [
        ([Taken(), Send(error_event("it broke"))], "it broke"),
        ([Taken(), Abort()], "the upstream broke off its answer"),
        ([Taken(), Close()], "the upstream broke off its answer"),
        ([Taken()], "the answer ended before it was complete"),
    ],
    ids=["an error event", "a reset", "a cut", "no end mark"],
)
async def test_a_fault_in_mid_stream_fails_the_response(
    upstream: Upstream, client: AsyncOpenAI, then: list[Step], says: str
) -> None:
    upstream.always(sse(BEGUN, *then))

    events = list(events_in((await raw(client, stream=True)).content))

    (error_name, error), (name, failed) = events[-2:]
    assert (error_name, name) == ("error", "response.failed")
    assert error["message"] == error["error"]["message"] == says
    assert failed["response"]["status"] == "failed"
    assert failed["response"]["error"]["message"] == says
    assert failed["response"]["output"][0]["status"] == "incomplete"
    assert [event["sequence_number"] for _, event in events] == list(range(len(events)))


async def test_a_failed_stream_is_no_answer_to_the_client_library(
    upstream: Upstream, client: AsyncOpenAI
) -> None:
    upstream.always(sse(BEGUN, Taken(), Abort()))

    with pytest.raises(openai.APIError, match="the upstream broke off its answer"):
        await answered(client, stream=True)


async def test_after_a_sign_of_life_a_refusal_is_an_event(upstream: Upstream) -> None:
    upstream.always(sse([], Stall()))
    slow = backend(upstream.base_url, EXTRA, "timeout = { first_byte = 0.2 }")

    async with asking(f"[server]\nkeepalive = 0.01\n{slow}") as client:
        answer = await raw(client, stream=True)

    assert answer.status_code == 200
    assert answer.content.startswith(b": ")
    ((name, event),) = events_in(answer.content)
    assert name == "error"
    assert event == {
        "type": "error",
        "sequence_number": 0,
        "code": "server_error",
        "message": "upstream timed out",
        "param": None,
        "error": {
            "type": "server_error",
            "code": "server_error",
            "message": "upstream timed out",
            "param": None,
        },
    }


@both
async def test_what_is_dropped_is_told(
    upstream: Upstream, client: AsyncOpenAI, stream: bool
) -> None:
    upstream.always(chat(["Hi"]))

    answer = await raw(
        client,
        stream=stream,
        metadata={"a": "b"},
        tools=[TOOL, {"type": "web_search"}],
        max_tool_calls=1,
    )

    assert answer.headers["x-llamaport-dropped"] == "metadata, max_tool_calls, tools.web_search"
    assert [tool["function"]["name"] for tool in upstream.exchanges[0].request.json()["tools"]] == [
        "get_weather"
    ]


async def test_what_the_upstream_cannot_be_told_has_the_clients_own_names(
    upstream: Upstream,
) -> None:
    upstream.always(ollama_answers.chat(["Hi"]))
    history = [
        {"role": "user", "content": "a"},
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "s"}]},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": "b"},
    ]

    async with asking(OLLAMA.settings(upstream)) as client:
        ollama = await raw(client, text={"verbosity": "low"}, service_tier="flex", input=history)
    upstream.always(chat(["Hi"]))
    async with asking(backend(upstream.base_url, 'profile = "groq"')) as client:
        groq = await raw(client, top_logprobs=2, top_k=3, input=history)

    assert set(ollama.headers["x-llamaport-dropped"].split(", ")) == {
        *("text.verbosity", "service_tier"),
    }
    assert set(groq.headers["x-llamaport-dropped"].split(", ")) == {
        *("top_logprobs", "top_k", "input.reasoning"),
    }


class Strict(Provider):
    """The rule of an operator who wants nothing dropped."""

    @provide(scope=Scope.APP, override=True)
    def translation(self) -> Translation:
        return Translation(strict=True)


@both
async def test_a_strict_operator_has_it_refused_instead(upstream: Upstream, stream: bool) -> None:
    async with asking(backend(upstream.base_url), Strict()) as client:
        answer = await raw(client, stream=stream, metadata={"a": "b"})

    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "metadata"
    assert upstream.exchanges == []


async def test_a_function_of_a_namespace_comes_back_to_its_namespace(
    upstream: Upstream, client: AsyncOpenAI
) -> None:
    upstream.always(chat(tool_calls=[Call("mcp__node__js", ("{}",))]))
    functions = [{"type": "function", "name": "js", "parameters": {"type": "object"}}]

    answer = await raw(
        client,
        tools=[{"type": "namespace", "name": "mcp__node", "description": "", "tools": functions}],
    )

    (sent,) = upstream.exchanges[0].request.json()["tools"]
    assert sent["function"]["name"] == "mcp__node__js"
    (call,) = answer.json()["output"]
    assert (call["namespace"], call["name"]) == ("mcp__node", "js")


@both
async def test_a_chosen_tool_is_told_to_the_upstream(
    upstream: Upstream, client: AsyncOpenAI, stream: bool
) -> None:
    calling(VLLM, upstream)

    response = await answered(
        client,
        stream=stream,
        tools=[TOOL],
        tool_choice={"type": "function", "name": "get_weather"},
        parallel_tool_calls=False,
    )

    sent = upstream.exchanges[0].request.json()
    assert sent["tool_choice"] == {"type": "function", "function": {"name": "get_weather"}}
    assert sent["parallel_tool_calls"] is False
    assert response.parallel_tool_calls is False


@pytest.mark.parametrize(
    ("script", "stream", "until_read"),
    [
        pytest.param(Reply(head=b"", steps=[Stall()], framing="none"), True, b"", id="nothing yet"),
        pytest.param(sse(BEGUN, Stall()), True, b"text.delta", id="in mid-stream"),
        pytest.param(Reply(head=b"", steps=[Stall()], framing="none"), False, b"", id="plain"),
    ],
)
async def test_hanging_up_closes_the_upstream(
    upstream: Upstream, script: Reply, stream: bool, until_read: bytes
) -> None:
    upstream.always(script)

    async with serving(backend(upstream.base_url, EXTRA)) as served:
        host, _, port = served.url.removeprefix("http://").partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        body = json.dumps({"model": "m", "input": "hi", "stream": stream}).encode()
        writer.write(
            b"POST /v1/responses HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
        )
        await upstream.exchange()
        if until_read:
            await reader.readuntil(until_read)
        writer.close()
        await writer.wait_closed()

        await upstream.closed_early()
