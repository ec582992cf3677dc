"""What a script says is what goes over the wire."""

from __future__ import annotations

import asyncio

import pytest

from tests.unit.upstream.dialogue import REQUEST, dialogue
from tests.upstream.answers import HTML, error, html
from tests.upstream.script import (
    Abort,
    Close,
    Pause,
    Reply,
    Send,
    Stall,
    Step,
    Taken,
    Wire,
    bytewise,
    cut_in_chunk_header,
    split,
)
from tests.upstream.server import Upstream

CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("steps", "on_the_wire"),
    [
        pytest.param([Send(b"abc")], b"3\r\nabc\r\n0\r\n\r\n", id="a step is a chunk"),
        pytest.param([Send(b"abc"), Close()], b"3\r\nabc\r\n", id="closed in mid-body"),
        pytest.param(cut_in_chunk_header(b"abc"), b"3\r\nabc\r\n1", id="cut in a chunk header"),
        pytest.param([Wire(b"zz\r\nabc"), Close()], b"zz\r\nabc", id="bytes outside the framing"),
        pytest.param(
            split(b"abcd", [1, 3]), b"1\r\na\r\n2\r\nbc\r\n1\r\nd\r\n0\r\n\r\n", id="split"
        ),
        pytest.param(bytewise(b"ab"), b"1\r\na\r\n1\r\nb\r\n0\r\n\r\n", id="one byte at a time"),
        pytest.param([], b"0\r\n\r\n", id="nothing at all"),
    ],
)
async def test_steps_go_out_in_order_and_framed(
    upstream: Upstream, steps: list[Step], on_the_wire: bytes
) -> None:
    upstream.reply(Reply(steps=steps, keep_alive=False))

    async with dialogue(upstream) as client:
        client.ask()
        head, rest = await client.head(), await client.rest()

    assert head == CHUNKED[:-2] + b"Connection: close\r\n\r\n"
    assert rest == on_the_wire


@pytest.mark.parametrize(
    ("reply", "on_the_wire"),
    [
        pytest.param(
            Reply(body=b"abc", content_length=9, keep_alive=False, headers=()),
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\nabc",
            id="a length that is not true",
        ),
        pytest.param(
            Reply(body=b"abc", framing="close", headers=()),
            b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc",
            id="the body ends with the connection",
        ),
        pytest.param(
            Reply(head=b"\x16\x03\x01", body=b"garbage", keep_alive=False),
            b"\x16\x03\x01garbage",
            id="no HTTP at all",
        ),
        pytest.param(
            Reply(status=404, framing="none", headers=(("X-A", "b"),)),
            b"HTTP/1.1 404 Not Found\r\nX-A: b\r\nConnection: close\r\n\r\n",
            id="a head alone",
        ),
    ],
)
async def test_a_head_may_be_anything(upstream: Upstream, reply: Reply, on_the_wire: bytes) -> None:
    upstream.reply(reply)

    async with dialogue(upstream) as client:
        client.ask()
        everything = await client.rest()

    assert everything == on_the_wire


async def test_an_abort_resets_the_connection(upstream: Upstream) -> None:
    upstream.reply(Reply(steps=[Send(b"abc"), Taken(), Abort()]))

    async with dialogue(upstream) as client:
        client.ask()
        await client.reader.readuntil(b"abc\r\n")

        with pytest.raises(ConnectionResetError):
            await client.rest()


async def test_a_pause_lasts_until_the_test_ends_it(upstream: Upstream) -> None:
    release = asyncio.Event()
    upstream.reply(Reply(steps=[Send(b"a"), Pause(release), Send(b"b")]))

    async with dialogue(upstream) as client:
        client.ask()
        before = await client.reader.readuntil(b"a\r\n")
        exchange = await upstream.exchange()
        complete_before = exchange.complete
        release.set()
        after = await client.reader.readuntil(b"0\r\n\r\n")

    assert before.endswith(b"1\r\na\r\n")
    assert not complete_before
    assert after == b"1\r\nb\r\n0\r\n\r\n"
    assert exchange.complete


async def test_a_stall_lasts_until_the_client_leaves(upstream: Upstream) -> None:
    upstream.reply(Reply(steps=[Send(b"a"), Stall()]))

    async with dialogue(upstream) as client:
        client.ask()
        await client.reader.readuntil(b"a\r\n")

    assert await upstream.closed_early() > 0


async def test_pieces_are_read_one_by_one(upstream: Upstream) -> None:
    upstream.reply(Reply(steps=bytewise(b"abcdef"), framing="close"))

    async with dialogue(upstream) as client:
        client.ask()
        await client.head()
        pieces = [await client.reader.read(100) for _ in range(6)]

    assert pieces == [b"a", b"b", b"c", b"d", b"e", b"f"]


async def test_a_connection_is_kept_for_the_next_request(upstream: Upstream) -> None:
    upstream.reply(html(), error(429, "slow down", Retry_After="7"))

    async with dialogue(upstream) as client:
        client.ask(REQUEST + REQUEST)
        first = await client.head() + await client.reader.readexactly(len(HTML))
        second = await client.head()

    assert first.endswith(HTML)
    assert second.startswith(b"HTTP/1.1 429 Too Many Requests\r\n")
    assert b"Retry-After: 7\r\n" in second
    assert len(upstream.connections) == 1
