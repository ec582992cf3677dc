"""What it costs to watch: the difference between a llamaport that does and one that does not.

Two processes of the very same program differ by more than that, each for as long as it lives, so
that several pairs are started. The machine's speed changes from one second to the next by more as
well, so that a pair takes turns, and the difference is taken in each.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from statistics import median

from msgspec import Struct

from tests.benchmarks.load import Result
from tests.benchmarks.measured import Measured
from tests.benchmarks.phases import PHASES
from tests.benchmarks.systems import QUIET, WATCHED, llamaport

PAIRS = 5
ROUNDS = 3
"""Of each phase, with each pair."""
SECONDS = 1.0
WARM_SECONDS = 0.3


class More(Struct, frozen=True, kw_only=True):
    """What one server takes more than another: the median of the differences of each round."""

    cpu_ms: float
    event_us: float

    @classmethod
    def of(cls, rounds: Sequence[tuple[Result, Result]]) -> More:
        """Compare two servers, the one that takes more first."""
        return cls(
            cpu_ms=median(more.cpu_ms - less.cpu_ms for more, less in rounds),
            event_us=median(more.event_us - less.event_us for more, less in rounds),
        )


class Comparison(Struct, frozen=True, kw_only=True):
    """How pairs are compared."""

    core: int | None
    upstream_url: str
    bare: Measured | None
    """The bare stack, which is asked in the same rounds."""
    pairs: int = PAIRS
    rounds: int = ROUNDS
    seconds: float = SECONDS
    with_wrk: bool = False

    async def of(self, by: str, phases: Sequence[str]) -> tuple[dict[str, Result], dict[str, More]]:
        """Compare by one of `WATCHED`; the results of the server that watches, and what is more."""
        results: dict[str, list[Result]] = {name: [] for name in phases}
        differences: dict[str, list[tuple[Result, Result]]] = {name: [] for name in phases}
        for number in range(self.pairs):
            more, less = await self._pair(by, phases, turned=bool(number % 2))
            for name in phases:
                results[name] += more.rounds[name]
                differences[name] += zip(more.rounds[name], less.rounds[name], strict=True)
        watching = Measured(more.target)
        for name, rounds in results.items():
            watching.take(name, rounds)
        return watching.results, {name: More.of(rounds) for name, rounds in differences.items()}

    async def _pair(
        self, by: str, phases: Sequence[str], *, turned: bool
    ) -> tuple[Measured, Measured]:
        async with AsyncExitStack() as stack:
            pair: dict[bool, Measured] = {}
            # The process that is started first has no advantage of it in the end.
            for watches in (turned, not turned):
                starting = llamaport(
                    self.core, self.upstream_url, watching=WATCHED[by] if watches else QUIET
                )
                pair[watches] = Measured(*await stack.enter_async_context(starting))
            more, less = pair[True], pair[False]
            sides = [side for side in (more, less, self.bare) if side is not None]
            for name in phases:
                for side in (more, less):
                    await Measured(side.target).measure(
                        name, min(WARM_SECONDS, self.seconds), with_wrk=self.with_wrk
                    )
                for number in range(self.rounds):
                    # Who comes first in one round comes last in the next.
                    for side in sides[:: -1 if number % 2 else 1]:
                        await side.measure(name, self.seconds, with_wrk=self.with_wrk)
        return more, less


def watched_by(by: str, phases: Sequence[str]) -> list[str]:
    """Return those of the phases that are about one of `WATCHED`."""
    return [name for name in phases if PHASES[name].watched == by]
