"""The recorded traffic of the real server, replayed against this one."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from tests.integration.golden import Recorded, recordings
from tests.integration.golden_comparison import differences
from tests.integration.golden_differences import DIFFERENT
from tests.integration.golden_runner import Runner
from tests.integration.served import Served, backend, serving
from tests.upstream.fixtures import module_upstream
from tests.upstream.server import Upstream

__all__ = ["module_upstream"]

pytestmark = pytest.mark.asyncio(loop_scope="module")

MODELS = (
    "plain", "chat", "tools", "embed", "vision", "fim", "me/ns:tag", "rtools", "qthink",
    "gptoss", "remote",
)  # fmt: skip

CAPABILITIES = """capabilities = { "plain" = ["completion"], "chat" = ["completion"], \
"tools" = ["tools", "thinking"], "embed" = ["embedding"], "vision" = ["vision"], \
"fim" = ["insert"], "me/ns:tag" = ["completion"], "rtools" = ["tools", "thinking"], \
"qthink" = ["tools", "thinking"], "gptoss" = ["tools", "thinking"], "remote" = ["tools"] }"""

ALIAS = """
[aliases."mymodel:v1"]
targets = ["up/tools"]
system = "You are <x>"
options = { temperature = 0.5, stop = ["a", "b"], num_ctx = 2048 }
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(module_upstream: Upstream) -> AsyncIterator[Served]:
    module_upstream.models = MODELS
    async with serving(backend(module_upstream.base_url, CAPABILITIES) + ALIAS) as served:
        await served.client.get("/api/tags")
        yield served


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bare(module_upstream: Upstream) -> AsyncIterator[Served]:
    """A server whose upstream has no models."""
    async with serving(backend(module_upstream.base_url, 'models = ["!*"]')) as served:
        yield served


async def replay(recorded: Recorded, upstream: Upstream, client: httpx.AsyncClient) -> list[str]:
    upstream.forget()
    upstream.models = MODELS
    upstream.always(Runner(recorded))
    request = httpx.Request(
        recorded.request["method"],
        client.base_url.join(recorded.request["path"]),
        headers=recorded.headers,
        content=pieces(recorded) if recorded.request.get("chunked") else recorded.content,
    )
    return differences(recorded, await client.send(request))


async def pieces(recorded: Recorded) -> AsyncIterator[bytes]:
    for position in range(0, len(recorded.content), 10):
        yield recorded.content[position : position + 10]


@pytest.mark.parametrize(
    "recorded", [r for r in recordings() if r.name not in DIFFERENT], ids=lambda r: r.name
)
async def test_an_exchange_goes_as_recorded(
    served: Served, bare: Served, module_upstream: Upstream, recorded: Recorded
) -> None:
    client = (bare if recorded.state.startswith("no models") else served).client

    assert await replay(recorded, module_upstream, client) == []


@pytest.mark.parametrize(
    "recorded", [r for r in recordings() if r.name in DIFFERENT], ids=lambda r: r.name
)
async def test_an_exchange_differs_where_it_is_said_to(
    served: Served, module_upstream: Upstream, recorded: Recorded
) -> None:
    assert await replay(recorded, module_upstream, served.client) != []
