"""What is being measured of one server."""

from __future__ import annotations

from tests.benchmarks.client import Target
from tests.benchmarks.load import Result
from tests.benchmarks.phases import PHASES, run_phase
from tests.benchmarks.processes import resident_mb


class Measured:
    """A server, and what it has shown so far."""

    def __init__(self, target: Target, ready_seconds: float | None = None) -> None:
        self.target = target
        self.ready_seconds = ready_seconds
        self.rounds: dict[str, list[Result]] = {}
        self.results: dict[str, Result] = {}
        self.idle_mb = self.after_mb = _memory(target)

    async def measure(self, name: str, seconds: float, *, with_wrk: bool, asked: str = "") -> None:
        """Run one phase; of several rounds the one with the median CPU time counts.

        `asked` is another one, which is run in the rounds of that phase.
        """
        phase = PHASES[asked or name]
        self.take(name, [await run_phase(phase, self.target, seconds=seconds, with_wrk=with_wrk)])
        if not PHASES[name].watch_memory:
            self.after_mb = _memory(self.target)

    def take(self, name: str, more: list[Result]) -> None:
        """Add rounds of a phase."""
        rounds = self.rounds.setdefault(name, [])
        rounds += more
        self.results[name] = sorted(rounds, key=lambda result: result.cpu_ms)[len(rounds) // 2]


def _memory(target: Target) -> float:
    return resident_mb(target.pid) if target.pid else 0.0
