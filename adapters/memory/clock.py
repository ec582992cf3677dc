"""The time of this machine."""

from __future__ import annotations

import asyncio
import time

from ports.clock import Clock


class SystemClock(Clock):
    """Asks the operating system, and sleeps on the event loop.

    The two readings are the system's functions themselves: both are asked for every streamed
    batch, and a method around them would cost more than they do.
    """

    time_ns = staticmethod(time.time_ns)
    monotonic_ns = staticmethod(time.monotonic_ns)

    async def sleep(self, seconds: float, /) -> None:
        """Wait on the event loop."""
        await asyncio.sleep(seconds)
