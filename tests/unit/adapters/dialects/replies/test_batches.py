"""Answers as small ASGI applications."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from adapters.dialects.replies.batches import DEFERRED, StreamReply, read_body
from ports.errors import BackendUnavailable, GatewayError
from tests.unit.adapters.dialects.connection import Connection

HEADERS = ((b"content-type", b"application/x-ndjson"),)


def reply(batches: AsyncIterator[str], exchange: AsyncExitStack) -> StreamReply[str]:
    def fail(error: GatewayError) -> bytes:
        return f"error: {error.message}\n".encode()

    return StreamReply(
        batches, lambda text: f"{text}\n".encode(), fail, headers=HEADERS, exchange=exchange
    )


async def batches(fault: BaseException | None = None) -> AsyncIterator[str]:
    yield "one"
    yield "two"
    if fault is not None:
        raise fault


async def test_every_batch_is_one_message_and_the_exchange_is_closed_behind_the_last() -> None:
    connection, exchange, closed = Connection(), AsyncExitStack(), []
    exchange.callback(lambda: closed.append(len(connection.messages)))

    await reply(batches(), exchange)({}, None, connection.send)

    assert [m.get("body") for m in connection.messages] == [None, b"one\n", b"two\n", b""]
    assert closed == [4]


async def test_a_stream_leaves_itself_to_who_wants_to_send_it_later() -> None:
    connection, exchange, closed = Connection(), AsyncExitStack(), []
    exchange.callback(lambda: closed.append(True))
    later: list[StreamReply[str]] = []

    await reply(batches(), exchange)({DEFERRED: later}, None, connection.send)

    assert not connection.messages
    assert not closed
    await later[0].send_to(connection.send)
    assert connection.body == b"one\ntwo\n"
    assert closed


async def test_a_fault_of_the_upstream_is_the_last_frame() -> None:
    connection = Connection()

    fault = BackendUnavailable("broke off")
    await reply(batches(fault), AsyncExitStack())({}, None, connection.send)

    assert connection.body == b"one\ntwo\nerror: broke off\n"
    assert connection.complete


async def test_a_body_that_no_frame_can_end_stays_incomplete() -> None:
    connection = Connection()

    await StreamReply(
        batches(BackendUnavailable("broke off")),
        str.encode,
        lambda _error: None,
        headers=HEADERS,
        exchange=AsyncExitStack(),
        status=202,
    )({}, None, connection.send)

    assert connection.messages[0]["status"] == 202
    assert connection.body == b"onetwo"
    assert not connection.complete


async def test_a_bug_is_a_frame_for_the_client_and_an_exception_for_the_log() -> None:
    connection = Connection()

    with pytest.raises(OverflowError):
        await reply(batches(OverflowError("inf")), AsyncExitStack())({}, None, connection.send)

    assert connection.body == b"one\ntwo\nerror: internal server error\n"


async def test_a_stream_that_the_ending_server_cancels_says_so() -> None:
    connection, exchange, closed = Connection(), AsyncExitStack(), []
    exchange.callback(lambda: closed.append(True))

    with pytest.raises(asyncio.CancelledError):
        await reply(batches(asyncio.CancelledError()), exchange)({}, None, connection.send)

    assert connection.body.endswith(b"error: the server is shutting down\n")
    assert closed


async def test_a_body_in_pieces_is_read_whole() -> None:
    pieces = iter(
        [
            {"type": "http.request", "body": b"a", "more_body": True},
            {"type": "http.request", "more_body": True},
            {"type": "http.request", "body": b"b", "more_body": False},
        ]
    )

    async def receive() -> dict:
        return next(pieces)

    assert await read_body(receive) == b"ab"
