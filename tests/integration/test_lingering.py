"""A client that is refused in the middle of its upload gets to read that."""

from __future__ import annotations

import asyncio
import socket

import pytest

from app.plain_http import LINGER_SECONDS
from tests.integration.served import Served, backend, serving
from tests.integration.sockets import address, request
from tests.upstream.answers import SSE, chat_events
from tests.upstream.script import Pause, Reply, Send
from tests.upstream.server import Upstream
from tests.waiting import until

SIZE = 20_000_000
ASKING = b'{"model":"m","messages":[{"role":"user","content":"hi"}],"stream":true}'
CHUNK = request("POST /api/chat HTTP/1.1", "transfer-encoding: chunked", length=False)


async def sent(served: Served, head: bytes, size: int = SIZE) -> bytes:
    """Send a head and a body of zeros, and read only then, until the connection is closed."""
    host, port = address(served)

    def send() -> bytes:
        with socket.create_connection((host, port), timeout=10) as client:
            client.sendall(head)
            for _ in range(size // 100_000):
                client.sendall(bytes(100_000))
            pieces = []
            while piece := client.recv(65536):
                pieces.append(piece)
            return b"".join(pieces)

    return await asyncio.to_thread(send)


@pytest.mark.parametrize("version", ["1.0", "1.1"])
async def test_who_sends_everything_and_then_reads_is_told_why_it_was_not_wanted(
    upstream: Upstream, version: str
) -> None:
    told = (f"content-length: {SIZE}", "content-type: application/json")
    head = request(f"POST /v1/chat/completions HTTP/{version}", *told, length=False)
    async with serving(backend(upstream.base_url) + '[server]\nmax_body = "1MB"\n') as served:
        answer = await sent(served, head)
        await until(lambda: not served.server.server_state.connections)

    assert answer.startswith(b"HTTP/1.1 413 "), answer[:100]
    assert b"connection: close" in answer
    assert answer.endswith(b"}}")


async def test_an_upload_that_has_no_end_is_given_up(upstream: Upstream) -> None:
    told = (f"content-length: {SIZE}", "content-type: application/json")
    head = request("POST /v1/chat/completions HTTP/1.1", *told, length=False)
    async with serving(backend(upstream.base_url) + '[server]\nmax_body = "1MB"\n') as served:
        reader, writer = await asyncio.open_connection(*address(served))
        writer.write(head)
        assert (await asyncio.wait_for(reader.read(), 5)).endswith(b"}}")
        [connection] = served.server.server_state.connections
        closing = connection._closing
        assert 0 < closing.when() - asyncio.get_running_loop().time() <= LINGER_SECONDS
        closing._run()
        await until(lambda: not served.server.server_state.connections)
        writer.close()


@pytest.mark.parametrize("behind", [b"garbage\r\n\r\n", CHUNK + b"garbage\r\n"])
async def test_garbage_behind_a_request_does_not_get_into_its_answer(
    upstream: Upstream, behind: bytes
) -> None:
    go_on = asyncio.Event()
    first, second = chat_events(["one"])[:2], chat_events(["two"])[1:]
    upstream.reply(Reply(headers=SSE, steps=[*map(Send, first), Pause(go_on), *map(Send, second)]))
    async with serving(backend(upstream.base_url)) as served:
        reader, writer = await asyncio.open_connection(*address(served))
        writer.write(request("POST /v1/chat/completions HTTP/1.1", body=ASKING, close=False))
        got = await reader.readuntil(b"one")
        writer.write(behind)
        await until(lambda: upstream.open_connections == 1)
        go_on.set()
        got += await asyncio.wait_for(reader.read(), 5)
        writer.close()
        await until(lambda: not served.server.server_state.connections)

    assert got.count(b"HTTP/1.1 ") == 1
    assert got.endswith(b"data: [DONE]\n\n\r\n0\r\n\r\n")
