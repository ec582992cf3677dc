"""`/v1/chat/completions`, served over each kind of backend."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.integration.kinds import KINDS, OFFLINE, OLLAMA, Kind
from tests.integration.served import Served, serving
from tests.upstream import ollama_answers
from tests.upstream.answers import Call, chat
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
async def test_trap_10_tokens_are_streamed_to_who_asked_for_them(
    upstream: Upstream, kind: Kind
) -> None:
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
