"""Statements 49 to 70 of the checklist: what chats and completions say, and how."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import httpx
import pytest
from ollama import AsyncClient

from tests.integration.checklist.asking import (
    HI,
    LINES,
    chat,
    generate,
    lines,
    refused,
    texts,
    whole,
)
from tests.integration.served import Served
from tests.upstream.answers import Call, chat_events, plain_chat, sse
from tests.upstream.answers import chat as said
from tests.upstream.script import Pause, Send, Stall
from tests.upstream.server import Upstream

pytestmark = pytest.mark.asyncio(loop_scope="module")

METRICS = [
    "total_duration",
    "load_duration",
    "prompt_eval_count",
    "prompt_eval_duration",
    "eval_count",
    "eval_duration",
]
TOOL = {
    "type": "function",
    "function": {"name": "f", "parameters": {"type": "object", "properties": {}}},
}
LOGPROBS = [
    {
        "token": "Hel",
        "logprob": -0.25,
        "bytes": [72, 101, 108],
        "top_logprobs": [{"token": "Hel", "logprob": -0.25, "bytes": [72, 101, 108]}],
    }
]


async def test_049_a_chat_streams_unless_told_otherwise(served: Served, upstream: Upstream) -> None:
    upstream.always(said(["Hel", "lo"]))

    answer = await chat(served)

    assert (answer.status_code, answer.headers["content-type"]) == (200, LINES)
    assert answer.text.endswith("\n")
    assert len(lines(answer)) >= 2


async def test_050_every_line_of_a_chat_has_its_keys_in_order(
    served: Served, upstream: Upstream
) -> None:
    upstream.always(said(["Hel", "lo"], reasoning=["hm"]))

    for line in lines(await chat(served, model="tools")):
        assert list(line)[:4] == ["model", "created_at", "message", "done"]
        assert list(line["message"])[:2] == ["role", "content"]


async def test_051_only_the_last_line_is_done(served: Served, upstream: Upstream) -> None:
    upstream.always(said(["Hel", "lo"]))

    for ask in (chat, generate):
        *before, last = lines(await ask(served))

        assert [line["done"] for line in before] == [False] * len(before)
        assert not any("done_reason" in line or "total_duration" in line for line in before)
        assert (last["done"], last["done_reason"]) == (True, "stop")
        assert isinstance(last["total_duration"], int)
        assert last["total_duration"] > 0


async def test_052_the_last_line_of_a_chat_has_its_keys_in_order(
    served: Served, upstream: Upstream
) -> None:
    upstream.always(said(["Hel", "lo"], logprobs=LOGPROBS))
    beginning = ["model", "created_at", "message", "done", "done_reason"]

    last = lines(await chat(served, logprobs=True))[-1]
    plain = whole(await chat(served, stream=False, logprobs=True))

    assert [key for key in last if key != "logprobs"] == beginning + METRICS
    assert list(plain) == [*beginning, "logprobs", *METRICS]


async def test_053_the_last_line_of_a_completion_has_its_keys_in_order(
    served: Served, upstream: Upstream
) -> None:
    upstream.always(said(["Hel", "lo"], logprobs=LOGPROBS))
    beginning = ["model", "created_at", "response", "done", "done_reason"]

    last = lines(await generate(served))[-1]
    plain = whole(await generate(served, stream=False, logprobs=True))

    assert list(last) == beginning + METRICS
    assert list(plain) == [*beginning, *METRICS, "logprobs"]


async def test_054_lines_arrive_as_they_are_produced(served: Served, upstream: Upstream) -> None:
    go_on = asyncio.Event()
    first, *rest = chat_events(["Hel", "lo"])
    upstream.always(sse([first, rest[0]], Pause(go_on), *(Send(event) for event in rest[1:])))
    body = {"model": "plain", "messages": HI}

    async with served.client.stream("POST", "/api/chat", json=body) as answer:
        arriving = answer.aiter_lines()
        line = json.loads(await anext(arriving))
        go_on.set()
        after = [json.loads(later) async for later in arriving]

    assert line["message"]["content"] == "Hel"
    assert (texts(after), after[-1]["done"]) == ("lo", True)


async def test_055_without_a_stream_there_is_one_object(served: Served, upstream: Upstream) -> None:
    upstream.always(said(["Hel", "lo"]))

    assert whole(await chat(served, stream=False))["message"]["content"] == "Hello"
    assert whole(await generate(served, stream=False))["response"] == "Hello"


async def test_056_times_are_utc_with_at_most_nine_digits(
    served: Served, upstream: Upstream
) -> None:
    upstream.always(said(["Hel", "lo"]))
    time = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z")

    for line in lines(await chat(served)) + lines(await generate(served)):
        assert time.fullmatch(line["created_at"])


async def test_057_markup_is_escaped(served: Served, upstream: Upstream) -> None:
    upstream.always(said(["<b>&"]))

    for ask in (chat, generate):
        for stream in (True, False):
            answer = await ask(served, stream=stream)

            assert r"\u003cb\u003e\u0026" in answer.text
            assert "<" not in answer.text


async def test_058_odd_line_ends_reach_clients_in_python(
    served: Served, upstream: Upstream
) -> None:
    odd = "a\u2028b\u2029c\u0085d"
    upstream.always(said([odd]))
    async with AsyncClient(host=served.url) as client:
        parts = [part async for part in await client.chat("plain", HI, stream=True)]
        completed = [part async for part in await client.generate("plain", "hi", stream=True)]

    assert "".join(part.message.content or "" for part in parts) == odd
    assert "".join(part.response for part in completed) == odd


async def test_059_ends_are_stop_or_length(served: Served, upstream: Upstream) -> None:
    for finish, reason in (("length", "length"), ("stop", "stop"), ("tool_calls", "stop")):
        upstream.always(said(["Hello"], finish=finish))
        for ask in (chat, generate):
            assert lines(await ask(served))[-1]["done_reason"] == reason
            assert whole(await ask(served, stream=False))["done_reason"] == reason


async def called(served: Served, upstream: Upstream, *calls: Call) -> list[list[dict[str, Any]]]:
    """Return the messages with calls: of a stream, and of an answer in one piece."""
    upstream.always(said(tool_calls=calls))
    asked: dict[str, Any] = {"model": "tools", "tools": [TOOL]}
    streamed = lines(await chat(served, **asked))
    plain = whole(await chat(served, **asked, stream=False))
    return [
        [line["message"] for line in said if "tool_calls" in line["message"]]
        for said in (streamed, [plain])
    ]


async def test_060_a_tool_call_has_its_shape(served: Served, upstream: Upstream) -> None:
    for messages in await called(served, upstream, Call("f", ('{"city":"Paris"}',), "call_a")):
        [message] = messages
        [call] = message["tool_calls"]

        assert message["content"] == ""
        assert list(call) == ["id", "function"]
        assert call["id"]
        assert call["function"] == {"index": 0, "name": "f", "arguments": {"city": "Paris"}}


async def test_061_fragments_become_whole_calls(served: Served, upstream: Upstream) -> None:
    two = (Call("f", ('{"ci', 'ty":"Pa', 'ris"}'), "a"), Call("g", ("{", "}"), "b"))

    for messages in await called(served, upstream, *two):
        calls = [call["function"] for message in messages for call in message["tool_calls"]]

        assert calls == [
            {"index": 0, "name": "f", "arguments": {"city": "Paris"}},
            {"index": 1, "name": "g", "arguments": {}},
        ]


async def test_062_a_model_without_tools_says_so(served: Served, upstream: Upstream) -> None:
    refused(
        await chat(served, tools=[TOOL]),
        400,
        "registry.ollama.ai/library/plain:latest does not support tools",
    )
    assert upstream.exchanges == []


async def test_063_a_model_without_thinking_says_so(served: Served, upstream: Upstream) -> None:
    upstream.always(said(["Hello"]))

    for ask in (chat, generate):
        refused(await ask(served, think=True), 400, '"plain" does not support thinking')
        assert whole(await ask(served, think=False, stream=False))["done"]


async def test_064_thinking_stands_apart_from_the_answer(
    served: Served, upstream: Upstream
) -> None:
    upstream.always(said(["Hel", "lo"], reasoning=["let me", " think"]))

    streamed = lines(await chat(served, model="tools"))
    plain = whole(await chat(served, model="tools", stream=False))["message"]

    assert (texts(streamed), texts(streamed, "thinking")) == ("Hello", "let me think")
    assert (plain["content"], plain["thinking"]) == ("Hello", "let me think")


async def test_065_a_model_that_embeds_neither_chats_nor_completes(served: Served) -> None:
    refused(await chat(served, model="embed"), 400, '"embed" does not support chat')
    refused(await generate(served, model="embed"), 400, '"embed" does not support generate')


async def test_066_a_raw_prompt_has_no_system_text(served: Served) -> None:
    refused(
        await generate(served, raw=True, system="x"),
        400,
        "raw mode does not support template, system, or context",
    )


async def test_067_a_suffix_needs_a_model_that_inserts(served: Served) -> None:
    refused(
        await generate(served, suffix="x"),
        400,
        "registry.ollama.ai/library/plain:latest does not support insert",
    )


async def test_068_log_probabilities_come_with_their_tokens(
    served: Served, upstream: Upstream
) -> None:
    upstream.always(said(["Hel", "lo"], logprobs=LOGPROBS))
    bare = [{key: LOGPROBS[0][key] for key in ("token", "logprob", "bytes")}]

    for ask in (chat, generate):
        for top, expected in ((0, bare), (1, LOGPROBS)):
            asked: dict[str, Any] = {"logprobs": True, "top_logprobs": top}
            streamed = lines(await ask(served, **asked))
            plain = whole(await ask(served, **asked, stream=False))

            assert [it for line in streamed for it in line.get("logprobs", ())] == expected
            assert plain["logprobs"] == expected


async def test_069_a_bare_result_belongs_to_the_pending_call(
    served: Served, upstream: Upstream
) -> None:
    upstream.always(plain_chat("22 degrees"))
    call = {"function": {"name": "f", "arguments": {"city": "Paris"}}}

    await chat(
        served,
        model="tools",
        stream=False,
        messages=[
            *HI,
            {"role": "assistant", "tool_calls": [call]},
            {"role": "tool", "content": "22"},
        ],
    )

    _, asked, result = upstream.exchanges[0].request.json()["messages"]
    assert result["role"] == "tool"
    assert result["tool_call_id"] == asked["tool_calls"][0]["id"] != ""


async def test_070_a_client_that_leaves_ends_the_upstream_request(
    served: Served, upstream: Upstream
) -> None:
    first = chat_events(["Hello"])[:2]
    upstream.always(sse(first, Stall()))

    async with (
        httpx.AsyncClient(base_url=served.url, trust_env=False) as client,
        client.stream("POST", "/api/chat", json={"model": "plain", "messages": HI}) as answer,
    ):
        await anext(answer.aiter_lines())

    assert await upstream.closed_early() > 0
