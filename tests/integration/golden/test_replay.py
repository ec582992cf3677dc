"""The recorded traffic of the real server, replayed against this one."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.integration.golden.comparison import differences
from tests.integration.golden.differing import DIFFERING
from tests.integration.golden.recordings import FILES, Recorded, recordings, send
from tests.integration.golden.worlds import Worlds
from tests.upstream.fixtures import module_upstream
from tests.upstream.server import Upstream

__all__ = ["module_upstream"]

pytestmark = pytest.mark.asyncio(loop_scope="module")

DIFFERENT = [recordings(file)[name] for file in FILES for name in DIFFERING[file].names]
SAME = [
    recorded
    for file in FILES
    for name, recorded in recordings(file).items()
    if name not in DIFFERING[file].names
]


def named(recorded: Recorded) -> str:
    return f"{recorded.file}, {recorded.name}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def worlds(module_upstream: Upstream) -> AsyncIterator[Worlds]:
    async with Worlds(module_upstream) as worlds:
        yield worlds


async def replay(worlds: Worlds, recorded: Recorded) -> list[str]:
    async with worlds.of(recorded) as served:
        return differences(recorded, await send(recorded, served.url))


@pytest.mark.parametrize("recorded", SAME, ids=named)
async def test_an_exchange_goes_as_recorded(worlds: Worlds, recorded: Recorded) -> None:
    assert await replay(worlds, recorded) == []


@pytest.mark.parametrize("recorded", DIFFERENT, ids=named)
async def test_an_exchange_differs_where_it_is_said_to(worlds: Worlds, recorded: Recorded) -> None:
    assert await replay(worlds, recorded) != []
