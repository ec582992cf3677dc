"""A server with the three models of the checklist (docs/wire/ollama-api.md 9) behind it.

One for all tests of a module; they need `asyncio(loop_scope="module")`.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.integration.served import Served, backend, serving
from tests.upstream.fixtures import module_upstream
from tests.upstream.server import Upstream

__all__ = ["module_upstream"]

MODELS = ("plain", "tools", "embed")
CAPABILITIES = (
    'capabilities = { "plain" = ["completion"], "tools" = ["tools", "thinking"], '
    '"embed" = ["embedding"] }'
)


@pytest.fixture
def upstream(module_upstream: Upstream) -> Upstream:
    """Return the module's upstream, without scripts and records of other tests."""
    module_upstream.forget()
    module_upstream.models = MODELS
    return module_upstream


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def module_served(module_upstream: Upstream) -> AsyncIterator[Served]:
    module_upstream.models = MODELS
    with tempfile.TemporaryDirectory(prefix="llamaport-") as folder:
        models = f'[models]\nfile = "{folder}/models.json"\n'
        async with serving(models + backend(module_upstream.base_url, CAPABILITIES)) as served:
            await served.client.get("/api/tags")
            yield served


@pytest.fixture
def served(module_served: Served, upstream: Upstream) -> Served:
    """Return the server of `plain`, `tools` and `embed`; nothing is scripted yet."""
    return module_served
