"""Parts and versions of what a backend keeps, and answers without a body, passed on."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from tests.integration.served import Served, backend, serving
from tests.integration.sockets import address, exchange, request
from tests.upstream.answers import HTML
from tests.upstream.script import Close, Reply, Send
from tests.upstream.server import Upstream

MORE = """
[routing]
default_backend = "up"
relay_paths = ["/v1/files", "/v1/files/*", "/v1/vector_stores"]
"""
CONTENT = "/v1/files/f/content"
FILE = bytes(range(256)) * 4000
OCTETS = ("Content-Type", "application/octet-stream")
VERSION = (("ETag", '"v1"'), ("Last-Modified", "Sat, 28 Nov 2026 12:00:00 GMT"))


@pytest_asyncio.fixture
async def served(upstream: Upstream) -> AsyncIterator[Served]:
    async with serving(backend(upstream.base_url, 'headers = { "X-Own" = "1" }') + MORE) as served:
        await served.client.get("/v1/models")
        yield served


async def test_a_client_may_ask_for_a_part(upstream: Upstream, served: Served) -> None:
    part = (OCTETS, ("Content-Range", "bytes 0-4/9"), ("Accept-Ranges", "bytes"), *VERSION)
    upstream.reply(Reply(status=206, headers=(*part, ("Set-Cookie", "a=b")), body=b"01234"))

    got = await served.client.get(CONTENT, headers={"Range": "bytes=0-4", "If-Range": '"v1"'})

    seen = upstream.requests[-1].headers
    assert (seen["range"], seen["if-range"]) == ("bytes=0-4", '"v1"')
    assert (got.status_code, got.content) == (206, b"01234")
    assert got.headers["content-range"] == "bytes 0-4/9"
    assert (got.headers["accept-ranges"], got.headers["etag"]) == ("bytes", '"v1"')
    assert got.headers["last-modified"] == VERSION[1][1]
    assert "set-cookie" not in got.headers


CONDITIONS = {
    "If-None-Match": '"v1"',
    "If-Match": '"v0"',
    "If-Modified-Since": VERSION[1][1],
    "If-Unmodified-Since": VERSION[1][1],
}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_what_has_not_changed_is_not_sent_again(
    upstream: Upstream, served: Served, method: str
) -> None:
    upstream.reply(Reply(status=304, headers=VERSION))

    answer = await exchange(
        served,
        request(f"{method} {CONTENT} HTTP/1.1", *(f"{k}: {v}" for k, v in CONDITIONS.items())),
    )

    head, _, body = answer.partition(b"\r\n\r\n")
    seen = upstream.requests[-1].headers
    assert {name: seen[name.lower()] for name in CONDITIONS} == CONDITIONS
    assert head.startswith(b"HTTP/1.1 304 ")
    assert b'etag: "v1"' in head
    assert b"content-" not in head
    assert b"transfer-encoding" not in head
    assert body == b""


async def test_no_content_has_neither_type_nor_length(upstream: Upstream, served: Served) -> None:
    upstream.reply(Reply(status=204, headers=()))

    answer = await exchange(served, request("DELETE /v1/files/f HTTP/1.1"))

    assert answer.startswith(b"HTTP/1.1 204 No Content\r\n")
    assert b"content-" not in answer
    assert b"transfer-encoding" not in answer
    assert answer.endswith(b"\r\n\r\n")


async def test_a_client_says_what_it_takes_and_which_version_of_the_api(
    upstream: Upstream, served: Served
) -> None:
    upstream.reply(Reply(body=b"{}"))
    wanted = {
        "accept": "application/json",
        "openai-beta": "assistants=v2",
        "anthropic-beta": "files-api-2025-04-14",
        "anthropic-version": "2023-06-01",
    }

    await served.client.post(
        "/v1/vector_stores", json={"name": "x"}, headers=wanted | {"X-Own": "2"}
    )

    seen = upstream.requests[-1].headers
    assert seen.items() >= (wanted | {"x-own": "1"}).items()


async def test_a_header_that_no_backend_should_read_is_left_out(
    upstream: Upstream, served: Served
) -> None:
    upstream.always(Reply(body=b"{}"))

    for odd in ("caf\xe9", "x" * 2000):
        answer = await exchange(
            served, request("GET /v1/files HTTP/1.1", f"openai-beta: {odd}", "accept: a/b")
        )
        assert answer.startswith(b"HTTP/1.1 200 ")

    assert all("openai-beta" not in it.headers for it in upstream.requests)
    assert upstream.requests[-1].headers["accept"] == "a/b"


async def test_a_file_may_be_a_page_but_a_page_is_no_answer(
    upstream: Upstream, served: Served
) -> None:
    kind = ("Content-Type", "text/html")
    file = ("Content-Disposition", 'attachment; filename="a.html"')
    upstream.reply(Reply(headers=(kind, file), body=HTML), Reply(headers=(kind,), body=HTML))

    got, page = [await served.client.get(CONTENT) for _ in range(2)]

    assert (got.status_code, got.content) == (200, HTML)
    assert got.headers["content-security-policy"] == "sandbox"
    assert page.status_code == 502


@pytest.mark.parametrize("status", [200, 204, 304])
async def test_an_empty_answer_that_calls_itself_a_page_is_none(
    upstream: Upstream, served: Served, status: int
) -> None:
    upstream.reply(Reply(status=status, headers=(("Content-Type", "text/html; charset=utf-8"),)))

    got = await served.client.delete("/v1/files/f")

    assert (got.status_code, got.content) == (status, b"")


async def test_a_compressed_answer_comes_back_as_what_it_stands_for(
    upstream: Upstream, served: Served
) -> None:
    headers = (OCTETS, ("Content-Encoding", "gzip"))
    upstream.reply(Reply(headers=headers, body=gzip.compress(FILE)))

    got = await served.client.get(CONTENT)

    assert got.content == FILE
    assert "content-encoding" not in got.headers


@pytest.mark.parametrize("headers", [(OCTETS,), (OCTETS, ("Content-Encoding", "gzip"))])
async def test_a_large_file_that_is_cut_is_never_a_whole_one(
    upstream: Upstream, served: Served, headers: tuple[tuple[str, str], ...]
) -> None:
    body = gzip.compress(FILE) if len(headers) > 1 else FILE
    steps = [Send(body[:-100]), Close()]
    upstream.reply(Reply(headers=headers, steps=steps, content_length=len(body)))

    with pytest.raises(httpx.RemoteProtocolError):
        await served.client.get(CONTENT)


async def test_an_upload_that_waits_for_a_sign_gets_one(upstream: Upstream, served: Served) -> None:
    upstream.reply(Reply(body=b'{"id":"f"}'))
    headers = ("content-type: audio/wav", "expect: 100-continue", "content-length: 3")
    reader, writer = await asyncio.open_connection(*address(served))

    writer.write(request("POST /v1/files HTTP/1.1", *headers, length=False))
    sign = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
    writer.write(b"abc")
    answer = await reader.read()
    writer.close()

    assert sign.startswith(b"HTTP/1.1 100 Continue\r\n")
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert upstream.requests[-1].body == b"abc"
    assert "expect" not in upstream.requests[-1].headers
