"""What is read now and then, off the path of requests."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec import Struct

from adapters.observability.metrics import families
from adapters.observability.metrics.families import Family, Kind
from adapters.observability.metrics.store import Store
from adapters.observability.metrics.system import Reading
from ports.clock import Clock

BEAT_SECONDS = 1.0
"""How often the event loop is asked whether it is late."""

SYSTEM_BEATS = 30
"""After how many of these the system is asked."""

LATELY_BEATS = 60
"""How far back what is called lately goes."""

_NS = 1e9


class Sources(Struct, frozen=True, kw_only=True):
    """Where numbers come from that nobody tells. All but `system` are quick."""

    system: Callable[[], Sequence[Reading]]
    """Is called in a thread."""
    begun: float
    """When the server was started, in Unix time: the same for all its workers."""
    lost_spans: Callable[[], int]
    backends: Callable[[], Mapping[str, bool]]
    """By name, whether each answers; those of which nothing is known are not there."""
    running: Mapping[Family, Callable[[], int]]
    """Counts since the start, of which is told how much came to them in the last minute."""


class Sampler:
    """Reads them for as long as `run` runs."""

    def __init__(self, store: Store, clock: Clock, sources: Sources) -> None:
        self._store = store
        self._clock = clock
        self._sources = sources
        self._begun = clock.monotonic_ns()
        self._lag = store.place(families.LAG)
        self._before: dict[tuple[str, tuple[str, ...]], float] = {}
        """What stood in a counter when this process began: of the one before it."""
        self._backends: set[str] = set()
        """Those of which something was ever known."""
        self._lately: dict[Family, deque[int]] = {
            family: deque(maxlen=LATELY_BEATS + 1) for family in sources.running
        }

    async def run(self) -> None:
        """Read until cancelled."""
        beats = 0
        while True:
            if beats % SYSTEM_BEATS == 0:
                self._tell(await asyncio.to_thread(self._sources.system))
            self.beat()
            beats += 1
            due = self._clock.monotonic_ns() + BEAT_SECONDS * _NS
            await self._clock.sleep(BEAT_SECONDS)
            late = (self._clock.monotonic_ns() - due) / _NS
            self._store.observe(families.LAG, self._lag, max(late, 0.0))

    def beat(self) -> None:
        """Read what is quick to read."""
        uptime = (self._clock.monotonic_ns() - self._begun) / _NS
        self._tell(
            [
                Reading(families.UPTIME, (), uptime),
                Reading(families.START_TIME, (), self._sources.begun),
                Reading(families.SPANS_DROPPED, (), self._sources.lost_spans()),
                *self._up(),
                *self._late(),
            ]
        )

    def _up(self) -> Iterable[Reading]:
        known = self._sources.backends()
        self._backends.update(known)
        for name in self._backends:
            # What is no longer known is as if it never was.
            yield Reading(families.BACKEND_UP, (name,), known.get(name, math.nan))

    def _late(self) -> Iterable[Reading]:
        for family, count in self._sources.running.items():
            counts = self._lately[family]
            counts.append(count())
            yield Reading(family, (), counts[-1] - counts[0])

    def _tell(self, readings: Iterable[Reading]) -> None:
        numbers = self._store.numbers
        for reading in readings:
            place = self._store.place(reading.family, *reading.labels)
            key = (reading.family.name, reading.labels)
            before = 0.0
            if reading.family.kind is Kind.COUNTER and reading.family is not families.NETWORK:
                before = self._before.setdefault(key, numbers[place])
            numbers[place] = before + reading.number
