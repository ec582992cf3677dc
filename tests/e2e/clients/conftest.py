"""One server for each kind of upstream, and one process for each client, for all of these tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from tests.e2e.clients.gateways import Gateways
from tests.e2e.clients.ledger import Ledger, ledger_of
from tests.e2e.clients.running import Workers

HERE = Path(__file__).parent
LAST = "test_document.py"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Compare the document with the run behind everything else."""
    places = [place for place, item in enumerate(items) if item.path.parent == HERE]
    ours = sorted((items[place] for place in places), key=lambda item: item.path.name == LAST)
    for place, item in zip(places, ours, strict=True):
        items[place] = item


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def gateways() -> AsyncIterator[Gateways]:
    """Return the servers."""
    async with AsyncExitStack() as stack:
        yield Gateways(stack)


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def workers() -> AsyncIterator[Workers]:
    """Return the clients."""
    async with AsyncExitStack() as stack:
        yield Workers(stack)


@pytest.fixture(scope="session")
def ledger(pytestconfig: pytest.Config) -> Ledger:
    """Return the record of what passed."""
    return ledger_of(pytestconfig)
