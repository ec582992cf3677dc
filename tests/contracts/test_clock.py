"""What every `ports.clock.Clock` promises."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest

from adapters.memory.clock import SystemClock
from ports.clock import Clock
from tests.fakes.clock import FakeClock

ADAPTERS: dict[str, Callable[[], Clock]] = {"system": SystemClock, "fake": FakeClock}

YEAR_NS = 365 * 86_400 * 1_000_000_000


@pytest.fixture(params=ADAPTERS)
def clock(request: pytest.FixtureRequest) -> Clock:
    return ADAPTERS[request.param]()


def test_wall_time_is_nanoseconds_since_1970(clock: Clock) -> None:
    # Both stand within some years of now; microseconds or seconds would not.
    assert abs(clock.time_ns() - time.time_ns()) < 20 * YEAR_NS


async def test_elapsed_time_never_runs_backwards(clock: Clock) -> None:
    readings = []
    for _ in range(5):
        readings.append(clock.monotonic_ns())
        await clock.sleep(0)

    assert readings == sorted(readings)


async def test_sleeping_lasts_as_long_as_it_says(clock: Clock) -> None:
    begun = clock.monotonic_ns()

    await clock.sleep(0.01)

    # The event loop's own clock may be a grain coarser than the one we read.
    assert clock.monotonic_ns() - begun >= 9_900_000


async def test_sleeping_for_no_time_lets_others_run(clock: Clock) -> None:
    ran: list[object] = []
    other = asyncio.create_task(clock.sleep(0))
    other.add_done_callback(ran.append)

    for _ in range(3):
        await clock.sleep(0)

    assert ran == [other]
