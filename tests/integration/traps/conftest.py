"""One server for all forty traps, with a scripted upstream of each kind behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from inspect import iscoroutinefunction
from pathlib import Path

import pytest
import pytest_asyncio

from tests.integration.served import serving
from tests.integration.traps.world import OLLAMA, OPENAI, OPENROUTER, World, settings
from tests.upstream import ollama_answers
from tests.upstream.server import Upstream

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests of this folder on the loop of the server."""
    for item in items:
        if item.path.parent == _HERE and iscoroutinefunction(getattr(item, "function", None)):
            item.add_marker(pytest.mark.asyncio(loop_scope="package"), append=False)


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def running() -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        upstreams = {
            kind: await stack.enter_async_context(Upstream())
            for kind in (OPENAI, OPENROUTER, OLLAMA)
        }
        _prepare(upstreams[OLLAMA])
        served = await stack.enter_async_context(serving(settings(upstreams)))
        yield World(served=served, upstreams=upstreams)


@pytest.fixture
def world(running: World) -> World:
    """The server and its upstreams; nothing is scripted yet."""
    for upstream in running.upstreams.values():
        upstream.forget()
    _prepare(running.upstreams[OLLAMA])
    return running


def _prepare(upstream: Upstream) -> None:
    able = ["completion", "tools", "thinking", "vision", "insert"]
    upstream.tags = (ollama_answers.tag("m:latest", capabilities=able),)
