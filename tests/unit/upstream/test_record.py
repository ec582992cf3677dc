"""The upstream remembers what it was asked, and who left early."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from tests.unit.upstream.dialogue import REQUEST, dialogue
from tests.upstream.answers import chat, plain_chat
from tests.upstream.script import Reply, Send, Stall
from tests.upstream.server import Upstream
from tests.waiting import until


async def test_a_request_is_remembered_whole(upstream: Upstream) -> None:
    upstream.reply(plain_chat("hi"))

    async with httpx.AsyncClient() as client:
        await client.post(f"{upstream.base_url}/chat/completions?a=b", json={"model": "ä"})

    (request,) = upstream.requests
    assert (request.method, request.path, request.query) == ("POST", "/v1/chat/completions", "a=b")
    assert request.headers["content-type"] == "application/json"
    assert request.json() == {"model": "ä"}


async def test_a_request_may_arrive_in_pieces_and_chunked(upstream: Upstream) -> None:
    upstream.always(plain_chat("hi"))
    whole = (
        b"POST /v1/x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        b'5;ext=1\r\n{"a":\r\n3\r\n1}\n\r\n0\r\n\r\n'
    )

    async with dialogue(upstream) as client:
        for position in range(len(whole)):
            client.ask(whole[position : position + 1])
            await asyncio.sleep(0)
        await client.head()

    assert upstream.requests[0].json() == {"a": 1}


async def test_leaving_in_mid_stream_is_seen_at_once(upstream: Upstream) -> None:
    upstream.reply(Reply(steps=[Send(b"a"), Stall()]))
    loop = asyncio.get_running_loop()

    async with dialogue(upstream) as client:
        client.ask()
        await client.head()
        left_at = loop.time()
    seen_at = await upstream.closed_early()

    assert 0 <= seen_at - left_at < 5
    assert upstream.open_connections == 0


async def test_leaving_after_the_answer_is_not_leaving_early(upstream: Upstream) -> None:
    upstream.reply(plain_chat("hi"))

    async with dialogue(upstream) as client:
        client.ask()
        await client.head()
    await until(lambda: not upstream.open_connections)

    with pytest.raises(AssertionError, match="ended by itself"):
        await upstream.closed_early()


async def test_waiting_for_somebody_to_leave_has_a_deadline(upstream: Upstream) -> None:
    upstream.reply(Reply(steps=[Stall()]))

    async with dialogue(upstream) as client:
        client.ask()

        with pytest.raises(AssertionError, match="did not hold within"):
            await upstream.closed_early(deadline=0.02)


async def test_the_list_of_models_takes_no_script(upstream: Upstream) -> None:
    upstream.models = ("a", "b/c")
    upstream.reply(plain_chat("hi"))

    async with httpx.AsyncClient(base_url=upstream.base_url) as client:
        listed = await client.get("/models")
        upstream.models = None
        refused = await client.get("/models")

    assert [row["id"] for row in listed.json()["data"]] == ["a", "b/c"]
    assert refused.status_code == 404
    assert upstream.exchanges == []
    assert len(upstream.requests) == 2


async def test_queued_replies_come_before_the_standing_one(upstream: Upstream) -> None:
    upstream.always(Reply(status=503))
    upstream.reply(Reply(status=401))

    async with httpx.AsyncClient() as client:
        statuses = [(await client.post(upstream.url)).status_code for _ in range(3)]

    assert statuses == [401, 503, 503]


async def test_a_request_without_a_script_is_refused(upstream: Upstream) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.post(upstream.url)

    assert answer.status_code == 500
    assert "nothing is scripted" in answer.text


async def test_a_script_may_look_at_the_request(upstream: Upstream) -> None:
    upstream.always(chat(["Hel", "lo"]))

    async with httpx.AsyncClient() as client:
        plain = await client.post(upstream.url, json={"stream": False})
        streamed = await client.post(upstream.url, json={"stream": True})

    assert plain.json()["choices"][0]["message"]["content"] == "Hello"
    assert streamed.headers["content-type"] == "text/event-stream"
    assert streamed.text.endswith("data: [DONE]\n\n")


async def test_forgetting_starts_afresh(upstream: Upstream) -> None:
    upstream.always(plain_chat("hi"))
    async with httpx.AsyncClient() as client:
        await client.post(upstream.url)

        upstream.forget()

        assert (await client.post(upstream.url)).status_code == 500
        assert len(upstream.exchanges) == 1


async def test_a_script_that_raises_fails_the_test() -> None:
    upstream = Upstream()

    def broken(_: object) -> Reply:
        raise LookupError("a mistake in the test")

    async def use() -> None:
        async with upstream, dialogue(upstream) as client:
            upstream.reply(broken)
            client.ask(REQUEST)
            await until(lambda: any(c.failure for c in upstream.connections))

    with pytest.raises(LookupError):
        await use()
