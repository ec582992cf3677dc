from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from adapters.observability.metrics import families
from adapters.observability.metrics.sampling import Sampler, Sources
from adapters.observability.metrics.store import Store
from adapters.observability.metrics.system import Reading
from tests.fakes.clock import FakeClock
from tests.unit.adapters.observability.metrics.numbers import counts, of, snapshot, store, sums
from tests.waiting import until


class World:
    """What a sampler reads."""

    def __init__(self) -> None:
        self.cpu = 0.0
        self.asked = 0
        self.lost = 0
        self.up: dict[str, bool] = {}
        self.served = 0

    def system(self) -> Sequence[Reading]:
        self.asked += 1
        return [Reading(families.CPU, (), self.cpu), Reading(families.THREADS, (), 5)]

    def backends(self) -> Mapping[str, bool]:
        return self.up

    def sources(self) -> Sources:
        return Sources(
            system=self.system,
            begun=1.8e9,
            lost_spans=lambda: self.lost,
            backends=self.backends,
            running={families.LATE_REQUESTS: lambda: self.served},
        )


class SlowClock(FakeClock):
    """A clock on an event loop that is late, and stands still behind so many beats."""

    def __init__(self, late: float, beats: int) -> None:
        super().__init__()
        self._late = late
        self._beats = beats
        self.is_over = False
        """All beats have been slept, and what was to be done behind the last one is done."""

    async def sleep(self, seconds: float, /) -> None:
        if len(self.slept) == self._beats:
            self.is_over = True
            await asyncio.Event().wait()
        await super().sleep(seconds)
        self.advance(self._late)


async def run(counted: Store, world: World, clock: SlowClock) -> None:
    task = asyncio.create_task(Sampler(counted, clock, world.sources()).run())
    await until(lambda: clock.is_over or task.done())
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_the_system_is_asked_every_thirty_seconds_and_the_loop_each_second() -> None:
    counted, world, clock = store(), World(), SlowClock(0.0, 61)

    await run(counted, world, clock)

    assert world.asked == 3
    assert counts(counted, families.LAG) == {(): 61}
    assert of(counted, families.THREADS) == {(): (5,)}
    assert set(clock.slept) == {1.0}


async def test_a_loop_that_is_late_shows() -> None:
    counted = store()

    await run(counted, World(), SlowClock(0.25, 4))

    assert sums(counted, families.LAG) == {(): 1.0}


def test_the_quick_ones_are_read_at_each_beat() -> None:
    counted, world, clock = store(), World(), FakeClock()
    sampler = Sampler(counted, clock, world.sources())

    sampler.beat()
    before = snapshot(counted)
    clock.advance(12)
    world.lost, world.up = 3, {"a": True, "b": False}
    sampler.beat()

    after = snapshot(counted)
    assert before[families.SPANS_DROPPED.name] == {(): (0,)}
    assert before[families.BACKEND_UP.name] == {}
    assert after[families.UPTIME.name] == {(): (12,)}
    assert before[families.START_TIME.name] == after[families.START_TIME.name] == {(): (1.8e9,)}
    assert after[families.SPANS_DROPPED.name] == {(): (3,)}
    assert after[families.BACKEND_UP.name] == {("a",): (1,), ("b",): (0,)}


def test_a_backend_of_which_nothing_is_known_any_more_is_absent_again() -> None:
    counted, world = store(), World()
    sampler = Sampler(counted, FakeClock(), world.sources())
    world.up = {"a": False, "b": True}

    sampler.beat()
    del world.up["a"]
    sampler.beat()

    assert snapshot(counted)[families.BACKEND_UP.name] == {("b",): (1,)}


def test_counters_of_a_process_before_this_one_go_on() -> None:
    counted, world = store(), World()
    counted.numbers[counted.place(families.SPANS_DROPPED)] = 40
    sampler = Sampler(counted, FakeClock(), world.sources())

    sampler.beat()
    world.lost = 2
    sampler.beat()

    assert of(counted, families.SPANS_DROPPED) == {(): (42,)}


def test_lately_is_the_last_minute() -> None:
    counted, world = store(), World()
    sampler = Sampler(counted, FakeClock(), world.sources())

    told = []
    for second in range(200):
        world.served += 10 if second < 100 else 0
        sampler.beat()
        told.append(snapshot(counted)[families.LATE_REQUESTS.name][()][0])

    assert (told[0], told[10], told[99], told[130], told[199]) == (0, 100, 600, 290, 0)
