"""The life of this process, from its start to its end, and what it has served."""

from __future__ import annotations

from adapters.web.door import RequestRecord
from ports.clock import Clock

_NS = 1e9


class Pulse:
    """One process of several knows of itself only."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._begun = clock.monotonic_ns()
        self.started = False
        """The application has started."""
        self.draining = False
        """It was told to stop, and finishes what it has begun."""
        self.requests = 0
        """Requests that are over."""
        self.errors = 0
        """Of them those that have `failed`."""

    @property
    def uptime(self) -> float:
        """Seconds since the start."""
        return (self._clock.monotonic_ns() - self._begun) / _NS

    def count(self, record: RequestRecord) -> None:
        """Count one that is over."""
        self.requests += 1
        self.errors += record.failed
