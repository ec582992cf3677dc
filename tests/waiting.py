"""Waiting for a condition with a deadline: what a test does instead of sleeping."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


async def until(
    condition: Callable[[], object], deadline: float = 5.0, every: float = 0.002
) -> None:
    """Return as soon as `condition` holds; fail the test after `deadline` seconds.

    The condition is asked every `every` seconds, on the event loop, so it must not block.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + deadline
    while not condition():
        if loop.time() > end:
            name = getattr(condition, "__name__", "the condition")
            raise AssertionError(f"{name} did not hold within {deadline} s")
        await asyncio.sleep(every)
