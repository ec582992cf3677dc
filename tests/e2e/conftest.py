"""One upstream and one server for all tests of a module."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.e2e.lines import WAYS, Asker, Way
from tests.e2e.server import Served, serve
from tests.upstream.fixtures import module_upstream
from tests.upstream.server import Upstream

__all__ = ["module_upstream"]

CONFIG = """
[[backends]]
name = "up"
kind = "openai-compatible"
base_url = "{url}"
api_key = "upstream-key"
timeout = {{ connect = "5s", first_byte = "{first_byte}", idle = "{idle}" }}

[aliases]
optioned = {{ targets = ["up/m"], options = {{ temperature = 0.5 }} }}
"""


@pytest.fixture
def upstream(module_upstream: Upstream) -> Upstream:
    """Return the module's upstream, without scripts and records of other tests."""
    module_upstream.forget()
    return module_upstream


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(
    module_upstream: Upstream, request: pytest.FixtureRequest
) -> AsyncIterator[Served]:
    """Run a server in front of the upstream.

    A module that wants other than patient timeouts sets `FIRST_BYTE` and `IDLE`.
    """
    wanted = {name: getattr(request.module, name.upper(), "30s") for name in ("first_byte", "idle")}
    async with serve(CONFIG.format(url=module_upstream.base_url, **wanted)) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def offline() -> AsyncIterator[Served]:
    """Run a server that nobody has configured."""
    async with serve() as running:
        yield running


@pytest.fixture(scope="module", params=WAYS)
def way(request: pytest.FixtureRequest) -> Way:
    """Return each path to the upstream."""
    return WAYS[request.param]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def asker(served: Served, way: Way) -> AsyncIterator[Asker]:
    """Return a client of the server in front of the upstream."""
    asker = Asker(served.url, way)
    yield asker
    asker.close()
