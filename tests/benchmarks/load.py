"""A closed loop of clients: each asks, reads the answer to its end, and asks again."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence

from msgspec import Struct

from tests.benchmarks.client import Answer, Client, Target, connect
from tests.benchmarks.payloads import CHAT
from tests.benchmarks.processes import Meter, resident_mb, settled
from tests.benchmarks.verify import Wrong, check

ANSWER_TIMEOUT = 60.0


class Spread(Struct, frozen=True, kw_only=True):
    """How a set of times is distributed, in milliseconds."""

    mean: float
    p50: float
    p95: float
    p99: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Spread:
        """Describe a set of times given in seconds."""
        ordered = sorted(seconds) or [0.0]

        def at(share: float) -> float:
            return 1000 * ordered[min(len(ordered) - 1, int(len(ordered) * share))]

        mean = 1000 * sum(ordered) / len(ordered)
        return cls(mean=mean, p50=at(0.5), p95=at(0.95), p99=at(0.99))


class Result(Struct, frozen=True, kw_only=True):
    """What one phase showed."""

    answers: int
    """Complete and right ones."""
    errors: dict[str, int]
    """The others, by kind of fault."""
    events: int
    """Pieces that the upstream has sent for them."""
    seconds: float
    cpu_seconds: float
    """Of the server; 0 where no process was given."""
    latency: Spread
    first: Spread
    """Until the first byte of the body."""
    peak_mb: float = 0.0
    """The most resident memory that was seen, in phases that watch it."""

    @property
    def rate(self) -> float:
        """Right answers per second."""
        return self.answers / self.seconds

    @property
    def cpu_ms(self) -> float:
        """CPU time per right answer, in milliseconds."""
        return 1000 * self.cpu_seconds / max(1, self.answers)

    @property
    def event_us(self) -> float:
        """CPU time per piece of a stream, in microseconds."""
        return 1e6 * self.cpu_seconds / max(1, self.events)


class Load:
    """One phase of load, for a time or for a number of requests."""

    def __init__(
        self,
        target: Target,
        body: bytes,
        expected: Sequence[str],
        *,
        path: str = CHAT,
        seconds: float = 0,
        count: int = 0,
    ) -> None:
        self._target = target
        self._request = target.request(body, path)
        self._expected = "".join(expected)
        self._pieces = len(expected)
        self._seconds = seconds
        self._left = count or None
        self._latency: list[float] = []
        self._first: list[float] = []
        self._errors: Counter[str] = Counter()
        self._peak_mb = 0.0

    async def run(self, concurrency: int, *, watch_memory: bool = False) -> Result:
        """Keep that many clients asking until time or requests run out."""
        watching = asyncio.ensure_future(self._watch()) if watch_memory else None
        with Meter(self._target.pid) as meter:
            end = time.perf_counter() + self._seconds
            async with asyncio.TaskGroup() as clients:
                for _ in range(concurrency):
                    clients.create_task(self._ask_on(end))
        if watching is not None:
            watching.cancel()
        await settled(self._target.pid)
        return Result(
            answers=len(self._latency),
            errors=dict(self._errors),
            events=len(self._latency) * self._pieces,
            seconds=meter.seconds,
            cpu_seconds=meter.cpu_seconds,
            latency=Spread.of(self._latency),
            first=Spread.of(self._first),
            peak_mb=self._peak_mb,
        )

    def _more(self, end: float) -> bool:
        if self._left is None:
            return time.perf_counter() < end
        self._left -= 1
        return self._left >= 0

    async def _ask_on(self, end: float) -> None:
        client: Client | None = None
        while self._more(end):
            try:
                if client is None or not client.usable:
                    client = await connect(self._target)
                async with asyncio.timeout(ANSWER_TIMEOUT):
                    self._count(await client.ask(self._request))
            except (OSError, TimeoutError) as error:
                self._errors[type(error).__name__] += 1
                client = None
                await asyncio.sleep(0.05)
        if client is not None:
            client.close()

    def _count(self, answer: Answer) -> None:
        try:
            check(answer, self._expected)
        except Wrong as fault:
            self._errors[str(fault)] += 1
        else:
            self._latency.append(answer.ended_at - answer.asked_at)
            self._first.append(answer.first_at - answer.asked_at)

    async def _watch(self) -> None:
        while True:
            self._peak_mb = max(self._peak_mb, resident_mb(self._target.pid))
            await asyncio.sleep(0.1)
