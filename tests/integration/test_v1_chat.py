"""`/v1/chat/completions`, served over each kind of backend."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import httpx
import pytest
from dishka import Provider, Scope, provide

from domain.translation import Translation
from tests.integration.kinds import KINDS, OFFLINE, OLLAMA, OPENAI_COMPATIBLE, OPENROUTER, Kind
from tests.integration.served import Served, serving
from tests.upstream import ollama_answers
from tests.upstream.answers import Call, chat, error
from tests.upstream.script import Script
from tests.upstream.server import Upstream

each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
each_upstream = pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if kind is not OFFLINE], ids=lambda kind: kind.name
)

TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}
USAGE = {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15}
HEAD = ["id", "object", "created", "model", "system_fingerprint", "choices"]


def saying(kind: Kind, *words: str, thinking: tuple[str, ...] = ()) -> Script:
    if kind is OLLAMA:
        return ollama_answers.chat(words, thinking=thinking)
    return chat(words, reasoning=thinking)


def calling(kind: Kind) -> Script:
    if kind is OLLAMA:
        made = ollama_answers.call("get_weather", {"city": "Oslo"}, id="call_1")
        return ollama_answers.chat(["Look:"], tool_calls=[made])
    return chat(["Look:"], tool_calls=[Call("get_weather", ('{"city"', ':"Oslo"}'))])


async def ask(served: Served, **body: Any) -> httpx.Response:
    asked = {"model": "m", "messages": [{"role": "user", "content": "hi"}]} | body
    return await served.client.post("/v1/chat/completions", json=asked)


def events(answer: httpx.Response) -> list[Any]:
    """Read the events; the last must be the end mark, which is left out."""
    datas = [event.removeprefix("data: ") for event in answer.text.split("\n\n")]
    assert datas[-2:] == ["[DONE]", ""]
    return [json.loads(data) for data in datas[:-2]]


def deltas(chunks: list[Any]) -> list[Any]:
    return [chunk["choices"][0]["delta"] for chunk in chunks if chunk["choices"]]


@each_kind
async def test_a_whole_answer(upstream: Upstream, kind: Kind) -> None:
    upstream.always(saying(kind, "Hel", "lo"))
    async with serving(kind.settings(upstream)) as served:
        answer = await ask(served, model=kind.chat)

    said = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert list(said) == [*HEAD, "usage"]
    assert said["id"].startswith("chatcmpl-")
    assert (said["object"], said["model"]) == ("chat.completion", kind.chat)
    (choice,) = said["choices"]
    assert (choice["index"], choice["message"]["role"], choice["finish_reason"]) == (
        *(0, "assistant"),
        "stop",
    )
    assert said["usage"]["total_tokens"] == (
        said["usage"]["prompt_tokens"] + said["usage"]["completion_tokens"]
    )
    if kind is not OFFLINE:
        assert choice["message"]["content"] == "Hello"
        assert said["usage"] == USAGE
    assert answer.content.endswith(b"}\n")


@each_kind
async def test_a_stream(upstream: Upstream, kind: Kind) -> None:
    upstream.always(saying(kind, "Hel", "lo"))
    async with serving(kind.settings(upstream)) as served:
        answer = await ask(served, model=kind.chat, stream=True)
        whole = (await ask(served, model=kind.chat)).json()

    chunks = events(answer)
    assert answer.headers["content-type"] == "text/event-stream"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["x-accel-buffering"] == "no"
    assert all(list(chunk) == HEAD for chunk in chunks)
    assert len({(it["id"], it["created"], it["model"], it["object"]) for it in chunks}) == 1
    assert (chunks[0]["model"], chunks[0]["object"]) == (kind.chat, "chat.completion.chunk")
    assert [delta.get("role") for delta in deltas(chunks)] == (
        ["assistant"] + [None] * (len(chunks) - 1)
    )
    text = "".join(delta.get("content", "") for delta in deltas(chunks))
    assert text == whole["choices"][0]["message"]["content"]
    assert [it["choices"][0]["finish_reason"] for it in chunks] == (
        [None] * (len(chunks) - 1) + ["stop"]
    )
    assert deltas(chunks)[-1] == {}


@each_kind
async def test_tokens_are_streamed_to_who_asked_for_them(upstream: Upstream, kind: Kind) -> None:
    upstream.always(saying(kind, "Hello"))
    wanted = {"stream": True, "stream_options": {"include_usage": True}}
    async with serving(kind.settings(upstream)) as served:
        *chunks, last = events(await ask(served, model=kind.chat, **wanted))
        unasked = events(await ask(served, model=kind.chat, stream=True))

    assert list(last) == [*HEAD, "usage"]
    assert last["choices"] == []
    assert all("usage" not in chunk for chunk in (*chunks, *unasked))
    if kind is not OFFLINE:
        assert last["usage"] == USAGE
    for exchange in upstream.exchanges:
        if kind is not OLLAMA:
            assert exchange.request.json()["stream_options"] == {"include_usage": True}


@each_upstream
@pytest.mark.parametrize("stream", [True, False])
async def test_thinking_comes_before_the_answer(
    upstream: Upstream, kind: Kind, stream: bool
) -> None:
    upstream.always(saying(kind, "Hello", thinking=("let me", " think")))
    async with serving(kind.settings(upstream)) as served:
        answer = await ask(served, stream=stream)
        hidden = await ask(served, stream=stream, reasoning={"exclude": True})

    if stream:
        first, *_ = said = deltas(events(answer))
        assert first == {"role": "assistant", "content": "", "reasoning": first["reasoning"]}
        assert "".join(delta.get("reasoning", "") for delta in said) == "let me think"
        assert "".join(delta.get("content", "") for delta in said) == "Hello"
        assert not any(delta.get("reasoning") and delta.get("content") for delta in said)
    else:
        message = answer.json()["choices"][0]["message"]
        assert message == {"role": "assistant", "content": "Hello", "reasoning": "let me think"}
    assert b"let me" not in hidden.content
    assert b"Hello" in hidden.content


@each_upstream
@pytest.mark.parametrize("stream", [True, False])
async def test_calls_are_whole(upstream: Upstream, kind: Kind, stream: bool) -> None:
    upstream.tags = (ollama_answers.tag("m:latest", capabilities=["completion", "tools"]),)
    upstream.always(calling(kind))
    async with serving(kind.settings(upstream)) as served:
        answer = await ask(served, stream=stream, tools=[TOOL])

    function = {"name": "get_weather", "arguments": '{"city":"Oslo"}'}
    call = {"id": "call_1", "index": 0, "type": "function", "function": function}
    if stream:
        *_, made, _ = deltas(events(answer))
        assert made == {"content": "", "tool_calls": [call]}
        assert events(answer)[-1]["choices"][0]["finish_reason"] == "tool_calls"
    else:
        (choice,) = answer.json()["choices"]
        assert choice["message"]["content"] == "Look:"
        assert choice["message"]["tool_calls"] == [call]
        assert choice["finish_reason"] == "tool_calls"


PNG = b64encode(b"\x89PNG\r\n\x1a\n rest").decode()
HISTORY = [
    {"role": "developer", "content": "Be brief."},
    {
        "role": "user",
        "content": [
            {"type": "text", "text": "look"},
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
        ],
    },
    {
        "role": "assistant",
        "content": None,
        "reasoning": "hm",
        "tool_calls": [
            {
                "id": "call_1",
                "type": "function",
                "function": {"name": "get_weather", "arguments": '{"city": "Oslo"}'},
            }
        ],
    },
    {"role": "tool", "tool_call_id": "call_1", "content": [{"type": "text", "text": "22"}]},
]
ABLE = ollama_answers.tag(
    "m:latest", capabilities=["completion", "tools", "vision", "audio", "thinking"]
)


async def test_a_conversation_reaches_an_ollama_server_in_its_own_words(
    upstream: Upstream,
) -> None:
    upstream.tags = (ABLE,)
    upstream.always(saying(OLLAMA, "Hi"))
    async with serving(OLLAMA.settings(upstream)) as served:
        answer = await ask(
            served,
            messages=HISTORY,
            tools=[TOOL],
            max_completion_tokens=9,
            temperature=0,
            num_ctx=4096,
            keep_alive="10m",
            reasoning_effort="high",
            response_format={"type": "json_schema", "json_schema": {"name": "n", "schema": {}}},
        )

    sent = upstream.exchanges[0].request
    assert answer.status_code == 200
    assert sent.path == "/api/chat"
    assert sent.json() == {
        "model": "m:latest",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "look", "images": [PNG]},
            {
                "role": "assistant",
                "content": "",
                "thinking": "hm",
                "tool_calls": [
                    {
                        "id": "call_1",
                        "function": {
                            "index": 0,
                            "name": "get_weather",
                            "arguments": {"city": "Oslo"},
                        },
                    }
                ],
            },
            {
                "role": "tool",
                "content": "22",
                "tool_name": "get_weather",
                "tool_call_id": "call_1",
            },
        ],
        "stream": False,
        "tools": [TOOL],
        "format": {},
        "options": {"temperature": 0.0, "num_predict": 9, "num_ctx": 4096},
        "think": "high",
        "keep_alive": "10m",
    }


@pytest.mark.parametrize("kind", [OPENAI_COMPATIBLE, OPENROUTER], ids=lambda kind: kind.name)
async def test_a_conversation_reaches_a_server_of_its_own_dialect(
    upstream: Upstream, kind: Kind
) -> None:
    upstream.always(saying(kind, "Hi"))
    async with serving(kind.settings(upstream)) as served:
        await ask(served, messages=HISTORY, tools=[TOOL], tool_choice="required", seed=7)

    sent = upstream.exchanges[0].request.json()
    system, user, turn, result = sent["messages"]
    assert system == {"role": "system", "content": "Be brief."}
    assert user["content"] == HISTORY[1]["content"]
    assert turn["tool_calls"] == HISTORY[2]["tool_calls"]  # type: ignore[index] - a table
    assert (result["tool_call_id"], result["content"]) == ("call_1", "22")
    assert sent["tools"] == [TOOL]
    assert (sent["tool_choice"], sent["seed"], sent["stream"]) == ("required", 7, False)


@pytest.mark.parametrize("asked", ["M", "m:latest", "fast", "up/m"])
@pytest.mark.parametrize("stream", [True, False])
async def test_the_model_is_called_as_the_client_called_it(
    upstream: Upstream, asked: str, stream: bool
) -> None:
    upstream.always(saying(OPENAI_COMPATIBLE, "Hi"))
    alias = '[aliases]\n"fast" = "up/m"\n'
    async with serving(OPENAI_COMPATIBLE.settings(upstream) + alias) as served:
        answer = await ask(served, model=asked, stream=stream)

    said = events(answer)[0] if stream else answer.json()
    assert said["model"] == asked
    assert upstream.exchanges[0].request.json()["model"] == "m"


@each_kind
@pytest.mark.parametrize("stream", [True, False])
async def test_what_is_dropped_is_told_in_a_header(
    upstream: Upstream, kind: Kind, stream: bool
) -> None:
    upstream.always(saying(kind, "Hi"))
    async with serving(kind.settings(upstream)) as served:
        lossy = {"think": True, "stop": ["a", 5], "store": False}
        told = await ask(served, model=kind.chat, stream=stream, **lossy)
        nothing = await ask(served, model=kind.chat, stream=stream, store=False)

    assert told.status_code == 200
    assert told.headers["x-llamaport-dropped"] == "stop, think"
    assert "x-llamaport-dropped" not in nothing.headers


class Strict(Provider):
    """Nothing may be dropped."""

    scope = Scope.APP

    @provide(override=True)
    def translation(self) -> Translation:
        return Translation(strict=True)


@each_kind
@pytest.mark.parametrize("stream", [True, False])
async def test_where_nothing_may_be_dropped_it_is_refused(
    upstream: Upstream, kind: Kind, stream: bool
) -> None:
    async with serving(kind.settings(upstream), Strict()) as served:
        answer = await ask(served, model=kind.chat, stream=stream, think=True, stop=5)

    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "stop"
    assert "stop, think" in answer.json()["error"]["message"]
    assert upstream.exchanges == []


@each_kind
async def test_a_model_that_answered_is_listed_as_running(upstream: Upstream, kind: Kind) -> None:
    upstream.always(saying(kind, "Hi"))
    async with serving(kind.settings(upstream)) as served:
        await ask(served, model=kind.chat)
        running = (await served.client.get("/api/ps")).json()["models"]

    # An Ollama server tells itself what it has loaded.
    assert [it["name"] for it in running] == ([] if kind is OLLAMA else [f"{kind.chat}:latest"])


REFUSALS = [
    ({"model": "nope"}, (404, "model_not_found", None)),
    ({"messages": []}, (400, None, "messages")),
    ({"n": 2}, (400, None, "n")),
    ({"messages": [{"role": "user", "content": [{}]}]}, (400, None, "messages[0].content[0]")),
    ({"tool_choice": "required"}, (400, None, None)),
]


@pytest.mark.parametrize("stream", [True, False])
async def test_a_refusal_has_a_status_and_openais_error_object(
    upstream: Upstream, stream: bool
) -> None:
    async with serving(OPENAI_COMPATIBLE.settings(upstream)) as served:
        answers = [await ask(served, stream=stream, **members) for members, _ in REFUSALS]

    for answer, (_, told) in zip(answers, REFUSALS, strict=True):
        said = answer.json()["error"]
        assert list(said) == ["message", "type", "param", "code"]
        assert (answer.status_code, said["code"], said["param"]) == told
    assert upstream.exchanges == []


@each_upstream
@pytest.mark.parametrize("stream", [True, False])
async def test_an_upstreams_refusal_keeps_its_status(
    upstream: Upstream, kind: Kind, stream: bool
) -> None:
    refused = ollama_answers.error if kind is OLLAMA else error
    upstream.always(refused(429, "slow down"))
    async with serving(kind.settings(upstream)) as served:
        answer = await ask(served, stream=stream)

    assert answer.status_code == 429
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["error"] == {
        "message": "slow down",
        "type": "rate_limit_error",
        "param": None,
        "code": "rate_limit_exceeded",
    }


BY_ADDRESS = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
AT_OPENAI = {"type": "file", "file": {"file_id": "f-1"}}
OF_A_SERVER = {"type": "video_url", "video_url": {"url": "https://example.org/v"}}


def asking_with(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [{"type": "text", "text": "see"}, *parts]}]}


async def test_nothing_is_fetched_and_parts_by_address_go_to_who_reads_them(
    upstream: Upstream,
) -> None:
    upstream.always(saying(OPENAI_COMPATIBLE, "Hi"))
    body = asking_with(BY_ADDRESS, AT_OPENAI, OF_A_SERVER)
    async with serving(OPENAI_COMPATIBLE.settings(upstream)) as served:
        answer = await ask(served, **body)

    assert answer.status_code == 200
    assert upstream.exchanges[0].request.json()["messages"] == body["messages"]


@pytest.mark.parametrize("part", [BY_ADDRESS, AT_OPENAI, OF_A_SERVER])
async def test_parts_that_an_ollama_server_cannot_read_are_refused(
    upstream: Upstream, part: dict[str, Any]
) -> None:
    upstream.tags = (ABLE,)
    async with serving(OLLAMA.settings(upstream)) as served:
        answer = await ask(served, **asking_with(part))

    assert answer.status_code == 400
    assert "not " in answer.json()["error"]["message"]
    assert upstream.exchanges == []
