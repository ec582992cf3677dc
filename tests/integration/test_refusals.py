"""What is made of an upstream's refusal: its status, our secrets in it, what it teaches."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from tests.integration.served import Served, backend, serving
from tests.upstream.answers import SSE, chunk, error, error_event, plain_chat, sse
from tests.upstream.script import Close, Reply, Send, Stall
from tests.upstream.server import Upstream
from tests.upstream.wire import Received

HELLO = [{"role": "user", "content": "hi"}]
KEY = "mygatewaysecretZZZ"


async def ask(served: Served, **more: Any) -> Any:
    body = {"model": "m", "messages": HELLO, "stream": False} | more
    return await served.client.post("/api/chat", json=body)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    "reply",
    [
        error(403, f"the key {KEY} may not use this"),
        Reply(body=msgspec.json.encode({"error": {"message": f"no {KEY}", "code": 400}})),
        sse([error_event(f"no {KEY}")]),
        sse([chunk({"content": "hi"}), error_event(f"no {KEY}")]),
    ],
    ids=["a status", "a body", "the first event", "mid-stream"],
)
async def test_our_own_key_quoted_by_an_upstream_stays_here(
    upstream: Upstream, reply: Reply, stream: bool
) -> None:
    upstream.always(reply)
    async with serving(backend(upstream.base_url, f'api_key = "{KEY}"')) as served:
        answer = await ask(served, stream=stream)

    assert KEY not in answer.text
    assert '"error"' in answer.text


@pytest.mark.parametrize("before", range(480, 500, 3))
async def test_a_key_that_the_cut_of_a_long_message_goes_through_stays_here(
    upstream: Upstream, before: int
) -> None:
    words = ("no, " * 200)[: before - 1] + " "
    upstream.always(error(403, words + KEY + " and so on" * 9))
    async with serving(backend(upstream.base_url, f'api_key = "{KEY}"')) as served:
        answer = await ask(served)

    assert KEY[:6] not in answer.text


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=429, headers=(("Retry-After", "7"),), body=b"x" * 400_000),
        Reply(status=429, headers=(("Retry-After", "7"),), steps=[Send(b'{"err'), Close()]),
        Reply(status=429, headers=(("Retry-After", "7"),), steps=[Send(b'{"err'), Stall()]),
    ],
    ids=["large", "cut", "stalled"],
)
async def test_a_refusal_keeps_its_status_whatever_its_body_does(
    upstream: Upstream, reply: Reply
) -> None:
    upstream.always(reply)
    async with serving(backend(upstream.base_url)) as served:
        answer = await ask(served)

    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")


async def test_what_one_model_teaches_does_not_change_another(upstream: Upstream) -> None:
    def fussy(request: Received) -> Reply:
        wanted, refused = "max_tokens", "max_completion_tokens"
        if request.json()["model"] == "new":
            wanted, refused = refused, wanted
        if refused in request.json():
            return error(400, f"unsupported {refused}: max_tokens or max_completion_tokens")
        return plain_chat(wanted)

    upstream.models = ("old", "new")
    upstream.always(fussy)
    async with serving(backend(upstream.base_url)) as served:
        for model in ("old", "new", "old", "new", "old"):
            answer = await ask(served, model=model, options={"num_predict": 5})
            assert answer.status_code == 200, answer.text

    assert len(upstream.exchanges) == 6


async def test_a_refusal_that_repeats_is_not_learned_from(upstream: Upstream) -> None:
    upstream.always(error(400, "max_completion_tokens is nothing I know"))
    async with serving(backend(upstream.base_url)) as served:
        answers = [await ask(served, options={"num_predict": 5}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [400, 400]
    assert [list(e.request.json())[-1] for e in upstream.exchanges] == [
        "max_tokens", "max_completion_tokens", "max_tokens", "max_completion_tokens",
    ]  # fmt: skip


async def test_a_stream_that_the_ending_server_cuts_says_so(upstream: Upstream) -> None:
    upstream.always(Reply(headers=SSE, steps=[Send(chunk({"content": "hi"})), Stall()]))
    lines: list[str] = []
    async with serving(f'[server]\ndrain = "1s"\n{backend(upstream.base_url)}') as served:

        async def read() -> None:
            body = {"model": "m", "messages": HELLO}
            async with served.client.stream("POST", "/api/chat", json=body) as answer:
                lines.extend([line async for line in answer.aiter_lines()])

        reading = asyncio.create_task(read())
        await upstream.exchange()
        await asyncio.sleep(0)
        served.server.should_exit = True
        served.server.leave.set()
        await reading

    assert '"content":"hi"' in lines[0]
    assert lines[-1] == '{"error":"the server is shutting down"}'
