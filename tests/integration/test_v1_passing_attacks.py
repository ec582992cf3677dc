"""What hostile bytes, clients and upstreams can do by way of the paths that are passed on.

Over sockets, byte by byte: no client library would send most of this.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.integration.served import Served, backend, serving
from tests.integration.sockets import exchange, request
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


async def test_a_body_beside_get_is_no_second_request(upstream: Upstream, served: Served) -> None:
    hidden = b"GET /v1/organization/keys HTTP/1.1\r\nhost: x\r\n\r\n"

    for body in (hidden, b'{"model":"m"}'):
        await exchange(served, request("GET /v1/batches/b1 HTTP/1.1", body=body))
    await exchange(served, request("GET /v1/batches/b2 HTTP/1.1"))

    assert [it.path for it in upstream.requests] == [
        *("/v1/batches/b1", "/v1/batches/b1", "/v1/batches/b2")
    ]
    assert [it.body for it in upstream.requests] == [hidden, b'{"model":"m"}', b""]
