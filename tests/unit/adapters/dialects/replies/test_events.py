"""Answers as server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from adapters.dialects.replies.events import COMMENT, EventReply, Keepalive
from ports.errors import BackendUnavailable, GatewayError
from tests.unit.adapters.dialects.connection import Connection
from tests.waiting import until

SOON = Keepalive(0.001)
NEVER = Keepalive(0)


class Upstream:
    """Opens when it is told to, and may refuse or break off."""

    def __init__(self, *, refusal: Exception | None = None, fault: Exception | None = None) -> None:
        self.ready = asyncio.Event()
        self.closed = False
        self._refusal = refusal
        self._fault = fault

    @asynccontextmanager
    async def open(self) -> AsyncIterator[AsyncIterator[str]]:
        try:
            await self.ready.wait()
            if self._refusal is not None:
                raise self._refusal
            yield self._batches()
        finally:
            self.closed = True

    async def _batches(self) -> AsyncIterator[str]:
        yield "one"
        yield "two"
        if self._fault is not None:
            raise self._fault


class Stalled(Connection):
    """A client that reads no comment."""

    async def send(self, message: dict) -> None:
        await super().send(message)
        if message.get("body") == COMMENT:
            await asyncio.Event().wait()


def fail(error: GatewayError) -> bytes:
    return f"data: error {error.message}\n\n".encode()


def reply(upstream: Upstream, keepalive: Keepalive, *, sign: bytes = COMMENT) -> EventReply[str]:
    return EventReply(
        upstream.open(),
        lambda text: f"data: {text}\n\n".encode(),
        fail,
        keepalive=keepalive,
        headers=((b"x-more", b"1"),),
        sign=sign,
    )


async def test_head_and_events_go_out_once_the_first_is_here() -> None:
    connection, upstream = Connection(), Upstream()
    sending = asyncio.create_task(reply(upstream, NEVER).send_to(connection.send))
    await asyncio.sleep(0)
    assert not connection.messages

    upstream.ready.set()
    await sending

    head, *_ = connection.messages
    assert head["status"] == 200
    assert dict(head["headers"]) == {
        b"content-type": b"text/event-stream",
        b"cache-control": b"no-cache",
        b"x-accel-buffering": b"no",
        b"x-more": b"1",
    }
    assert connection.body == b"data: one\n\ndata: two\n\n"
    assert connection.complete
    assert upstream.closed


@pytest.mark.parametrize("keepalive", [NEVER, Keepalive(60)])
async def test_a_refusal_before_any_comment_is_raised_for_its_status(keepalive: Keepalive) -> None:
    connection, upstream = Connection(), Upstream(refusal=BackendUnavailable("down"))
    upstream.ready.set()

    with pytest.raises(BackendUnavailable):
        await reply(upstream, keepalive).send_to(connection.send)

    assert not connection.messages
    assert upstream.closed


@pytest.mark.parametrize("sign", [COMMENT, b"event: ping\ndata: {}\n\n"])
async def test_signs_of_life_go_out_until_the_first_event_and_not_after_it(sign: bytes) -> None:
    connection, upstream = Connection(), Upstream()
    sending = asyncio.create_task(reply(upstream, SOON, sign=sign).send_to(connection.send))
    await until(lambda: connection.body.count(sign) > 2)

    upstream.ready.set()
    await sending

    assert [m["type"] for m in connection.messages].count("http.response.start") == 1
    assert connection.body.endswith(sign + b"data: one\n\ndata: two\n\n")
    assert connection.complete


async def test_a_refusal_after_a_comment_is_the_last_event() -> None:
    connection, upstream = Connection(), Upstream(refusal=BackendUnavailable("down"))
    sending = asyncio.create_task(reply(upstream, SOON).send_to(connection.send))
    await until(lambda: COMMENT in connection.body)

    upstream.ready.set()
    await sending

    assert connection.messages[0]["status"] == 200
    assert connection.body.endswith(COMMENT + b"data: error down\n\n")
    assert connection.complete
    assert upstream.closed


async def test_a_fault_in_mid_stream_is_the_last_event() -> None:
    connection, upstream = Connection(), Upstream(fault=BackendUnavailable("broke off"))
    upstream.ready.set()

    await reply(upstream, NEVER).send_to(connection.send)

    assert connection.body == b"data: one\n\ndata: two\n\ndata: error broke off\n\n"


@pytest.mark.parametrize("keepalive", [NEVER, SOON])
async def test_a_client_that_leaves_while_it_waits_closes_the_upstream(
    keepalive: Keepalive,
) -> None:
    connection, upstream = Connection(), Upstream()
    sending = asyncio.create_task(reply(upstream, keepalive).send_to(connection.send))
    await (until(lambda: COMMENT in connection.body) if keepalive else asyncio.sleep(0))

    sending.cancel()
    await asyncio.wait((sending,))

    assert sending.cancelled()
    assert upstream.closed
    assert len(asyncio.all_tasks()) == 1


async def test_a_client_that_reads_no_comment_holds_nothing_up_when_it_leaves() -> None:
    connection, upstream = Stalled(), Upstream()
    sending = asyncio.create_task(reply(upstream, SOON).send_to(connection.send))
    await until(lambda: COMMENT in connection.body)

    sending.cancel()
    await asyncio.wait((sending,))

    assert upstream.closed
    assert len(asyncio.all_tasks()) == 1
