from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from adapters.backends.ollama.build import open_backend
from adapters.backends.ollama.config import OllamaConfig
from ports.backend import Backend
from tests.fakes.clock import FakeClock
from tests.upstream.fixtures import upstream
from tests.upstream.server import Upstream

__all__ = ["upstream"]


@pytest_asyncio.fixture
async def clock() -> FakeClock:
    return FakeClock()


@pytest_asyncio.fixture
async def backend(upstream: Upstream, clock: FakeClock) -> AsyncIterator[Backend]:
    config = OllamaConfig(name="box", base_url=upstream.url, catalog_ttl=60.0)
    async with open_backend(config, clock=clock, via="1.1 test") as backend:
        yield backend
