"""What hostile bytes, clients and upstreams can do by way of the paths that are passed on.

Over sockets, byte by byte: no client library would send most of this.
"""

from __future__ import annotations

import asyncio
import gzip
import os
from collections.abc import AsyncIterator
from contextlib import suppress

import httpx
import pytest
import pytest_asyncio

from tests.integration.served import Served, backend, serving
from tests.integration.sockets import address, exchange, request
from tests.upstream.script import Reply
from tests.upstream.server import Upstream
from tests.waiting import until

LINES = ('api_key = "hunter2hunter2"',)
MORE = """
[routing]
default_backend = "up"
relay_paths = ["/v1/ocr", "/v1/batches/*"]
[aliases]
mine = "up/m"
"""


@pytest_asyncio.fixture
async def served(upstream: Upstream) -> AsyncIterator[Served]:
    upstream.always(Reply(body=b'{"ok":true}'))
    async with serving(backend(upstream.base_url, *LINES) + MORE) as served:
        await served.client.get("/v1/models")
        upstream.requests.clear()
        yield served


async def test_a_body_beside_get_is_no_second_request(upstream: Upstream, served: Served) -> None:
    hidden = b"GET /v1/organization/keys HTTP/1.1\r\nhost: x\r\n\r\n"

    for body in (hidden, b'{"model":"m"}'):
        await exchange(served, request("GET /v1/batches/b1 HTTP/1.1", body=body))
    await exchange(served, request("GET /v1/batches/b2 HTTP/1.1"))

    assert [it.path for it in upstream.requests] == [
        *("/v1/batches/b1", "/v1/batches/b1", "/v1/batches/b2")
    ]
    assert [it.body for it in upstream.requests] == [hidden, b'{"model":"m"}', b""]


LATE = b"--b-7--"
PAD = 'Content-Disposition: form-data; name="file"; filename="a.wav"'


def part(head: str, said: bytes) -> bytes:
    return b"--b-7\r\n%b\r\n\r\n%b\r\n" % (head.encode(), said)


MODEL = part('Content-Disposition: form-data; name="model"', b"m")
UNFINISHED = {
    "a form without an end": (
        "multipart/form-data; boundary=b-7",
        MODEL + part(PAD, b"z" * 100_000),
    ),
    "an object without an end": (
        "application/json",
        b'{"model":"m","x":"' + b"z" * 9_000_000 + b'","y":"z',
    ),
    "an object that hides a name": (
        "application/json",
        b'{"model":"m","x":"' + b"z" * 9_000_000 + rb'\","model":"secret","y":"z"}',
    ),
}


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(("kind", "body"), UNFINISHED.values(), ids=UNFINISHED)
async def test_a_body_that_turns_out_bad_at_its_end_never_arrives_whole(
    upstream: Upstream, served: Served, kind: str, body: bytes, chunked: bool
) -> None:
    line, told = "POST /v1/audio/transcriptions HTTP/1.1", f"content-type: {kind}"
    data = (
        request(line, told, "transfer-encoding: chunked", length=False)
        + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
        if chunked
        else request(line, told, body=body)
    )

    answer = await exchange(served, data)

    assert answer.startswith(b"HTTP/1.1 400 "), answer[:200]
    await until(lambda: not upstream.open_connections)
    assert not upstream.requests


@pytest.mark.parametrize("kind", ["text/plain", "application/jsonx", "multipart/mixed; boundary=b"])
@pytest.mark.parametrize("filtered", [False, True])
async def test_a_backend_that_is_kept_to_some_models_gets_no_body_that_cannot_be_read(
    upstream: Upstream, kind: str, filtered: bool
) -> None:
    upstream.always(Reply(body=b"{}"))
    lines = ('models = ["m"]',) if filtered else ()
    async with serving(backend(upstream.base_url, *lines) + MORE) as served:
        answer = await served.client.post(
            "/v1/ocr", content=b'{"model":"secret"}', headers={"content-type": kind}
        )
        empty = await served.client.get("/v1/batches/b1")

    assert (answer.status_code, empty.status_code) == (403 if filtered else 200, 200)


@pytest.mark.parametrize("last", [b"null", b'""', b"7", b'["m"]'])
@pytest.mark.parametrize("size", [1, 9_000_000])
async def test_a_second_model_that_is_none_does_not_hide_the_first(
    upstream: Upstream, served: Served, last: bytes, size: int
) -> None:
    body = b'{"model":"secret","x":"%b","model":%b}' % (b"z" * size, last)

    answer = await served.client.post("/v1/moderations", content=body)

    assert answer.status_code == 400
    assert not upstream.exchanges


@pytest.mark.parametrize("name", ["'model'", "model[]", " model"])
async def test_a_name_that_somebody_might_take_for_the_model_is_refused(
    upstream: Upstream, served: Served, name: str
) -> None:
    second = part(f'Content-Disposition: form-data; name="{name}"', b"secret")

    answer = await served.client.post(
        "/v1/audio/transcriptions",
        content=MODEL + second + LATE,
        headers={"content-type": "multipart/form-data; boundary=b-7"},
    )

    assert answer.status_code == 400
    assert not upstream.exchanges


NO_UTF8 = {"a key": b'{"\xff":1,"model":"m"}', "a model": b'{"model":"m\xff"}'}
EVERYWHERE = [
    *("/api/chat", "/api/generate", "/api/embed", "/v1/chat/completions", "/v1/completions"),
    *("/v1/embeddings", "/v1/responses", "/v1/messages", "/v1/messages/count_tokens"),
    "/v1/moderations",
]


@pytest.mark.parametrize("kind", ["openai-compatible", "ollama"])
@pytest.mark.parametrize("body", NO_UTF8.values(), ids=NO_UTF8)
@pytest.mark.parametrize("path", EVERYWHERE)
async def test_a_body_that_is_no_utf8_is_no_fault_of_ours(
    upstream: Upstream, kind: str, path: str, body: bytes
) -> None:
    upstream.always(Reply(body=b"{}"))
    native = 'native = ["openai", "responses", "anthropic"]' if kind != "ollama" else ""
    base_url = upstream.url if kind == "ollama" else upstream.base_url
    configured = f'[[backends]]\nname = "up"\nkind = "{kind}"\nbase_url = "{base_url}"\n{native}\n'
    async with serving(configured) as served:
        answer = await served.client.post(path, content=body)

    assert answer.status_code != 500, answer.text


PAGES = ["text/html", "TEXT/HTML ;x=y", "text/html,x", "application/xhtml+xml"]


@pytest.mark.parametrize("kind", PAGES)
async def test_no_page_of_an_upstream_is_shown_as_one_of_ours(
    upstream: Upstream, served: Served, kind: str
) -> None:
    upstream.always(Reply(headers=(("Content-Type", kind),), body=b"<script>"))

    answer = await served.client.get("/v1/batches/b1")

    assert answer.status_code == 502
    assert "<script>" not in answer.text


async def test_headers_of_an_answer_that_are_for_others_stay_here(
    upstream: Upstream, served: Served
) -> None:
    told = (
        ("Content-Type", "image/svg+xml"),
        ("Content-Disposition", "attachment; filename=hunter2hunter2"),
        ("Set-Cookie", "a=b"),
        ("Authorization", "Bearer hunter2hunter2"),
        ("OpenAI-Organization", "acme"),
        ("Access-Control-Allow-Origin", "*"),
        ("X-Request-Id", "theirs"),
        ("Connection", "keep-alive, x-hop"),
        ("X-Hop", "1"),
    )
    upstream.always(Reply(headers=told, body=b"<svg/>"))

    answer = await served.client.get("/v1/batches/b1", headers={"x-request-id": "mine"})

    assert answer.headers.pop("date")
    assert dict(answer.headers) == {
        "content-type": "image/svg+xml",
        "x-content-type-options": "nosniff",
        "content-security-policy": "sandbox",
        "content-disposition": "attachment; filename=***",
        "content-length": "6",
        "x-request-id": "mine",
    }


@pytest.mark.parametrize("coding", ["x-secret", "compress", "gzip, gzip", "aws-chunked"])
async def test_an_answer_in_a_coding_that_nobody_undoes_is_none(
    upstream: Upstream, served: Served, coding: str
) -> None:
    told = (("Content-Type", "audio/mpeg"), ("Content-Encoding", coding))
    upstream.always(Reply(headers=told, body=b"abc"))

    answer = await served.client.post("/v1/audio/speech", content=b'{"model":"m"}')

    assert answer.status_code == 502


async def test_a_compressed_answer_that_is_cut_in_good_framing_breaks_off_for_the_client(
    upstream: Upstream, served: Served
) -> None:
    whole = gzip.compress(os.urandom(300_000))
    told = (("Content-Type", "audio/mpeg"), ("Content-Encoding", "gzip"))
    upstream.always(Reply(headers=told, body=whole[:-1]))

    with pytest.raises(httpx.RemoteProtocolError):
        await served.client.post("/v1/audio/speech", content=b'{"model":"m"}')


async def test_an_upstream_that_takes_nothing_of_an_upload_is_given_up(upstream: Upstream) -> None:
    stuck: list[asyncio.StreamWriter] = []

    async def take_nothing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        stuck.append(writer)
        writer.transport.pause_reading()  # type: ignore[attr-defined]  # of a socket it has it

    server = await asyncio.start_server(take_nothing, "127.0.0.1", 0)
    base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    lines = ('static_models = ["m"]', "[backends.timeout]", "idle = 0.2")
    told = ("content-type: audio/wav", "content-length: 60000000")
    async with server, serving(backend(base_url, *lines) + MORE) as served:
        reader, writer = await asyncio.open_connection(*address(served))
        writer.write(request("POST /v1/ocr HTTP/1.1", *told, length=False) + b"z" * 30_000_000)
        answer = await asyncio.wait_for(reader.read(20), 10)
        for end in (writer, *stuck):
            end.transport.abort()
            with suppress(OSError):
                await end.wait_closed()

    assert answer.startswith(b"HTTP/1.1 504 ")


async def test_a_key_in_the_query_stays_here(upstream: Upstream) -> None:
    upstream.always(Reply(body=b'{"ok":true}'))
    key = '[[keys]]\nname = "ada"\nkey = "ada-key-1"\n'
    async with serving(backend(upstream.base_url, *LINES) + MORE + key) as served:
        answer = await served.client.post(
            "/v1/ocr?a=1&key=ada%2Dkey-1&b=2",
            content=b'{"model":"m"}',
            headers={"Authorization": "Bearer ada-key-1"},
        )

    assert answer.status_code == 200, answer.text
    asked = upstream.requests[-1]
    assert (asked.path, asked.query) == ("/v1/ocr", "a=1&b=2")
