"""What every `ports.residence.Residence` promises."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio
from msgspec import Struct

from adapters.backends.ollama.build import open_backend
from adapters.backends.ollama.config import OllamaConfig
from adapters.memory.clock import SystemClock
from ports.errors import BackendRejected, GatewayError
from ports.residence import Residence, RunningModel
from tests.fakes.residence import FakeResidence
from tests.upstream import ollama_answers
from tests.upstream.server import Upstream


class Holding(Struct, frozen=True, kw_only=True):
    """A memory, and how to make it do things."""

    residence: Residence
    hold: Callable[..., None]
    """From now on it holds these models."""
    take: Callable[[], None]
    """It loads and unloads what it is asked to."""
    refuse: Callable[[], None]


@asynccontextmanager
async def ollama() -> AsyncIterator[Holding]:
    async with Upstream() as upstream:
        config = OllamaConfig(name="up", base_url=upstream.url)

        def hold(*names: str) -> None:
            upstream.running = [ollama_answers.running(name) for name in names]

        def refuse() -> None:
            upstream.always(ollama_answers.error(404, "model 'a' not found"))

        async with open_backend(config, clock=SystemClock(), via="1.1 test") as backend:
            assert backend.residence is not None
            yield Holding(
                residence=backend.residence,
                hold=hold,
                take=lambda: upstream.always(ollama_answers.loaded),
                refuse=refuse,
            )


@asynccontextmanager
async def fake() -> AsyncIterator[Holding]:
    residence = FakeResidence()

    def hold(*names: str) -> None:
        residence.models = tuple(RunningModel(id=name, expires_ns=1) for name in names)

    def refuse() -> None:
        residence.error = BackendRejected("no such model")

    yield Holding(residence=residence, hold=hold, take=lambda: None, refuse=refuse)


ADAPTERS = {"ollama": ollama, "fake": fake}


@pytest_asyncio.fixture(params=ADAPTERS)
async def holding(request: pytest.FixtureRequest) -> AsyncIterator[Holding]:
    async with ADAPTERS[request.param]() as holding:
        yield holding


@pytest.mark.parametrize("names", [(), ("b:latest", "a:8b")])
async def test_loaded_models_come_in_the_upstreams_order(
    holding: Holding, names: tuple[str, ...]
) -> None:
    holding.hold(*names)

    assert [model.id for model in await holding.residence.running()] == list(names)


async def test_a_loaded_model_has_its_end_in_nanoseconds(holding: Holding) -> None:
    holding.hold("a:8b")

    (model,) = await holding.residence.running()

    assert type(model.expires_ns) is int
    assert model.expires_ns > 0


@pytest.mark.parametrize("keep_alive", [None, 0, 0.5, 60.0, -1])
async def test_a_model_may_be_loaded_for_any_time(
    holding: Holding, keep_alive: float | None
) -> None:
    holding.take()

    assert await holding.residence.load("a:8b", keep_alive=keep_alive) is None


async def test_a_refusal_is_one_of_ours(holding: Holding) -> None:
    holding.refuse()

    with pytest.raises(GatewayError) as caught:
        await holding.residence.load("a:8b")

    assert caught.value.message
