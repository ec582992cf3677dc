"""The recorded traffic of the real server, replayed against this one."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.integration.golden.comparison import differences
from tests.integration.golden.differences import BROKEN
from tests.integration.golden.differing import DIFFERING
from tests.integration.golden.recordings import FILES, Recorded, recordings, send
from tests.integration.golden.wire import Answer
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

FAILED = [recordings(file)[name] for file in FILES for name in DIFFERING[file].beyond[BROKEN]]


def named(recorded: Recorded) -> str:
    return f"{recorded.file}, {recorded.name}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def worlds(module_upstream: Upstream) -> AsyncIterator[Worlds]:
    async with Worlds(module_upstream) as worlds:
        yield worlds


async def asked(worlds: Worlds, recorded: Recorded) -> Answer:
    async with worlds.of(recorded) as served:
        return await send(recorded, served.url)


async def replay(worlds: Worlds, recorded: Recorded) -> list[str]:
    return differences(recorded, await asked(worlds, recorded))


def ends_with_an_error(answer: Answer) -> bool:
    """Tell whether the last line, or the last event, is an error of its dialect."""
    last = json.loads(answer.text.rstrip().rpartition("\n")[2].removeprefix("data: "))
    return "error" in last or last["type"] == "response.failed"


@pytest.mark.parametrize("recorded", SAME, ids=named)
async def test_an_exchange_goes_as_recorded(worlds: Worlds, recorded: Recorded) -> None:
    assert await replay(worlds, recorded) == []


@pytest.mark.parametrize("recorded", DIFFERENT, ids=named)
async def test_an_exchange_differs_where_it_is_said_to(worlds: Worlds, recorded: Recorded) -> None:
    assert await replay(worlds, recorded) != []


@pytest.mark.parametrize("recorded", FAILED, ids=named)
async def test_what_failed_or_broke_off_is_an_error(worlds: Worlds, recorded: Recorded) -> None:
    answer = await asked(worlds, recorded)

    assert answer.status >= 400 or ends_with_an_error(answer)
