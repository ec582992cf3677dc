"""What goes wrong in mid-stream, and while a client of `/v1/chat/completions` waits.

`tests/e2e/` breaks, splits and leaves streams of OpenAI-compatible upstreams at every byte.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from tests.integration.kinds import KINDS, OFFLINE, OLLAMA, OPENAI_COMPATIBLE, Kind
from tests.integration.served import Served, serving
from tests.upstream import ollama_answers
from tests.upstream.answers import DONE, SSE, chat_events, error_event
from tests.upstream.script import Abort, Close, Pause, Reply, Send, Stall, Step, Taken, Wire
from tests.upstream.server import Upstream

UPSTREAMS = [kind for kind in KINDS if kind is not OFFLINE]
each_upstream = pytest.mark.parametrize("kind", UPSTREAMS, ids=lambda kind: kind.name)

SLOW = '[server]\nkeepalive = "20ms"\n'
QUICK = 'timeout = { idle = "200ms", first_byte = "300ms" }\n'
BODY = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "stream": True}
COMMENT = ": keepalive"


def pieces(kind: Kind) -> list[bytes]:
    """Build the pieces of a good stream."""
    if kind is OLLAMA:
        said = [ollama_answers.chat_line("Hel"), ollama_answers.chat_line("lo")]
        return [ollama_answers.line(it) for it in (*said, ollama_answers.chat_end())]
    return chat_events(["Hel", "lo"])


def streamed(kind: Kind, data: list[bytes], *then: Step) -> Reply:
    headers = ollama_answers.NDJSON if kind is OLLAMA else SSE
    return Reply(headers=headers, steps=[*map(Send, data), *then])


def datas(answer: httpx.Response) -> list[str]:
    assert answer.text.endswith("\n\n")
    return [it.removeprefix("data: ") for it in answer.text.removesuffix("\n\n").split("\n\n")]


def text_of(events: list[str]) -> str:
    chunks = [json.loads(event) for event in events if event.startswith("{")]
    choices = [choice for chunk in chunks for choice in chunk.get("choices", ())]
    return "".join(choice["delta"].get("content", "") for choice in choices)


async def ask(served: Served) -> httpx.Response:
    return await served.client.post("/v1/chat/completions", json=BODY)


@asynccontextmanager
async def asking(served: Served) -> AsyncIterator[httpx.Response]:
    """Ask, and hang up when the block is left."""
    async with served.client.stream("POST", "/v1/chat/completions", json=BODY) as answer:
        yield answer


def assert_broken(answer: httpx.Response) -> None:
    """Check that the answer says that it went wrong, and nowhere that it is complete."""
    if answer.status_code != 200:
        assert answer.status_code in {502, 504}
        assert answer.json()["error"]["type"] == "server_error"
        return
    *_, last = events = datas(answer)
    assert list(json.loads(last)) == ["error"]
    assert json.loads(last)["error"]["message"]
    assert not any("[DONE]" in event or '"finish_reason":"' in event for event in events)


@each_upstream
@pytest.mark.parametrize("ending", [Close(), Abort()], ids=["closed", "reset"])
async def test_a_stream_cut_at_any_event_ends_in_an_error(
    upstream: Upstream, kind: Kind, ending: Step
) -> None:
    whole = pieces(kind)
    finish = next(at for at, piece in enumerate(whole) if b'stop"' in piece)

    async with serving(kind.settings(upstream)) as served:
        for cut in range(finish + 1):
            upstream.reply(streamed(kind, whole[:cut], Taken(), ending))
            answer = await ask(served)

            assert_broken(answer)
            if answer.status_code == 200:
                assert "Hello".startswith(text_of(datas(answer)))


@each_upstream
async def test_an_error_in_mid_stream_is_the_last_event(upstream: Upstream, kind: Kind) -> None:
    said = b'{"error":"it broke"}\n' if kind is OLLAMA else error_event("it broke") + DONE
    upstream.always(streamed(kind, [*pieces(kind)[:2], said]))
    async with serving(kind.settings(upstream)) as served:
        answer = await ask(served)

    assert answer.status_code == 200
    assert json.loads(datas(answer)[-1])["error"]["message"] == "it broke"
    assert_broken(answer)


@each_upstream
async def test_garbage_in_mid_stream_is_an_error(upstream: Upstream, kind: Kind) -> None:
    garbage = b"{]\n" if kind is OLLAMA else b"data: {]\n\n"
    upstream.always(streamed(kind, [*pieces(kind)[:2], garbage, *pieces(kind)[2:]]))
    async with serving(kind.settings(upstream)) as served:
        assert_broken(await ask(served))


@each_upstream
@pytest.mark.parametrize("begun", [True, False])
async def test_an_upstream_that_stalls_is_a_timeout(
    upstream: Upstream, kind: Kind, begun: bool
) -> None:
    upstream.always(streamed(kind, pieces(kind)[:2] if begun else [], Stall()))
    async with serving(kind.settings(upstream) + QUICK) as served:
        answer = await ask(served)

    assert answer.status_code == (200 if begun else 504)
    assert_broken(answer)
    said = json.loads(datas(answer)[-1]) if begun else answer.json()
    assert said["error"]["code"] == "timeout"


@each_upstream
@pytest.mark.parametrize("begun", [True, False])
async def test_a_client_that_hangs_up_closes_the_upstream(
    upstream: Upstream, kind: Kind, begun: bool
) -> None:
    upstream.always(streamed(kind, pieces(kind)[:2] if begun else [], Stall()))
    async with serving(kind.settings(upstream)) as served:
        if begun:
            async with asking(served) as answer:
                async for data in answer.aiter_bytes():
                    assert b"Hel" in data
                    break
        else:
            waiting = asyncio.create_task(ask(served))
            await upstream.exchange()
            waiting.cancel()
            await asyncio.wait((waiting,))

        await upstream.closed_early()


@each_upstream
async def test_comments_go_out_while_the_upstream_says_nothing(
    upstream: Upstream, kind: Kind
) -> None:
    ready = asyncio.Event()
    upstream.always(
        Reply(
            headers=streamed(kind, []).headers,
            steps=[Pause(ready), *map(Send, pieces(kind))],
        )
    )
    async with serving(SLOW + kind.settings(upstream)) as served, asking(served) as answer:
        seen = b""
        async for data in answer.aiter_bytes():
            seen += data
            if seen.count(COMMENT.encode()) > 2:
                ready.set()

    *events, last = seen.decode().removesuffix("\n\n").split("\n\n")
    assert answer.status_code == 200
    said = [event for event in events if event != COMMENT]
    assert events[: len(events) - len(said)] == [COMMENT] * (len(events) - len(said))
    assert text_of([event.removeprefix("data: ") for event in said]) == "Hello"
    assert last == "data: [DONE]"


async def test_a_refusal_after_a_comment_is_the_last_event(upstream: Upstream) -> None:
    ready = asyncio.Event()
    refusal = b"HTTP/1.1 429 No\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nno"
    upstream.always(Reply(head=b"", framing="none", steps=[Pause(ready), Wire(refusal)]))
    async with (
        serving(SLOW + OPENAI_COMPATIBLE.settings(upstream)) as served,
        asking(served) as answer,
    ):
        seen = b""
        async for data in answer.aiter_bytes():
            seen += data
            ready.set()

    *_, last = seen.decode().removesuffix("\n\n").split("\n\n")
    assert answer.status_code == 200
    assert json.loads(last.removeprefix("data: "))["error"]["code"] == "rate_limit_exceeded"
    assert b"[DONE]" not in seen


async def test_a_quick_refusal_keeps_its_status_with_comments_allowed(upstream: Upstream) -> None:
    async with serving(
        '[server]\nkeepalive = "60s"\n' + OPENAI_COMPATIBLE.settings(upstream)
    ) as it:
        answer = await ask(it)

    assert answer.status_code == 502


async def test_a_client_that_leaves_between_comments_closes_the_upstream(
    upstream: Upstream,
) -> None:
    upstream.always(Reply(headers=SSE, steps=[Stall()]))
    async with serving(SLOW + OPENAI_COMPATIBLE.settings(upstream)) as served:
        async with asking(served) as answer:
            async for data in answer.aiter_bytes():
                assert data.startswith(COMMENT.encode())
                break

        await upstream.closed_early()


async def test_ollamas_own_streams_have_no_comments(upstream: Upstream) -> None:
    ready = asyncio.Event()
    upstream.always(Reply(headers=SSE, steps=[Pause(ready), *map(Send, chat_events(["Hi"]))]))
    async with serving(SLOW + OPENAI_COMPATIBLE.settings(upstream)) as served:
        lines = asyncio.create_task(served.client.post("/api/chat", json=BODY))
        await upstream.exchange()
        async with asking(served) as events:
            seen = b""
            async for data in events.aiter_bytes():
                seen += data
                if seen.count(COMMENT.encode()) > 2:
                    ready.set()
        answer = await lines

    assert [json.loads(line)["done"] for line in answer.text.splitlines()] == [False, True]


async def test_an_offline_stream_is_whole(upstream: Upstream) -> None:
    body = BODY | {"model": "offline"}
    async with serving(SLOW + OFFLINE.settings(upstream)) as served:
        answer = await served.client.post("/v1/chat/completions", json=body)

    *_, finish, end = datas(answer)
    assert json.loads(finish)["choices"][0]["finish_reason"] == "stop"
    assert end == "[DONE]"
