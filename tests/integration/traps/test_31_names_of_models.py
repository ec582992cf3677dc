"""Trap 31: a name keeps its author, its slashes and its tag, and gets none that it had not."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.integration.served import Served, backend, serving
from tests.integration.traps.clients.base import Dialect
from tests.integration.traps.scripts import saying
from tests.integration.traps.world import ANTHROPIC, DIALECTS
from tests.upstream.server import Upstream

NAMES = (
    "meta-llama/llama-3.3-70b-instruct:free",
    "Org/Model-7B",
    "plain",
    "tagged:8b",
    "a/b/c/d:e",
    "hf.co/x/y:Q4_K_M",
)
SPELLINGS = [(name, spelled) for name in NAMES for spelled in (name, f"up/{name}")]
each_dialect = pytest.mark.parametrize("dialect", DIALECTS, ids=lambda it: it.name)


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def named() -> AsyncIterator[tuple[Served, Upstream]]:
    async with Upstream() as upstream:
        upstream.models = NAMES
        async with serving(backend(upstream.base_url)) as served:
            yield served, upstream


@each_dialect
@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    ("name", "spelled"), [*SPELLINGS, ("plain", "plain:latest"), ("Org/Model-7B", "org/model-7b")]
)
async def test_a_name_reaches_the_upstream_as_it_listed_it_and_comes_back_as_it_was_asked(
    named: tuple[Served, Upstream], dialect: Dialect, stream: bool, name: str, spelled: str
) -> None:
    served, upstream = named
    upstream.always(saying(["ok"]))

    asked = {"model": spelled, "stream": stream, **dialect.body("hi")}
    answer = await served.client.post(dialect.path, json=asked, headers=dialect.headers)

    assert dialect.read(answer).model == spelled
    assert upstream.exchanges[-1].request.json()["model"] == name


async def test_every_list_has_them(named: tuple[Served, Upstream]) -> None:
    served, _ = named

    tags = (await served.client.get("/api/tags")).json()["models"]
    openai = (await served.client.get("/v1/models")).json()["data"]
    anthropic = (await served.client.get("/v1/models", headers=ANTHROPIC.headers)).json()["data"]

    for listed in (
        [model["name"] for model in tags],
        [model["id"] for model in openai],
        [model["id"] for model in anthropic],
    ):
        # A listed name has a tag in the eyes of Ollama's clients.
        assert [name.removesuffix(":latest") for name in listed] == list(NAMES)
