"""Which models are loaded."""

from __future__ import annotations

import pytest

from domain.aliases import Alias
from domain.residence import Residents
from domain.routing import Router
from ports.backend import Backend
from ports.caller import ANYONE, Caller
from ports.errors import BackendUnavailable, GatewayError, LoopDetected
from ports.library import MadeModel
from ports.residence import RunningModel
from tests.fakes.backend import backend
from tests.fakes.clock import MORNING_NS, FakeClock
from tests.fakes.library import FakeStore
from tests.fakes.residence import FakeResidence

SECOND = 1_000_000_000


def running(name: str, seconds: int) -> RunningModel:
    return RunningModel(id=name, expires_ns=MORNING_NS + seconds * SECOND)


class House:
    def __init__(self, *backends: Backend) -> None:
        self.clock = FakeClock()
        self.store = FakeStore()
        self.router = Router(
            backends or (backend("cloud", "gpt", "small"),),
            (Alias(name="fast", target="cloud/gpt"),),
            store=self.store,
        )
        self.residents = Residents(self.router, self.clock)

    async def use(self, name: str, keep_alive: float | None = None) -> None:
        self.residents.note(await self.router.resolve(name), keep_alive)

    async def load(self, name: str, keep_alive: float | None = None) -> None:
        await self.residents.load(await self.router.resolve(name), keep_alive)

    async def list(self, caller: Caller = ANYONE) -> list[tuple[str, float]]:
        return [
            (it.target.name, (it.expires_ns - MORNING_NS) / SECOND)
            for it in await self.residents.list(caller)
        ]


@pytest.fixture
def house() -> House:
    return House()


async def test_a_used_model_stays_for_five_minutes(house: House) -> None:
    await house.use("GPT:latest")
    assert await house.list() == [("gpt", 300)]

    house.clock.advance(299)
    assert await house.list() == [("gpt", 300)]
    house.clock.advance(1)
    assert await house.list() == []


async def test_every_use_begins_the_time_anew(house: House) -> None:
    await house.use("gpt")
    house.clock.advance(100)

    await house.use("gpt", 60)

    assert await house.list() == [("gpt", 160)]


async def test_the_latest_to_expire_comes_first(house: House) -> None:
    await house.use("gpt", 10)
    await house.use("small", 30)
    await house.use("fast", 20)

    assert [name for name, _ in await house.list()] == ["small", "fast", "gpt"]


async def test_zero_leaves_at_once_and_a_negative_time_never_ends(house: House) -> None:
    await house.use("gpt", -1)
    await house.use("small")
    await house.use("small", 0)
    house.clock.advance(10 * 365 * 86_400)

    (stays,) = await house.list()

    assert stays[0] == "gpt"
    assert stays[1] > 200 * 365 * 86_400


@pytest.mark.parametrize("keep_alive", [1e300, -1e300, 9e9])
async def test_no_time_is_too_long(house: House, keep_alive: float) -> None:
    await house.use("gpt", keep_alive)

    assert len(await house.list()) == 1


async def test_loading_counts_as_a_use_and_unloading_ends_it(house: House) -> None:
    await house.load("gpt", 5)
    assert await house.list() == [("gpt", 5)]

    await house.load("gpt", 0)

    assert await house.list() == []


async def test_a_model_that_is_gone_is_not_loaded() -> None:
    cloud = backend("cloud", "gpt", "small")
    house = House(cloud)
    await house.use("gpt")
    await house.store.put(MadeModel(name="mine", target="cloud/small"))
    await house.use("mine")
    assert {name for name, _ in await house.list()} == {"gpt", "mine"}

    cloud.catalog.offer("small")
    await house.store.remove("mine")

    assert await house.list() == []


async def test_a_name_that_means_another_model_by_now_is_not_loaded(house: House) -> None:
    await house.store.put(MadeModel(name="mine", target="cloud/small"))
    await house.use("mine")

    await house.store.put(MadeModel(name="mine", target="cloud/gpt"))

    assert await house.list() == []


async def test_a_caller_sees_its_own_models(house: House) -> None:
    await house.use("gpt")
    await house.use("small")

    assert [name for name, _ in await house.list(Caller(name="ada", models=("sm*",)))] == ["small"]


async def test_invented_names_do_not_fill_the_memory() -> None:
    house = House(backend("cloud", any_model=True))

    for number in range(1500):
        await house.use(f"m{number}")

    assert len(await house.list()) == 1000


async def test_an_upstream_that_loads_is_asked_and_told() -> None:
    residence = FakeResidence(running("plain:latest", 50), running("hidden:latest", 60))
    box = backend("box", "plain:latest", residence=residence)
    house = House(backend("cloud", "gpt", "plain"), box)
    await house.use("gpt", 70)
    await house.use("box/plain", 5)

    await house.load("box/plain", 7)
    await house.load("box/plain", 0)

    assert await house.list() == [("gpt", 70), ("box/plain:latest", 50)]
    assert residence.loaded == [("plain:latest", 7), ("plain:latest", 0)]


@pytest.mark.parametrize("error", [BackendUnavailable("no answer"), LoopDetected("loop")])
async def test_an_upstream_that_fails_adds_nothing(error: GatewayError) -> None:
    residence = FakeResidence(running("plain:latest", 50))
    residence.error = error
    house = House(backend("cloud", "gpt"), backend("box", "plain:latest", residence=residence))
    await house.use("gpt")

    assert await house.list() == [("gpt", 300)]
