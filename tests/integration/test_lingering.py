"""A client that is refused in the middle of its upload gets to read that."""

from __future__ import annotations

import asyncio
import contextlib
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


FORM = (
    b'--b\r\nContent-Disposition: form-data; name="model"\r\n\r\nm\r\n'
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
) + bytes(200_000)
EARLY = b"HTTP/1.1 200 OK\r\ncontent-type: audio/mpeg\r\n%b\r\n"
NO_LIST = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"
EARLY_BODIES = {
    "chunked": (EARLY % b"transfer-encoding: chunked\r\n", b"3\r\none\r\n"),
    "counted": (EARLY % b"content-length: 1000\r\n", b"one"),
}


@pytest.mark.parametrize(("head", "body"), EARLY_BODIES.values(), ids=EARLY_BODIES)
@pytest.mark.parametrize("garbage", [b"garbage\r\n", b"-1\r\n"])
async def test_a_malformed_upload_does_not_get_into_the_answer_that_is_on_its_way(
    head: bytes, body: bytes, garbage: bytes
) -> None:
    left = asyncio.Event()

    async def answer_early(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (await reader.readuntil(b"\r\n\r\n")).startswith(b"GET"):  # for the list of models
            writer.write(NO_LIST)
            return writer.close()
        writer.write(head + body)
        with contextlib.suppress(ConnectionError):
            await reader.read(-1)
        writer.close()
        left.set()
        return None

    upstream = await asyncio.start_server(answer_early, "127.0.0.1", 0)
    port = upstream.sockets[0].getsockname()[1]
    settings = backend(f"http://127.0.0.1:{port}", 'static_models = ["m"]')
    async with upstream, serving(settings) as served:
        reader, writer = await asyncio.open_connection(*address(served))
        headers = "transfer-encoding: chunked", "content-type: multipart/form-data; boundary=b"
        line = "POST /v1/audio/transcriptions HTTP/1.1"
        writer.write(request(line, *headers, length=False, close=False))
        writer.write(b"%x\r\n%b\r\n" % (len(FORM), FORM))
        got = await asyncio.wait_for(reader.readuntil(b"one"), 5)
        writer.write(garbage)
        with contextlib.suppress(ConnectionResetError):
            got += await asyncio.wait_for(reader.read(), 5)
        writer.close()
        await asyncio.wait_for(left.wait(), 5)

    assert got.count(b"HTTP/1.1 ") == 1
    assert not got.endswith(b"0\r\n\r\n")
