"""Bounds on the waits of one exchange."""

from __future__ import annotations

import asyncio

import pytest

from adapters.backends.patience import Patience, Timeouts
from ports.errors import BackendTimeout

NEVER = Timeouts(first_byte=0, idle=0, total=0)
SHORT = 0.01


async def forever() -> None:
    await asyncio.Event().wait()


async def wait(patience: Patience) -> None:
    with patience:
        await forever()


@pytest.mark.parametrize(
    "timeouts", [Timeouts(first_byte=SHORT, idle=0), Timeouts(first_byte=0, idle=0, total=SHORT)]
)
async def test_a_first_byte_that_does_not_come_ends_the_wait(timeouts) -> None:
    with pytest.raises(BackendTimeout):
        await wait(Patience(timeouts))


@pytest.mark.parametrize(
    "timeouts", [Timeouts(first_byte=60, idle=SHORT), Timeouts(first_byte=60, idle=0, total=SHORT)]
)
async def test_a_stall_after_the_first_event_ends_the_wait(timeouts) -> None:
    patience = Patience(timeouts)
    with patience:
        await asyncio.sleep(0)
    patience.started()

    with pytest.raises(BackendTimeout):
        await wait(patience)


async def test_pieces_that_keep_coming_are_waited_for_beyond_the_idle_time() -> None:
    patience = Patience(Timeouts(first_byte=60, idle=0.05))
    patience.started()
    loop = asyncio.get_running_loop()
    end = loop.time() + 0.15

    while loop.time() < end:
        with patience:
            await asyncio.sleep(0.005)

    patience.end()


async def test_a_slow_reader_is_not_the_upstreams_fault() -> None:
    patience = Patience(Timeouts(first_byte=60, idle=SHORT))
    patience.started()
    with patience:
        await asyncio.sleep(0)

    await asyncio.sleep(3 * SHORT)

    with patience:
        await asyncio.sleep(0)
    patience.end()


async def test_a_cancellation_from_outside_stays_a_cancellation() -> None:
    patience = Patience(Timeouts(first_byte=60, idle=60))
    task = asyncio.create_task(wait(patience))
    await asyncio.sleep(0)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    patience.end()


async def test_the_task_goes_on_undisturbed_after_a_timeout() -> None:
    with pytest.raises(BackendTimeout):
        await wait(Patience(Timeouts(first_byte=SHORT)))

    await asyncio.sleep(0)
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_no_timer_is_left_behind() -> None:
    patience = Patience(Timeouts(first_byte=60, idle=60))
    with patience:
        await asyncio.sleep(0)
    patience.end()

    assert patience._timer is None


async def test_a_future_that_is_watched_too_long_gets_the_timeout() -> None:
    patience = Patience(Timeouts(first_byte=60, idle=SHORT))
    patience.started()
    waiter = asyncio.get_running_loop().create_future()
    patience.watch(waiter)

    with pytest.raises(BackendTimeout):
        await waiter


async def test_a_future_that_is_done_is_watched_no_longer() -> None:
    patience = Patience(Timeouts(first_byte=60, idle=SHORT))
    patience.started()
    loop = asyncio.get_running_loop()
    waiter = loop.create_future()
    patience.watch(waiter)
    waiter.set_result(None)

    await asyncio.sleep(3 * SHORT)

    assert waiter.exception() is None
    patience.end()


async def test_what_is_sent_in_pieces_has_all_its_time_and_then_the_first_byte_counts() -> None:
    patience = Patience(Timeouts(first_byte=0, idle=60))
    waiting = asyncio.create_task(wait(patience))
    await asyncio.sleep(3 * SHORT)
    assert not waiting.done()

    patience.asked(SHORT)

    with pytest.raises(BackendTimeout):
        await waiting


async def test_no_first_byte_has_no_end_after_the_pieces_either() -> None:
    patience = Patience(NEVER)
    patience.asked(0)
    patience.end()

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(3 * SHORT):
            await wait(patience)
