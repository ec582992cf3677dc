"""Another protocol that a client offers beside a request is no reason to lose the request."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from app.plain_http import LARGEST_HEAD
from tests.integration.served import Served, backend, serving
from tests.integration.sockets import address, exchange, request
from tests.upstream.answers import chat_events, plain_chat, sse
from tests.upstream.script import Close, Reply, Send, Stall
from tests.upstream.server import Upstream
from tests.waiting import until

BODY = b'{"model":"m","messages":[{"role":"user","content":"hi"}]}'
OFFERS = {
    # As java.net.http sends it with its first request to a server.
    "HTTP/2": [
        "connection: Upgrade, HTTP2-Settings",
        "http2-settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA",
        "upgrade: h2c",
    ],
    "a socket": ["connection: Upgrade", "upgrade: websocket", "sec-websocket-key: x"],
    "anything": ["Connection: uPgRaDe", "Upgrade: tea/1, coffee"],
}
CHUNKED = b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY)


async def answers(served: Served, data: bytes, size: int) -> bytes:
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    return await exchange(served, *pieces)


@pytest.mark.parametrize("offer", OFFERS.values(), ids=OFFERS)
@pytest.mark.parametrize("size", [17, 100_000])
@pytest.mark.parametrize("chunked", [False, True])
async def test_a_request_beside_an_offer_is_read_whole(
    upstream: Upstream, offer: list[str], size: int, chunked: bool
) -> None:
    upstream.always(plain_chat("ok"))
    line, kind = "POST /v1/chat/completions HTTP/1.1", "content-type: application/json"
    data = (
        request(line, kind, *offer, "transfer-encoding: chunked", length=False) + CHUNKED
        if chunked
        else request(line, kind, *offer, body=BODY)
    )
    async with serving(backend(upstream.base_url)) as served:
        answer = await answers(served, data, size)

    assert answer.startswith(b"HTTP/1.1 200 OK\r\n"), answer
    assert upstream.exchanges[0].request.body == BODY


async def test_requests_behind_each_other_are_all_answered(upstream: Upstream) -> None:
    asking = request("GET /api/version HTTP/1.1", *OFFERS["HTTP/2"], close=False)
    plain = request("GET /api/version HTTP/1.1", close=False)
    last = request("GET /api/version HTTP/1.1", *OFFERS["a socket"])
    async with serving(backend(upstream.base_url)) as served:
        answer = await exchange(served, asking * 50 + plain + asking + plain + last)

    assert answer.count(b"HTTP/1.1 200 OK\r\n") == 54


async def test_a_client_that_leaves_with_another_request_waiting_closes_the_upstream(
    upstream: Upstream,
) -> None:
    upstream.reply(sse(chat_events(["Hel", "lo"])[:2], Stall()))
    asking = BODY[:-1] + b',"stream":true}'
    async with serving(backend(upstream.base_url)) as served:
        reader, writer = await asyncio.open_connection(*address(served))
        line = "POST /v1/chat/completions HTTP/1.1"
        writer.write(request(line, "content-type: x/json", body=asking, close=False))
        await reader.readuntil(b"Hel")
        writer.write(request("GET /api/version HTTP/1.1"))
        await until(lambda: any(it.pipeline for it in served.server.server_state.connections))
        writer.transport.abort()
        await upstream.closed_early()


async def test_a_tunnel_is_refused_as_any_method_that_is_not_there(upstream: Upstream) -> None:
    async with serving(backend(upstream.base_url)) as served:
        answer = await exchange(served, request("CONNECT /api/version HTTP/1.1", *OFFERS["HTTP/2"]))

    assert answer.startswith(b"HTTP/1.1 405 Method Not Allowed\r\n")


async def old(served: Served, path: str, asking: bytes) -> tuple[bytes, bytes]:
    kind = "content-type: application/json"
    answer = await exchange(served, request(f"POST {path} HTTP/1.0", kind, body=asking))
    head, _, body = answer.partition(b"\r\n\r\n")
    return head.lower(), body


async def test_who_does_not_know_chunks_gets_a_body_that_ends_with_the_connection(
    upstream: Upstream,
) -> None:
    events = chat_events(["Hel", "lo"])
    asking = BODY[:-1] + b',"stream":true,"stream_options":{"include_usage":true}}'
    async with serving(backend(upstream.base_url)) as served:
        upstream.reply(sse(events))
        head, body = await old(served, "/v1/chat/completions", asking)
        upstream.reply(sse(events[:2], Close()))
        _, cut = await old(served, "/v1/chat/completions", asking)
        upstream.reply(plain_chat("ok"))
        whole, answer = await old(served, "/v1/chat/completions", BODY)

    assert b"transfer-encoding" not in head
    assert body == b"".join(events)
    assert cut.startswith(b"".join(events[:2]))
    assert b'data: {"error":' in cut
    assert b"content-length: %d" % len(answer) in whole


async def test_who_does_not_know_chunks_is_told_of_a_cut_body_by_a_reset(
    upstream: Upstream,
) -> None:
    upstream.always(Reply(headers=(("Content-Type", "audio/mpeg"),), steps=[Send(b"x"), Close()]))
    async with serving(backend(upstream.base_url)) as served:
        with pytest.raises(ConnectionResetError):
            await old(served, "/v1/audio/speech", b'{"model":"m"}')


MANY = b"x" * 100_000
ENDLESS = {
    "an address": (b"GET /", MANY),
    "a header": (b"GET / HTTP/1.1\r\nhost: localhost\r\nx: ", MANY),
    "headers": (b"GET / HTTP/1.1\r\nhost: localhost\r\n", b"x: y\r\n" * 10_000),
    "trailers": (
        b"POST /api/show HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n0\r\n",
        b"x: y\r\n" * 10_000,
    ),
    "an extension": (
        b"POST /api/show HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n1;",
        MANY,
    ),
}


@pytest.mark.parametrize(("begin", "more"), ENDLESS.values(), ids=ENDLESS)
async def test_what_never_ends_is_not_kept(upstream: Upstream, begin: bytes, more: bytes) -> None:
    async with serving(backend(upstream.base_url)) as served:
        _reader, writer = await asyncio.open_connection(*address(served))
        writer.write(begin)
        sent = 0
        with contextlib.suppress(ConnectionError):
            while sent < 5 * LARGEST_HEAD:
                writer.write(more)
                await writer.drain()
                sent += len(more)
                await asyncio.sleep(0)
        writer.close()

    assert sent < 5 * LARGEST_HEAD


async def test_a_long_head_and_a_long_body_are_read(upstream: Upstream) -> None:
    upstream.always(plain_chat("ok"))
    line, kind = "POST /v1/chat/completions HTTP/1.1", "content-type: application/json"
    long = [f"x-{number}: {'y' * 50_000}" for number in range(4)]
    body = BODY[:-1] + b" " * (3 * LARGEST_HEAD) + b"}"
    chunked = b"".join(b"1\r\n%c\r\n" % byte for byte in BODY) + b"0\r\n\r\n"
    async with serving(backend(upstream.base_url)) as served:
        whole = await exchange(served, request(line, kind, *long, body=body))
        head = request(line, kind, *long, "transfer-encoding: chunked", length=False)
        pieces = await exchange(
            served, head, *(chunked[at : at + 6] for at in range(0, len(chunked), 6))
        )

    assert whole.startswith(b"HTTP/1.1 200 OK\r\n")
    assert pieces.startswith(b"HTTP/1.1 200 OK\r\n")
