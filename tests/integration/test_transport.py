"""httpx's transport interface over aiohttp's client, against real sockets."""

from __future__ import annotations

import asyncio
import gzip
import os
import ssl
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Literal, cast

import httpx
import pytest
import trustme
from aiohttp.abc import AbstractResolver, ResolveResult

from adapters.backends.transport import READ_SIZE, AiohttpTransport, environment_proxy
from tests.upstream.answers import plain_chat
from tests.upstream.script import Abort, Close, Pause, Reply, Send, Stall, Taken
from tests.upstream.server import Upstream
from tests.waiting import until
from tests.zstd import compress as zstd


async def send(
    transport: httpx.AsyncBaseTransport, url: str, body: bytes = b"{}", **extensions
) -> httpx.Response:
    request = httpx.Request("POST", url, content=body, extensions=extensions)
    return await transport.handle_async_request(request)


async def read(response: httpx.Response) -> bytes:
    assert isinstance(response.stream, httpx.AsyncByteStream)
    try:
        return b"".join([piece async for piece in response.stream])
    finally:
        await response.stream.aclose()


async def test_a_request_arrives_as_it_was_prepared_and_nothing_is_added(
    upstream: Upstream,
) -> None:
    upstream.reply(Reply(body=b"pong", headers=(("X-Answer", "yes"),)))
    async with AiohttpTransport() as transport:
        request = httpx.Request(
            "POST",
            f"{upstream.url}/a%2Fb",
            headers={"authorization": "Bearer k", "x-one": "1"},
            content=b"ping",
        )
        response = await transport.handle_async_request(request)
        body = await read(response)

    got = upstream.requests[0]
    assert (got.method, got.path, got.body) == ("POST", "/a%2Fb", b"ping")
    assert {name.lower() for name in got.headers} == {
        "host", "authorization", "x-one", "content-length",
    }  # fmt: skip
    assert (response.status_code, response.headers["x-answer"], body) == (200, "yes", b"pong")


async def test_each_header_is_sent_once_and_an_empty_body_has_a_length(upstream: Upstream) -> None:
    upstream.always(plain_chat("x"))
    url = httpx.URL(upstream.url)
    async with AiohttpTransport() as transport:
        for content in (b"", b"ping"):
            await read(await send(transport, upstream.url, content))
            bare = httpx.Request("POST", url, headers={"x": "1"}, stream=httpx.ByteStream(content))
            await read(await transport.handle_async_request(bare))

    for got, length in zip(upstream.requests, ["0", "0", "4", "4"], strict=True):
        assert sorted(set(got.names)) == sorted(got.names)
        assert got.headers["content-length"] == length
        assert got.headers["host"] == f"{url.host}:{url.port}"


async def test_no_header_can_begin_another_one(upstream: Upstream) -> None:
    async with AiohttpTransport() as transport:
        for value in ("a\r\nx-b: c", "a\nx-b: c", "a\0"):
            request = httpx.Request("POST", upstream.url, headers={"x-a": value}, content=b"")
            with pytest.raises(ValueError, match="header"):
                await transport.handle_async_request(request)
            with pytest.raises(ValueError, match="header"):
                await send(transport, upstream.url, headers={"x-a": value})

    assert not upstream.requests


async def test_whoever_traces_requests_names_each_of_them(upstream: Upstream) -> None:
    upstream.always(plain_chat("x"))
    async with AiohttpTransport() as transport:
        for trace in ("00-1", "00-2"):
            named = {"headers": {"traceparent": trace}}
            await read(await send(transport, upstream.url, **named))
        await read(await send(transport, upstream.url))

    assert [got.headers.get("traceparent", "") for got in upstream.requests] == ["00-1", "00-2", ""]


async def test_heads_that_come_before_the_answers_are_passed_over(upstream: Upstream) -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n"
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n"
    upstream.always(Reply(head=early + early + head, body=b"ok"))
    async with AiohttpTransport() as transport:
        for _ in range(2):
            response = await send(transport, upstream.url)
            assert (response.status_code, await read(response)) == (200, b"ok")

    assert len(upstream.connections) == 1


async def test_the_head_of_what_would_be_an_answer_is_one(upstream: Upstream) -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n"
    upstream.always(Reply(head=head))
    async with AiohttpTransport() as transport:
        for _ in range(2):
            request = httpx.Request("HEAD", upstream.url, headers={"x": "1"})
            response = await transport.handle_async_request(request)
            assert (response.headers["content-length"], await read(response)) == ("7", b"")

    assert len(upstream.connections) == 1


class AnswersUnread(asyncio.Protocol):
    """Answers as soon as the first bytes are here, and reads no more."""

    def __init__(self, connections: list[asyncio.BaseTransport]) -> None:
        self._connections = connections

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._connections.append(transport)
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._transport.pause_reading()
        self._transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")


async def test_a_connection_with_a_request_still_on_its_way_is_not_used_again() -> None:
    connections: list[asyncio.BaseTransport] = []
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: AnswersUnread(connections), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with AiohttpTransport() as transport:
        for _ in range(2):
            response = await send(transport, f"http://127.0.0.1:{port}", bytes(32 * 1024 * 1024))
            assert await read(response) == b"ok"
        for connection in connections:
            connection.close()
        server.close()
        await server.wait_closed()

    assert len(connections) == 2


async def test_pieces_come_as_soon_as_they_are_written(upstream: Upstream) -> None:
    go_on = asyncio.Event()
    upstream.reply(Reply(steps=[Send(b"one"), Pause(go_on), Send(b"two")]))
    async with AiohttpTransport() as transport:
        response = await send(transport, upstream.url)
        assert isinstance(response.stream, httpx.AsyncByteStream)
        pieces = aiter(response.stream)

        assert await anext(pieces) == b"one"
        go_on.set()
        assert await anext(pieces) == b"two"
        assert await anext(pieces, None) is None


@pytest.mark.parametrize("coding", ["identity", "gzip"])
async def test_what_nobody_reads_is_not_taken_from_the_socket_until_somebody_does(
    upstream: Upstream, coding: str
) -> None:
    text = os.urandom(16 * READ_SIZE).hex().encode()
    body = gzip.compress(text) if coding == "gzip" else text
    upstream.reply(Reply(steps=[Send(body)], headers=(("content-encoding", coding),)))
    async with AiohttpTransport() as transport:
        response = await send(transport, upstream.url)
        assert isinstance(response.stream, httpx.AsyncByteStream)
        pieces = []
        async for piece in response.stream:
            pieces.append(piece)
            for _ in range(50):  # time for everything else to go on
                await asyncio.sleep(0)
        await response.stream.aclose()

    assert b"".join(pieces) == text
    assert max(map(len, pieces)) >= READ_SIZE
    assert max(map(len, pieces)) <= 4 * READ_SIZE


async def test_what_came_before_a_connection_broke_is_read_first(upstream: Upstream) -> None:
    upstream.reply(Reply(steps=[Send(b"one"), Close()]))
    async with AiohttpTransport() as transport:
        response = await send(transport, upstream.url)
        assert isinstance(response.stream, httpx.AsyncByteStream)
        pieces = aiter(response.stream)
        await until(lambda: upstream.open_connections == 0)
        for _ in range(10):
            await asyncio.sleep(0)

        assert await anext(pieces) == b"one"
        with pytest.raises(httpx.TransportError):
            await anext(pieces)
        await response.stream.aclose()


async def test_a_connection_is_used_again_after_an_answer_was_read(upstream: Upstream) -> None:
    upstream.always(plain_chat("x"))
    async with AiohttpTransport() as transport:
        for _ in range(3):
            await read(await send(transport, upstream.url))

    assert len(upstream.connections) == 1


async def test_an_answer_that_is_left_early_closes_its_connection(upstream: Upstream) -> None:
    upstream.reply(Reply(steps=[Send(b"one"), Stall()]))
    async with AiohttpTransport() as transport:
        response = await send(transport, upstream.url)
        assert isinstance(response.stream, httpx.AsyncByteStream)
        await response.stream.aclose()

        assert await upstream.closed_early()


async def test_cancelling_a_request_that_waits_closes_its_connection(upstream: Upstream) -> None:
    upstream.reply(Reply(head=b"", steps=[Stall()], framing="none"))
    async with AiohttpTransport() as transport:
        waiting = asyncio.create_task(send(transport, upstream.url))
        await upstream.exchange()
        waiting.cancel()

        with pytest.raises(asyncio.CancelledError):
            await waiting
        await until(lambda: not upstream.open_connections)


async def test_no_more_than_max_idle_connections_are_kept(upstream: Upstream) -> None:
    upstream.always(plain_chat("x"))
    async with AiohttpTransport(max_idle=2) as transport:
        responses = await asyncio.gather(*[send(transport, upstream.url) for _ in range(6)])
        assert upstream.open_connections == 6
        for response in responses:
            await read(response)

        await until(lambda: upstream.open_connections == 2)


async def test_no_more_than_max_connections_are_opened(upstream: Upstream) -> None:
    go_on = asyncio.Event()
    upstream.always(Reply(steps=[Pause(go_on), Send(b"x")]))
    async with AiohttpTransport(max_connections=2) as transport:

        async def one() -> bytes:
            return await read(await send(transport, upstream.url))

        asking = [asyncio.create_task(one()) for _ in range(5)]
        await upstream.exchange(1)
        go_on.set()

        assert await asyncio.gather(*asking) == [b"x"] * 5
    assert len(upstream.connections) == 2


async def test_who_is_cancelled_while_waiting_for_a_connection_ends_cancelled(
    upstream: Upstream,
) -> None:
    upstream.always(Reply(steps=[Send(b"x"), Stall()]))
    async with AiohttpTransport(max_connections=1) as transport:
        held = await send(transport, upstream.url)
        waiting = asyncio.create_task(send(transport, upstream.url))
        await until(lambda: transport._connector._waiters)
        waiting.cancel()
        await asyncio.wait([waiting])
        await held.stream.aclose()

        assert waiting.cancelled()


async def test_a_compressed_answer_is_read_uncompressed(upstream: Upstream) -> None:
    upstream.reply(Reply(body=gzip.compress(b"hello"), headers=(("Content-Encoding", "gzip"),)))
    async with AiohttpTransport() as transport:
        response = await send(transport, upstream.url)

        assert await read(response) == b"hello"
        assert "content-encoding" not in response.headers


def without_head(data: bytes) -> bytes:
    return zlib.compress(data, wbits=-zlib.MAX_WBITS)


CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "X-GZip": lambda data: gzip.compress(data[:2]) + gzip.compress(data[2:]),
    "deflate": zlib.compress,
    " Deflate": without_head,
    "zstd": zstd,
}


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("framing", ["chunked", "length", "close"])
@pytest.mark.parametrize("proxied", [False, True])
async def test_a_compressed_answer_that_breaks_off_in_good_framing_is_no_whole_one(
    upstream: Upstream,
    coding: str,
    framing: Literal["chunked", "length", "close"],
    proxied: bool,
) -> None:
    text = b"hello world"
    sent = CODINGS[coding](text)
    headers = (("Content-Encoding", coding),)
    url = "http://elsewhere.test/" if proxied else upstream.url
    async with AiohttpTransport(proxy=upstream.url if proxied else "") as transport:
        for size in range(1, len(sent)):
            cut = sent[:size]
            steps = [Send(cut[:-1]), Taken(), Send(cut[-1:])] if size > 1 else [Send(cut)]
            told = Reply(headers=headers, steps=steps, framing=framing, content_length=size)
            upstream.reply(told)
            response = await send(transport, url)
            if coding == "X-GZip" and size == len(gzip.compress(text[:2])):
                assert await read(response) == text[:2]  # the end of a member
                continue
            with pytest.raises(httpx.ReadError):
                await read(response)
        upstream.reply(Reply(headers=headers, body=sent), Reply(headers=headers, steps=[]))
        assert await read(await send(transport, url)) == text
        assert await read(await send(transport, upstream.url)) == b""


@pytest.mark.parametrize(
    "body", [b"hello", gzip.compress(b"hello") + b"!"], ids=["nothing of it", "more behind it"]
)
async def test_what_is_not_in_the_coding_that_was_told_is_no_answer(
    upstream: Upstream, body: bytes
) -> None:
    upstream.reply(Reply(body=body, headers=(("Content-Encoding", "gzip"),)))
    async with AiohttpTransport() as transport:
        with pytest.raises(httpx.ReadError):
            await read(await send(transport, upstream.url))


async def test_a_refused_connection_is_a_connect_error(unused_tcp_port: int) -> None:
    async with AiohttpTransport() as transport:
        with pytest.raises(httpx.ConnectError):
            await send(transport, f"http://127.0.0.1:{unused_tcp_port}")


class Silent(AbstractResolver):
    """Knows no name, and never says so."""

    async def resolve(self, *_args: object, **_more: object) -> list[ResolveResult]:
        await asyncio.Event().wait()
        raise AssertionError

    async def close(self) -> None:
        pass


@pytest.mark.parametrize("proxy", ["", "http://proxy.test:3128"])
async def test_a_name_that_is_not_resolved_in_time_is_a_connect_timeout(proxy: str) -> None:
    async with AiohttpTransport(resolver=Silent(), proxy=proxy) as transport, asyncio.timeout(5):
        for _ in range(2):  # the second one waits for what the first one asked
            with pytest.raises(httpx.ConnectTimeout):
                await send(transport, "http://up.test", timeout={"connect": 0.05})


@pytest.mark.parametrize("ending", [Close(), Abort()])
async def test_a_connection_lost_before_the_head_is_no_connect_error(
    upstream: Upstream, ending
) -> None:
    upstream.reply(Reply(head=b"", steps=[ending], framing="none"))
    async with AiohttpTransport() as transport:
        with pytest.raises(httpx.TransportError) as caught:
            await send(transport, upstream.url)

    assert not isinstance(caught.value, httpx.ConnectError | httpx.ConnectTimeout)


@pytest.mark.parametrize("ending", [Close(), Abort()])
async def test_a_body_cut_short_is_an_error_not_an_end(upstream: Upstream, ending) -> None:
    upstream.reply(Reply(steps=[Send(b"one"), ending]))
    async with AiohttpTransport() as transport:
        response = await send(transport, upstream.url)
        with pytest.raises(httpx.TransportError):
            await read(response)


async def test_a_server_that_speaks_no_http_is_a_protocol_error(upstream: Upstream) -> None:
    upstream.reply(Reply(head=b"SSH-2.0-OpenSSH_9\r\n\r\n", framing="none"))
    async with AiohttpTransport() as transport:
        with pytest.raises(httpx.TransportError):
            await send(transport, upstream.url)


@asynccontextmanager
async def tls_server(authority: trustme.CA) -> AsyncIterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        await hang_up(writer)

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"https://localhost:{server.sockets[0].getsockname()[1]}"


async def test_tls_is_verified_against_a_bundle_or_the_usual_roots_or_not_at_all(tmp_path) -> None:
    authority = trustme.CA()
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(bundle)
    async with tls_server(authority) as url:
        for verify in (str(bundle), False):
            async with AiohttpTransport(verify=verify) as transport:
                assert await read(await send(transport, url, b"")) == b"ok"
        async with AiohttpTransport() as transport:
            with pytest.raises(httpx.ConnectError):
                await send(transport, url, b"")


@asynccontextmanager
async def proxy(seen: list[bytes]) -> AsyncIterator[str]:
    """A proxy that connects a tunnel, or answers a plain request itself."""

    serving: list[asyncio.Task[object]] = []

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        await hang_up(writer)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        serving.append(task)
        head = await reader.readuntil(b"\r\n\r\n")
        seen.append(head)
        method, target, _ = head.split(b" ", 2)
        if method != b"CONNECT":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nproxy")
        else:
            host, port = target.decode().rsplit(":", 1)
            other_reader, other_writer = await asyncio.open_connection(host, int(port))
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            await asyncio.gather(pump(reader, other_writer), pump(other_reader, writer))
        await hang_up(writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://user:word@127.0.0.1:{server.sockets[0].getsockname()[1]}"
        await asyncio.gather(*serving)


async def hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


async def test_plain_and_tls_requests_go_through_a_proxy_with_its_password(tmp_path) -> None:
    authority = trustme.CA()
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(bundle)
    seen: list[bytes] = []
    async with (
        proxy(seen) as address,
        tls_server(authority) as secure,
        AiohttpTransport(verify=str(bundle), proxy=address) as transport,
    ):
        assert await read(await send(transport, "http://upstream.test/v1")) == b"proxy"
        assert await read(await send(transport, secure, b"")) == b"ok"

    plain, tunnel = seen
    assert plain.startswith(b"POST http://upstream.test/v1 HTTP/1.1")
    assert tunnel.startswith(b"CONNECT localhost:")
    assert all(b"Proxy-Authorization: Basic dXNlcjp3b3Jk" in head for head in seen)


@pytest.mark.parametrize(
    ("variables", "url", "expected"),
    [
        ({"HTTPS_PROXY": "http://p:1"}, "https://api.example/v1", "http://p:1"),
        ({"https_proxy": "http://p:1"}, "https://api.example/v1", "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1"}, "http://api.example/v1", ""),
        ({"HTTP_PROXY": "http://p:1"}, "http://api.example/v1", "http://p:1"),
        ({"ALL_PROXY": "http://p:1"}, "https://api.example/v1", "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "example"}, "https://api.example/v1", ""),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "*"}, "https://api.example/v1", ""),
        (
            {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "other"},
            "https://api.example/v1",
            "http://p:1",
        ),
        ({}, "https://api.example/v1", ""),
    ],
)
def test_the_environment_names_the_proxy(monkeypatch, variables, url, expected) -> None:
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert environment_proxy(httpx.URL(url)) == expected
