"""Time, injected."""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol


class Clock(Protocol):
    """Wall time, elapsed time and waiting."""

    @abstractmethod
    def time_ns(self) -> int:
        """Nanoseconds since the Unix epoch, UTC."""

    @abstractmethod
    def monotonic_ns(self) -> int:
        """Nanoseconds that never run backwards, from an arbitrary start."""

    @abstractmethod
    async def sleep(self, seconds: float, /) -> None:
        """Return after that many seconds; 0 lets others run once."""
