"""An OpenAI client before a server that speaks its dialect: bytes pass, but for the name."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.integration.served import Served, serving
from tests.upstream.answers import (
    DONE,
    HTML,
    JSON,
    SSE,
    chat,
    chat_events,
    completion_events,
    error,
    error_event,
    plain_chat,
    sse,
)
from tests.upstream.script import Abort, Close, Pause, Reply, Send, Stall, Step, bytewise
from tests.upstream.server import Upstream
from tests.upstream.wire import Received

CONFIG = """
[[backends]]
name = "up"
kind = "{kind}"
base_url = "{url}"
api_key = "hunter2hunter2"
{more}

[aliases]
mine = "up/m"
[aliases.brief]
targets = ["up/m"]
system = "Be brief."
"""

CHAT = "/v1/chat/completions"
BODY = (
    b'{"model":"m", "messages":[{"role":"user","content":"caf\\u00e9","odd":[1.50]}],\n'
    b'"max_tokens":16,"future":{"b":1,"a":1e3}}'
)
STREAMED = BODY[:-1] + b',"stream":true}'
ASKING = STREAMED[:-1] + b',"stream_options":{"include_usage":true}}'
ANSWER = (
    b'{"id": "c", "model":"m","choices":[{"index":0,"message":{"content":"x","odd":1.50},'
    b'"finish_reason":"stop"}],"future":{"b":1,"a":1e3}}'
)
EVENTS = chat_events(["Hel", "lo"])
STREAM = b"".join(EVENTS)
UNCOUNTED = b"".join(it for it in EVENTS if b'"usage"' not in it)


KINDS = ("openai-compatible", "openrouter")


@pytest_asyncio.fixture
async def served(upstream: Upstream, request: pytest.FixtureRequest) -> AsyncIterator[Served]:
    kind = getattr(request, "param", KINDS[0])
    async with serving(CONFIG.format(kind=kind, url=upstream.base_url, more="")) as served:
        await served.client.get("/v1/models")
        yield served


def named(body: bytes, name: str) -> bytes:
    return body.replace(b'"model":"m"', b'"model":"%s"' % name.encode())


@pytest.mark.parametrize("served", KINDS, indirect=True)
async def test_a_body_and_its_answer_pass_byte_for_byte(upstream: Upstream, served: Served) -> None:
    upstream.reply(Reply(body=ANSWER))

    got = await served.client.post(CHAT, content=BODY)

    seen = upstream.requests[-1]
    assert (seen.path, seen.body) == (CHAT, BODY)
    assert got.content == ANSWER
    assert got.headers["content-type"] == "application/json"
    assert "x-llamaport-dropped" not in got.headers


@pytest.mark.parametrize("served", KINDS, indirect=True)
async def test_another_name_is_put_right_both_ways_and_nothing_else(
    upstream: Upstream, served: Served
) -> None:
    upstream.reply(Reply(body=ANSWER))
    upstream.reply(sse(EVENTS))

    whole = await served.client.post(CHAT, content=named(BODY, "mine"))
    assert upstream.requests[-1].body == BODY
    assert whole.content == named(ANSWER, "mine")

    streamed = await served.client.post(CHAT, content=named(ASKING, "mine"))
    assert upstream.requests[-1].body == ASKING
    assert streamed.content == named(STREAM, "mine")


async def test_the_name_that_comes_back_is_the_one_that_was_asked_for(
    upstream: Upstream, served: Served
) -> None:
    dated = named(STREAM, "m-2026-01-01")
    upstream.reply(Reply(headers=SSE, steps=[Send(dated)]))

    got = await served.client.post(CHAT, content=ASKING)

    assert got.content == STREAM


@pytest.mark.parametrize("served", KINDS, indirect=True)
@pytest.mark.parametrize("steps", [[Send(STREAM)], bytewise(STREAM)], ids=["at once", "bytewise"])
async def test_tokens_are_always_asked_for_and_kept_from_who_did_not_ask(
    upstream: Upstream, served: Served, steps: list[Step]
) -> None:
    upstream.always(Reply(headers=SSE, steps=steps))

    got = await served.client.post(CHAT, content=STREAMED)

    assert upstream.requests[-1].body == ASKING
    assert got.headers["content-type"] == "text/event-stream"
    assert got.content == UNCOUNTED


async def test_a_server_that_does_not_know_how_to_count_is_asked_again_without(
    upstream: Upstream, served: Served
) -> None:
    upstream.reply(error(400, "Extra inputs are not permitted: stream_options"))
    upstream.reply(sse(EVENTS))

    got = await served.client.post(CHAT, content=STREAMED)

    assert [it.body for it in upstream.requests[-2:]] == [ASKING, STREAMED]
    assert got.content == UNCOUNTED


async def test_who_asks_for_counts_himself_is_told_that_there_are_none(
    upstream: Upstream, served: Served
) -> None:
    upstream.reply(error(400, "Extra inputs are not permitted: stream_options"))

    got = await served.client.post(CHAT, content=ASKING)

    assert got.status_code == 400
    assert "stream_options" in got.json()["error"]["message"]


async def test_completions_pass_too(upstream: Upstream, served: Served) -> None:
    events = completion_events(["Hel", "lo"])
    body = b'{"model":"mine","prompt":"x","echo":true,"stream":true}'
    upstream.always(sse(events))

    got = await served.client.post("/v1/completions", content=body)

    assert upstream.requests[-1].path == "/v1/completions"
    assert upstream.requests[-1].json()["echo"] is True
    assert got.content == b"".join(named(it, "mine") for it in events if b'"usage"' not in it)


@pytest.mark.parametrize("stream", [False, True])
async def test_a_server_that_only_chats_is_asked_in_a_chat(
    upstream: Upstream, served: Served, stream: bool
) -> None:
    def only_chat(request: Received) -> Reply:
        return error(404, "Not Found") if "messages" not in request.json() else said(request)

    said = chat(["Hi"])
    upstream.always(only_chat)
    body = {"model": "m", "prompt": "x", "stream": stream}

    for _ in range(2):
        got = await served.client.post("/v1/completions", json=body)
        assert got.status_code == 200
        assert "Hi" in got.text

    asked = [it.request.path for it in upstream.exchanges]
    assert asked[-1] == CHAT
    assert asked.count("/v1/completions") == 2  # once by the relay, once by the translator


@pytest.mark.parametrize("served", KINDS, indirect=True)
async def test_vectors_pass_with_their_numbers_as_spelled(
    upstream: Upstream, served: Served
) -> None:
    answer = b'{"object":"list","data":[{"embedding":[0.10,-1e-3],"index":0}],"model":"m"}'
    body = b'{"model":"m","input":[[1,2]],"encoding_format":"float","odd":1.50}'
    upstream.reply(Reply(body=answer))

    got = await served.client.post("/v1/embeddings", content=named(body, "mine"))

    assert upstream.requests[-1].body == body
    assert got.content == named(answer, "mine")


async def test_an_alias_that_puts_something_in_is_translated(
    upstream: Upstream, served: Served
) -> None:
    upstream.reply(plain_chat("Hi"))

    got = await served.client.post(CHAT, content=named(BODY, "brief"))

    sent = upstream.requests[-1].json()
    assert [it["role"] for it in sent["messages"]] == ["system", "user"]
    assert got.json()["model"] == "brief"
    assert got.json()["id"].startswith("chatcmpl-")


DOUBTFUL = {
    "a stream that is neither": BODY[:-1] + b',"stream":1}',
    "a second spelling": BODY[:-1] + b',"MODEL":"secret"}',
    "something behind": BODY + b" {}",
    "no JSON": BODY[:-1],
    "nothing": b"",
}


@pytest.mark.parametrize("body", DOUBTFUL.values(), ids=DOUBTFUL)
async def test_what_leaves_a_doubt_is_not_passed_on(
    upstream: Upstream, served: Served, body: bytes
) -> None:
    upstream.always(plain_chat("Hi"))

    await served.client.post(CHAT, content=body)

    assert body not in [it.request.body for it in upstream.exchanges]
    assert not any(b"secret" in it.request.body for it in upstream.exchanges)


async def test_an_unknown_model_is_told_as_ever(upstream: Upstream, served: Served) -> None:
    got = await served.client.post(CHAT, content=named(BODY, "nope"))

    assert got.status_code == 404
    assert got.json()["error"]["code"] == "model_not_found"
    assert not upstream.exchanges


async def test_a_model_that_went_away_has_the_name_that_was_asked_for(
    upstream: Upstream, served: Served
) -> None:
    upstream.always(error(404, "The model `m` does not exist", code="model_not_found"))

    for body in (BODY, STREAMED):
        got = await served.client.post(CHAT, content=named(body, "mine"))

        assert got.status_code == 404
        assert got.json()["error"]["message"] == "model 'mine' not found"


@pytest.mark.parametrize("body", [BODY, STREAMED])
async def test_a_refusal_goes_through_the_table_of_errors_and_tells_no_key(
    upstream: Upstream, served: Served, body: bytes
) -> None:
    upstream.reply(error(429, "slow down, hunter2hunter2", Retry_After="7"))

    got = await served.client.post(CHAT, content=body)

    assert got.status_code == 429
    assert got.headers["retry-after"] == "7"
    assert got.json()["error"]["message"] == "slow down, ***"
    assert got.json()["error"]["code"] == "rate_limit_exceeded"


NO_ANSWERS = {
    "a page": Reply(headers=(("Content-Type", "text/html"),), body=HTML),
    "nothing": Reply(body=b""),
    "another object": Reply(body=b'{"hello":"world"}'),
    "an error": Reply(body=b'{"error":{"message":"no","code":502}}'),
    "half an answer": Reply(
        steps=[Send(ANSWER[:50]), Close()], framing="length", content_length=999
    ),
    "nothing but the end": sse([DONE]),
    "an error event": sse([error_event("no"), DONE]),
    "a comment and an error": sse([b": hi\n\n", error_event("no")]),
    "no end of the first event": sse([EVENTS[0][:40]]),
    "a connection that breaks": sse([], Abort()),
}


@pytest.mark.parametrize("reply", NO_ANSWERS.values(), ids=NO_ANSWERS)
@pytest.mark.parametrize("body", [BODY, STREAMED], ids=["whole", "streamed"])
async def test_what_is_no_answer_has_a_status_that_says_so(
    upstream: Upstream, served: Served, reply: Reply, body: bytes
) -> None:
    upstream.always(reply)

    got = await served.client.post(CHAT, content=body)

    assert got.status_code == 502
    assert list(got.json()) == ["error"]
    assert got.json()["error"]["type"] == "server_error"


FAULTS: dict[str, list[Step]] = {
    "a cut": [Close()],
    "a torn connection": [Abort()],
    "an end": [],
    "an error": [Send(error_event("at 10.0.0.1:80, hunter2hunter2")), Send(DONE)],
    "a page": [Send(b"<html>\n\n"), Close()],
    "garbage": [Send(b"data: {oops\n\n"), Send(DONE)],
    "half an event": [Send(b'data: {"choices":[{"delta":'), Close()],
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("at", range(1, len(EVENTS) - 2))
async def test_trap_12_a_stream_that_breaks_ends_in_an_error(
    upstream: Upstream, served: Served, at: int, fault: list[Step]
) -> None:
    upstream.always(sse(EVENTS[:at], *fault))

    got = await served.client.post(CHAT, content=ASKING)

    assert got.content.startswith(b"".join(EVENTS[:at]))
    last = got.content.removeprefix(b"".join(EVENTS[:at]))
    said = json.loads(last.removeprefix(b"data: "))["error"]
    assert list(said) == ["message", "type", "param", "code"]
    assert "10.0.0.1" not in said["message"]
    assert "hunter2" not in said["message"]
    assert b"[DONE]" not in got.content


async def test_a_stream_that_stalls_ends_in_an_error(upstream: Upstream) -> None:
    upstream.always(sse(EVENTS[:2], Stall()))
    config = CONFIG.format(
        kind="openai-compatible", url=upstream.base_url, more='timeout = { idle = "50ms" }'
    )
    async with serving(config) as served:
        got = await served.client.post(CHAT, content=STREAMED)

    assert got.content.startswith(b"".join(EVENTS[:2]))
    assert json.loads(got.content.split(b"data: ")[-1])["error"]["code"] == "timeout"


async def test_an_end_without_a_mark_gets_one(upstream: Upstream, served: Served) -> None:
    upstream.always(sse(EVENTS[:-1]))

    got = await served.client.post(CHAT, content=ASKING)

    assert got.content == STREAM


async def test_events_arrive_while_the_upstream_still_speaks(
    upstream: Upstream, served: Served
) -> None:
    go = asyncio.Event()
    upstream.reply(Reply(headers=SSE, steps=[Send(EVENTS[0]), Pause(go), Send(STREAM)]))

    async with served.client.stream("POST", CHAT, content=ASKING) as answer:
        pieces = answer.aiter_bytes()
        assert await anext(pieces) == EVENTS[0]
        go.set()
        assert b"".join([piece async for piece in pieces]) == STREAM


async def test_a_client_that_leaves_closes_the_upstream(upstream: Upstream, served: Served) -> None:
    upstream.reply(Reply(headers=SSE, steps=[Send(EVENTS[0]), Stall()]))

    async with served.client.stream("POST", CHAT, content=STREAMED) as answer:
        await anext(answer.aiter_bytes())
    await upstream.closed_early()


@pytest.mark.parametrize("steps", [[Stall()], [Send(b": hi\n\n"), Stall()]])
async def test_a_client_that_leaves_before_the_first_event_closes_the_upstream(
    upstream: Upstream, served: Served, steps: list[Step]
) -> None:
    upstream.reply(Reply(headers=SSE, steps=steps))

    with pytest.raises(httpx.ReadTimeout):
        await served.client.post(CHAT, content=STREAMED, timeout=0.3)
    await upstream.closed_early()


async def test_an_answer_that_is_complete_is_not_waited_behind(
    upstream: Upstream, served: Served
) -> None:
    upstream.always(sse(EVENTS, Stall()))

    assert (await served.client.post(CHAT, content=ASKING)).content == STREAM


async def test_an_answer_in_one_piece_becomes_the_stream_that_was_asked_for(
    upstream: Upstream, served: Served
) -> None:
    upstream.always(Reply(headers=JSON, body=ANSWER))

    got = await served.client.post(CHAT, content=named(STREAMED, "mine"))

    said, end, _ = got.text.split("\n\n")
    assert end == "data: [DONE]"
    chunk = json.loads(said.removeprefix("data: "))
    assert (chunk["model"], chunk["object"]) == ("mine", "chat.completion.chunk")
    assert chunk["choices"][0]["delta"] == {"content": "x", "odd": 1.5}


async def test_comments_go_out_while_a_client_waits(upstream: Upstream) -> None:
    go = asyncio.Event()
    upstream.reply(Reply(headers=SSE, steps=[Pause(go), Send(STREAM)]))
    config = CONFIG.format(kind="openai-compatible", url=upstream.base_url, more="")
    async with (
        serving(config + '[server]\nkeepalive = "20ms"\n') as served,
        served.client.stream("POST", CHAT, content=ASKING) as answer,
    ):
        pieces = answer.aiter_bytes()
        assert (await anext(pieces)).startswith(b":")
        go.set()
        rest = b"".join([piece async for piece in pieces])

    assert rest.endswith(STREAM)


KEYS = '[[keys]]\nname = "a"\nkey = "k1"\nmodels = ["m"]\n[[keys]]\nname = "b"\nkey = "k2"\n'
OTHERS: list[dict[str, Any]] = [
    {"models": ["x"]},
    {"fallbacks": ["x"]},
    {"preset": "x"},
    {"plugins": [{"id": "fusion", "model": "x"}]},
    {"extra_body": {"model": "x"}},
    {"tools": [{"type": "openrouter:image_generation", "parameters": {"model": "x"}}]},
]


@pytest.mark.parametrize("others", OTHERS, ids=str)
async def test_a_key_for_some_models_reaches_no_others_behind_the_upstream(
    upstream: Upstream, others: dict[str, Any]
) -> None:
    upstream.always(plain_chat("Hi"))
    body = json.loads(BODY) | others
    config = CONFIG.format(kind="openrouter", url=upstream.base_url, more="")
    async with serving(config + KEYS) as served:
        for key in ("k1", "k2"):
            got = await served.client.post(CHAT, json=body, headers={"x-api-key": key})
            assert got.status_code == 200
        other = await served.client.post(
            CHAT, content=named(BODY, "x"), headers={"x-api-key": "k1"}
        )

    limited, free = (it.json() for it in upstream.requests if it.path == CHAT)
    assert not limited.keys() & others.keys()
    assert free.items() >= others.items()
    assert other.status_code in {403, 404}


async def test_the_clients_own_headers_stay_here(upstream: Upstream, served: Served) -> None:
    upstream.always(Reply(body=ANSWER))

    await served.client.post(
        CHAT,
        content=BODY,
        headers={"Authorization": "Bearer own", "Cookie": "a=b", "OpenAI-Organization": "org"},
    )

    seen = upstream.requests[-1].headers
    assert seen["authorization"] == "Bearer hunter2hunter2"
    assert not {"cookie", "openai-organization"} & seen.keys()


async def test_what_the_upstream_says_of_itself_stays_there(
    upstream: Upstream, served: Served
) -> None:
    own = (("X-Request-Id", "theirs"), ("OpenAI-Processing-Ms", "7"), ("Set-Cookie", "a=b"))
    upstream.always(Reply(headers=JSON + own, body=ANSWER))

    got = await served.client.post(CHAT, content=BODY)

    assert not {"openai-processing-ms", "set-cookie"} & got.headers.keys()
    assert got.headers.get("x-request-id") != "theirs"


async def test_where_nothing_is_native_everything_is_translated(upstream: Upstream) -> None:
    upstream.always(plain_chat("Hi"))
    config = CONFIG.format(
        kind="openai-compatible", url=upstream.base_url, more='native = ["none"]'
    )
    async with serving(config) as served:
        got = await served.client.post(CHAT, content=BODY)

    assert "future" not in upstream.requests[-1].json()
    assert got.json()["id"] != "chatcmpl-1"
