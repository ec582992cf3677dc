"""A clock that a test moves."""

from __future__ import annotations

import asyncio

from ports.clock import Clock

MORNING_NS = 1_787_392_800_000_000_000  # 2026-08-22T10:00:00Z


class FakeClock(Clock):
    """Stands still until somebody sleeps or a test advances it. Keeps what was slept."""

    def __init__(self, now_ns: int = MORNING_NS) -> None:
        self._now_ns = now_ns
        self._elapsed_ns = 0
        self.slept: list[float] = []

    def time_ns(self) -> int:
        return self._now_ns + self._elapsed_ns

    def monotonic_ns(self) -> int:
        return self._elapsed_ns

    async def sleep(self, seconds: float, /) -> None:
        self.slept.append(seconds)
        self.advance(seconds)
        await asyncio.sleep(0)

    def advance(self, seconds: float) -> None:
        self._elapsed_ns += round(seconds * 1e9)
