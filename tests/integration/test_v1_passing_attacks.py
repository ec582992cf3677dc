"""What hostile bytes, clients and upstreams can do by way of the paths that are passed on.

Over sockets, byte by byte: no client library would send most of this.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio

from tests.integration.served import Served, backend, serving
from tests.upstream.script import Reply
from tests.upstream.server import Upstream

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


def address(served: Served) -> tuple[str, int]:
    host, _, port = served.url.removeprefix("http://").rpartition(":")
    return host, int(port)


async def exchange(served: Served, *pieces: bytes, wait: float = 5.0) -> bytes:
    """Write all of it, return all that comes until the server closes or nothing does."""
    reader, writer = await asyncio.open_connection(*address(served))
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        async with asyncio.timeout(wait):
            return await reader.read()
    finally:
        writer.close()


def request(
    line: str, *headers: str, body: bytes = b"", length: bool = True, host: str = "localhost"
) -> bytes:
    """A request that asks for the connection to be closed behind it."""
    counted = [f"content-length: {len(body)}"] if length else []
    head = [line, f"host: {host}", "connection: close", *headers, *counted, "", ""]
    return "\r\n".join(head).encode("utf-8") + body


async def test_a_body_beside_get_is_no_second_request(upstream: Upstream, served: Served) -> None:
    hidden = b"GET /v1/organization/keys HTTP/1.1\r\nhost: x\r\n\r\n"

    for body in (hidden, b'{"model":"m"}'):
        await exchange(served, request("GET /v1/batches/b1 HTTP/1.1", body=body))
    await exchange(served, request("GET /v1/batches/b2 HTTP/1.1"))

    assert [it.path for it in upstream.requests] == [
        *("/v1/batches/b1", "/v1/batches/b1", "/v1/batches/b2")
    ]
    assert [it.body for it in upstream.requests] == [hidden, b'{"model":"m"}', b""]
