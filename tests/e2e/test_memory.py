"""A stream passes through: how long it is makes no difference to memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import pytest_asyncio

from tests.e2e.lines import body
from tests.e2e.server import Served
from tests.upstream.answers import SSE, chat_events, chunk
from tests.upstream.script import Reply, Send, Step
from tests.upstream.server import Upstream

pytestmark = pytest.mark.asyncio(loop_scope="module")

WORD = chunk({"content": " word"})
BATCH = 100
ROOM = 3 * 1024 * 1024
"""Bytes that resident memory may grow: a tenth of what passes through."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(served: Served) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client of the server."""
    async with httpx.AsyncClient(base_url=served.url, trust_env=False, timeout=60) as client:
        yield client


def long_stream(deltas: int) -> Reply:
    """Build an answer of so many deltas, made while it is sent."""
    opening, *ending = chat_events()

    def steps() -> Iterator[Step]:
        yield Send(opening)
        for _ in range(deltas // BATCH):
            yield Send(WORD * BATCH)
        yield Send(b"".join(ending))

    return Reply(headers=SSE, steps=steps())


async def words_of(client: httpx.AsyncClient) -> int:
    """Read a whole stream to its good end; the number of its words."""
    words, tail = 0, b""
    async with client.stream("POST", "/api/chat", json=body(stream=True)) as answer:
        async for data in answer.aiter_bytes():
            words += (tail[-4:] + data).count(b" word")  # one may be cut by the network
            tail = (tail + data)[-1000:]
    assert b'"done":true' in tail.rpartition(b"\n{")[2]
    return words


async def test_a_long_stream_does_not_grow_the_server(
    upstream: Upstream, served: Served, client: httpx.AsyncClient
) -> None:
    upstream.reply(long_stream(5_000), long_stream(200_000))
    await words_of(client)  # what the first stream takes once is not growth
    before = served.resident_bytes()

    words = await words_of(client)

    assert words == 200_000
    assert served.resident_bytes() - before < ROOM


async def test_a_large_upload_does_not_grow_the_server(
    upstream: Upstream, served: Served, client: httpx.AsyncClient
) -> None:
    block = bytes(range(256)) * 256
    head = b'--b\r\nContent-Disposition: form-data; name="model"\r\n\r\nm\r\n'
    head += b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'

    async def upload(blocks: int) -> int:
        async def pieces() -> AsyncIterator[bytes]:
            yield head
            for _ in range(blocks):
                yield block
            yield b"\r\n--b--\r\n"

        upstream.reply(Reply(body=b"{}"))
        kind = {"content-type": "multipart/form-data; boundary=b"}
        path = "/v1/audio/transcriptions"
        answer = await client.post(path, content=pieces(), headers=kind)
        assert answer.status_code == 200
        return len(upstream.requests[-1].body)

    await upload(100)
    before = served.resident_bytes()

    passed = await upload(800)

    assert passed > 50_000_000
    assert served.resident_bytes() - before < ROOM
