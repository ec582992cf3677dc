"""Fixtures of the scripted upstream; a `conftest.py` imports the ones it wants."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.upstream.server import Upstream


@pytest_asyncio.fixture
async def upstream() -> AsyncIterator[Upstream]:
    """Run an upstream of its own for one test."""
    async with Upstream() as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def module_upstream() -> AsyncIterator[Upstream]:
    """Run one upstream for all tests of a module; they need `asyncio(loop_scope="module")`.

    A test that uses it begins with `forget()`.
    """
    async with Upstream() as running:
        yield running
