"""Clients of `/v1/responses` and `/v1/messages` before a server that has these as well."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from msgspec import Struct

from tests.integration.served import Served, backend, serving
from tests.upstream.answers import SSE, chat, error, sse
from tests.upstream.script import Abort, Close, Reply, Send, Stall, Step
from tests.upstream.server import Upstream

LINES = ('native = ["responses", "anthropic"]', 'api_key = "hunter2hunter2"')
ALIAS = '[aliases]\nmine = "up/m"\n'


class Native(Struct, frozen=True):
    """A dialect: its path, a request, and answers whole and in events."""

    path: str
    body: bytes
    answer: bytes
    events: tuple[bytes, ...]
    last: str
    """What the last event of a broken stream is called."""
    headers: dict[str, str] = {}

    @property
    def streamed(self) -> bytes:
        return self.body[:-1] + b',"stream":true}'


def event(kind: str, members: bytes = b"") -> bytes:
    return b'event: %b\ndata: {"type":"%b"%b}\n\n' % (kind.encode(), kind.encode(), members)


RESPONSES = Native(
    path="/v1/responses",
    body=b'{"model":"m", "input":"hi","store":true,"future":{"b":1,"a":1e3}}',
    answer=b'{"id":"r","model":"m","output":[{"type":"message","odd":1.50}],"error":null}',
    events=(
        event("response.created", b',"sequence_number":0,"response":{"model":"m","output":[]}'),
        event("response.output_text.delta", b',"sequence_number":1,"delta":"Hi","odd":1.50'),
        event("response.completed", b',"sequence_number":2,"response":{"model":"m","output":[]}'),
    ),
    last="response.failed",
)
MESSAGES = Native(
    path="/v1/messages",
    body=b'{"model":"m", "max_tokens":9,"messages":[{"role":"user","content":"hi","odd":[1.50]}]}',
    answer=b'{"id":"msg","type":"message","model":"m","content":[{"type":"text","odd":1.50}]}',
    events=(
        event("message_start", b',"message":{"model":"m","content":[]}'),
        event("content_block_delta", b',"index":0,"delta":{"text":"Hi","odd":1.50}'),
        event("message_delta", b',"delta":{"stop_reason":"end_turn"}') + event("message_stop"),
    ),
    last="error",
    headers={"anthropic-version": "2026-10-21", "anthropic-beta": "a,b"},
)

each = pytest.mark.parametrize("native", [RESPONSES, MESSAGES], ids=lambda it: it.path)


@pytest_asyncio.fixture
async def served(upstream: Upstream) -> AsyncIterator[Served]:
    async with serving(backend(upstream.base_url, *LINES) + ALIAS) as served:
        await served.client.get("/v1/models")
        yield served


def mine(text: bytes) -> bytes:
    return text.replace(b'"model":"m"', b'"model":"mine"')


async def post(served: Served, native: Native, body: bytes) -> Any:
    return await served.client.post(native.path, content=body, headers=native.headers)


@each
async def test_bytes_pass_but_for_the_name(
    upstream: Upstream, served: Served, native: Native
) -> None:
    upstream.reply(Reply(body=native.answer))
    upstream.reply(sse(native.events))

    whole = await post(served, native, mine(native.body))
    streamed = await post(served, native, mine(native.streamed))

    assert [it.request.path for it in upstream.exchanges] == [native.path] * 2
    assert [it.request.body for it in upstream.exchanges] == [native.body, native.streamed]
    assert whole.content == mine(native.answer)
    assert streamed.content == mine(b"".join(native.events))
    assert streamed.headers["content-type"] == "text/event-stream"
    assert not [it for it in (whole, streamed) if "x-llamaport-dropped" in it.headers]


async def test_headers_of_the_dialect_and_the_key_arrive_where_they_are_looked_for(
    upstream: Upstream, served: Served
) -> None:
    upstream.always(Reply(body=MESSAGES.answer))

    got = await served.client.post(
        MESSAGES.path,
        content=MESSAGES.body,
        headers=MESSAGES.headers | {"x-api-key": "own", "cookie": "a=b"},
    )

    seen = upstream.requests[-1].headers
    assert seen.items() >= MESSAGES.headers.items()
    assert seen["x-api-key"] == "hunter2hunter2"
    assert seen["authorization"] == "Bearer hunter2hunter2"
    assert "cookie" not in seen
    assert got.headers["request-id"].startswith("req_")


async def test_tokens_are_counted_by_the_server(upstream: Upstream, served: Served) -> None:
    upstream.reply(Reply(body=b'{"input_tokens": 7, "odd":1.50}'))

    got = await served.client.post("/v1/messages/count_tokens", content=mine(MESSAGES.body))

    assert upstream.requests[-1].path == "/v1/messages/count_tokens"
    assert upstream.requests[-1].body == MESSAGES.body
    assert got.content == b'{"input_tokens": 7, "odd":1.50}'
    assert got.headers["x-llamaport-tokens"] == "counted"


@pytest.mark.parametrize("status", [404, 405])
async def test_tokens_that_the_server_does_not_count_are_estimated(
    upstream: Upstream, served: Served, status: int
) -> None:
    upstream.always(error(status, "no such path"))

    for _ in range(3):
        got = await served.client.post("/v1/messages/count_tokens", content=mine(MESSAGES.body))
        assert (got.status_code, got.headers["x-llamaport-tokens"]) == (200, "estimated")

    assert (await served.client.get("/health")).json()["status"] == "healthy"


@each
@pytest.mark.parametrize("stream", [False, True])
async def test_a_refusal_goes_through_the_table_of_errors(
    upstream: Upstream, served: Served, native: Native, stream: bool
) -> None:
    upstream.always(error(429, "slow down, hunter2hunter2", Retry_After="7"))

    got = await post(served, native, native.streamed if stream else native.body)

    assert (got.status_code, got.headers["retry-after"]) == (429, "7")
    assert got.json()["error"]["type"] == "rate_limit_error"
    assert got.json()["error"]["message"] == "slow down, ***"


@each
async def test_an_answer_in_one_piece_becomes_the_events_that_were_asked_for(
    upstream: Upstream, served: Served, native: Native
) -> None:
    upstream.reply(Reply(body=native.answer))

    got = await post(served, native, mine(native.streamed))

    assert got.headers["content-type"] == "text/event-stream"
    first, *_, last = got.text.removesuffix("\n\n").split("\n\n")
    assert first.startswith(native.events[0].partition(b"\n")[0].decode())
    assert last.startswith(
        native.events[-1].rpartition(b"event: ")[2].partition(b"\n")[0].decode(), 7
    )
    assert '"model":"mine"' in first


@each
async def test_an_error_in_one_piece_where_events_were_asked_for_keeps_its_status(
    upstream: Upstream, served: Served, native: Native
) -> None:
    upstream.reply(Reply(body=b'{"error":{"type":"rate_limit_error","code":429,"message":"no"}}'))

    got = await post(served, native, native.streamed)

    assert got.status_code == 429


async def test_a_refusal_upon_which_a_client_asks_again_keeps_its_code(
    upstream: Upstream, served: Served
) -> None:
    told = b'{"type":"error","error":{"type":"invalid_request_error","message":"no thread",%b}}'
    code = b'"details":{"error_code":"thread_unsupported_request"}'
    upstream.always(Reply(status=400, body=told % code))

    got = await post(served, MESSAGES, MESSAGES.body)

    assert got.status_code == 400
    assert got.json()["error"]["details"] == {"error_code": "thread_unsupported_request"}


FAULTS: dict[str, list[Step]] = {
    "a cut": [Close()],
    "a torn connection": [Abort()],
    "an end": [],
    "an error": [Send(event("error", b',"error":{"type":"api_error","message":"at 10.0.0.1:80"}'))],
    "garbage": [Send(b"data: {oops\n\n")],
}


@each
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("at", [1, 2])
async def test_a_stream_that_breaks_ends_in_an_error_of_the_dialect(
    upstream: Upstream, served: Served, native: Native, fault: list[Step], at: int
) -> None:
    upstream.always(sse(native.events[:at], *fault))

    got = await post(served, native, native.streamed)

    before = b"".join(native.events[:at])
    assert got.content.startswith(before)
    name, data = got.text.strip().split("\n")[-2:]
    assert name == f"event: {native.last}"
    assert json.loads(data.removeprefix("data: "))["type"] == native.last
    assert "10.0.0.1" not in got.text


@each
async def test_a_fault_before_the_first_event_has_a_status(
    upstream: Upstream, served: Served, native: Native
) -> None:
    upstream.always(Reply(headers=SSE, steps=[Send(event("ping")), Close()]))

    got = await post(served, native, native.streamed)

    assert got.status_code == 502
    assert "error" in got.json()


@each
async def test_a_client_that_leaves_closes_the_upstream(
    upstream: Upstream, served: Served, native: Native
) -> None:
    upstream.reply(sse(native.events[:1], Stall()))

    async with served.client.stream("POST", native.path, content=native.streamed) as answer:
        await anext(answer.aiter_bytes())
    await upstream.closed_early()


@each
async def test_a_server_that_is_not_said_to_have_it_is_asked_in_a_chat(
    upstream: Upstream, native: Native
) -> None:
    upstream.always(chat(["Hi"]))
    async with serving(backend(upstream.base_url)) as served:
        got = await post(served, native, native.body)

    assert got.status_code == 200
    assert upstream.requests[-1].path == "/v1/chat/completions"
    assert "Hi" in got.text
