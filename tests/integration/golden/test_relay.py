"""The recorded traffic, with an Ollama server behind this one that answers as recorded."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.integration.golden.recordings import Recorded, recordings, send
from tests.integration.golden.relay import (
    OTHERWISE,
    Relays,
    refused_differences,
    relayable,
    relayed_differences,
)
from tests.upstream.fixtures import module_upstream
from tests.upstream.server import Upstream

__all__ = ["module_upstream"]

pytestmark = pytest.mark.asyncio(loop_scope="module")

EXCEPTIONS = [name for names in OTHERWISE.values() for name in names]
SAME = [recorded for recorded in relayable() if recorded.name not in EXCEPTIONS]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def relays(module_upstream: Upstream) -> AsyncIterator[Relays]:
    async with Relays(module_upstream) as relays:
        yield relays


async def replay(relays: Relays, recorded: Recorded) -> list[str]:
    async with relays.of(recorded) as served:
        answer = await send(recorded, served.url)
    if recorded.response["status"] < 400:
        return relayed_differences(recorded, answer)
    return refused_differences(recorded, answer)


@pytest.mark.parametrize("recorded", SAME, ids=lambda recorded: recorded.name)
async def test_an_answer_comes_through_as_it_is(relays: Relays, recorded: Recorded) -> None:
    assert await replay(relays, recorded) == []


@pytest.mark.parametrize("name", EXCEPTIONS)
async def test_an_answer_is_another_where_it_is_said_to_be(relays: Relays, name: str) -> None:
    assert await replay(relays, recordings()[name]) != []


async def test_most_of_what_an_ollama_server_answers_itself_is_replayed() -> None:
    assert len(SAME) > 580
