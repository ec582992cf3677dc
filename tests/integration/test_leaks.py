"""After a mixed load nothing is left: no task, no connection beyond the idle ones."""

from __future__ import annotations

import asyncio
import gc
from contextlib import suppress
from itertools import accumulate, count, cycle
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

from tests.integration.served import Served, backend, serving
from tests.upstream.answers import SSE, chat, chat_events, error, error_event, sse
from tests.upstream.script import Abort, Close, Reply, Script, Send, Stall, split
from tests.upstream.server import Upstream
from tests.upstream.wire import Received
from tests.waiting import until

IDLE = 3
ROUNDS = 8

EVENTS = chat_events(["Hel", "lo"])
ENDS = [*accumulate(map(len, EVENTS))]

SCRIPTS: dict[str, Script] = {
    "answers": chat(["Hel", "lo"]),
    "answers one by one": Reply(headers=SSE, steps=split(b"".join(EVENTS), ENDS)),
    "refuses": error(400, "no"),
    "overloaded": error(503, "busy"),
    "stalls before": Reply(head=b"", steps=[Stall()], framing="none"),
    "stalls within": sse(chat_events(["Hel"])[:2], Stall()),
    "breaks": sse(chat_events(["Hel"])[:2], Close()),
    "resets": Reply(framing="length", content_length=99, steps=[Send(b"{"), Abort()]),
    "gives up": sse([*chat_events(["Hel"])[:2], error_event("gone")]),
    "garbage": sse([b"data: {]\n\n"]),
}
LEFT = {"stalls before", "stalls within"}
"""Answers that never end: their client hangs up."""


OURS = {"adapters", "app", "domain", "litestar", "ports", "uvicorn"}
"""Whose objects must not hold each other once a request is over: they would stay until they are
collected, at a cost, and in memory that nobody gets back."""


NUMBERS = count()
"""What the first message of a request says, so that a test knows its own."""


def answer(request: Received) -> Reply:
    """Do what the last message says."""
    script = SCRIPTS[request.json()["messages"][-1]["content"]]
    return script if isinstance(script, Reply) else script(request)


def request_of(what: str, *, stream: bool) -> dict[str, Any]:
    says = [{"role": "system", "content": f"<{next(NUMBERS)}>"}, {"role": "user", "content": what}]
    return {"model": "m", "messages": says, "stream": stream}


async def ask(served: Served, what: str, *, stream: bool) -> None:
    answered = await served.client.post("/api/chat", json=request_of(what, stream=stream))
    assert answered.content


async def hang_up(served: Served, upstream: Upstream, what: str, *, stream: bool) -> None:
    """Send a request over a connection of its own and close that once the upstream has it."""
    where = urlsplit(served.url)
    request = request_of(what, stream=stream)
    number = request["messages"][0]["content"].encode()
    body = msgspec.json.encode(request)
    _reader, writer = await asyncio.open_connection(where.hostname, where.port)
    writer.write(
        b"POST /api/chat HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%b"
        % (len(body), body)
    )
    await until(lambda: any(number in it.request.body for it in upstream.exchanges))
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


async def mixed_load(served: Served, upstream: Upstream) -> None:
    streamed = cycle([True, False, True])
    jobs = []
    for what in SCRIPTS:
        for _ in range(ROUNDS):
            stream = next(streamed)
            if what in LEFT or what == "answers":
                jobs.append(hang_up(served, upstream, what, stream=stream))
            if what not in LEFT:
                jobs.append(ask(served, what, stream=stream))
    await asyncio.gather(*jobs)


async def test_a_mixed_load_leaves_no_task_and_no_socket_behind(upstream: Upstream) -> None:
    upstream.always(answer)
    before = len(asyncio.all_tasks())
    settings = backend(upstream.base_url, f"pool = {{ keepalive = {IDLE} }}")
    async with serving(settings) as served:
        await served.client.get("/api/tags")
        await until(lambda: upstream.open_connections == 1)
        quiet = asyncio.all_tasks() - upstream_tasks(upstream)

        await mixed_load(served, upstream)

        await until(lambda: upstream.open_connections <= IDLE)
        await until(lambda: asyncio.all_tasks() - upstream_tasks(upstream) <= quiet)
        assert all(exchange.ended for exchange in upstream.exchanges)
        assert len(upstream.exchanges) == (len(SCRIPTS) + 1) * ROUNDS
    await until(lambda: upstream.open_connections == 0)
    await until(lambda: len(asyncio.all_tasks()) <= before)


def upstream_tasks(upstream: Upstream) -> set[asyncio.Task[object]]:
    """Return the tasks that are the test's own: one for each connection of the upstream."""
    return {connection._serving for connection in upstream.connections}


async def left_behind(
    served: Served, upstream: Upstream, path: str, body: Any, status: int
) -> set[str]:
    """Return the classes of ours whose objects hold each other after three requests."""
    await served.client.post(path, json=body)
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        for _ in range(3):
            assert (await served.client.post(path, json=body)).status_code == status
        await until(lambda: all(exchange.ended for exchange in upstream.exchanges))
        gc.collect()
        kinds = {type(what) for what in gc.garbage}
        return {kind.__name__ for kind in kinds if kind.__module__.split(".")[0] in OURS}
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


@pytest.mark.parametrize("path", ["/api/chat", "/v1/chat/completions", "/v1/messages"])
@pytest.mark.parametrize(
    ("what", "stream"), [("answers", True), ("answers one by one", True), ("answers", False)]
)
async def test_an_answered_request_leaves_nothing_to_collect(
    upstream: Upstream, path: str, what: str, stream: bool
) -> None:
    upstream.always(answer)
    body = {**request_of(what, stream=stream), "max_tokens": 9}
    async with serving(backend(upstream.base_url)) as served:
        assert await left_behind(served, upstream, path, body, 200) == set()


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages"])
async def test_a_refused_request_leaves_nothing_to_collect(upstream: Upstream, path: str) -> None:
    large = request_of("x" * 2000, stream=True)
    async with serving(backend(upstream.base_url) + '[server]\nmax_body = "1KB"\n') as served:
        assert await left_behind(served, upstream, path, large, 413) == set()
