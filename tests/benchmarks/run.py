"""A whole run: every phase against llamaport, some against the yardstick."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from statistics import median

from msgspec import Struct, field
from msgspec.structs import replace

from tests.benchmarks import wrk
from tests.benchmarks.client import Target
from tests.benchmarks.load import Result
from tests.benchmarks.phases import PHASES, Phase, run_phase
from tests.benchmarks.processes import allow_many_files, cores, on_core, resident_mb
from tests.benchmarks.systems import (
    RELAYED,
    WATCHED,
    bare_stack,
    llamaport,
    scripted_upstream,
    yardstick,
)
from tests.benchmarks.yardstick import loop_ms

CHATS = ("c50", "flat25", "paced25")
"""Translated chats, which the bare stack can be asked as well."""
BESIDE: Mapping[str, str] = {
    **{name: name for name in CHATS},
    "generate50": "c50",
    "generate_flat25": "flat25",
    "generate_paced25": "paced25",
    "embed50": "c50",
    "relay50": "c50",
    "relay_paced25": "paced25",
    "openai50": "c50",
    "openai_flat25": "flat25",
    "openai_paced25": "paced25",
    "anthropic50": "c50",
    "anthropic_flat25": "flat25",
    "anthropic_paced25": "paced25",
}
"""Phases that tell what something costs: in rounds, the yardstick and the bare stack in turn, and
the chat of the same load that the stack is asked then."""
COMPARED = (
    "relay_paced25",
    "openai_paced25",
    "anthropic50",
    "anthropic_flat25",
    "anthropic_paced25",
)
"""Those that are also compared with llamaport's own chat of the same load."""
ROUNDS = 5
WATCHED_ROUNDS = 13
"""For phases that tell of a small difference between two servers: many short ones."""
WATCHED_SECONDS = 1.0
DIRECT = "direct"
"""The name of the phase that asks the upstream itself."""


class Plan(Struct, frozen=True, kw_only=True):
    """What to run."""

    phases: tuple[str, ...] = tuple(PHASES)
    seconds: float = 5.0
    """The length of a phase that runs for a time."""
    with_yardstick: bool = True
    """Whether to run the yardstick and the bare stack, in rounds."""
    with_wrk: bool = wrk.available()
    server: Target | None = None
    """A server that is already running, in front of our upstream at `upstream_port`; it is not
    asked to relay."""
    upstream_port: int = 0

    @property
    def relays(self) -> bool:
        """Whether anything is to be relayed."""
        return self.server is None and any(PHASES[name].native for name in self.phases)

    @property
    def watched(self) -> tuple[str, ...]:
        """What is to be watched, by the names of `systems.WATCHED`."""
        if self.server is not None:
            return ()
        return tuple(by for by in WATCHED if any(PHASES[it].watched == by for it in self.phases))

    def length(self, phase: Phase) -> float:
        """How long one round of a phase runs, if it runs for a time."""
        return min(WATCHED_SECONDS, self.seconds) if phase.watched else self.seconds

    def rounds(self, phase: Phase) -> int:
        """How often a phase is run, each time for all that are compared."""
        if not self.with_yardstick:
            return 1
        return WATCHED_ROUNDS if phase.watched else ROUNDS if phase.name in BESIDE else 1


QUICK = Plan(
    phases=("cold200", "c1", "c50", "c200", "flat25", "paced25", "embed50", "relay50", "openai50"),
    seconds=1.0,
)


class More(Struct, frozen=True, kw_only=True):
    """What one server takes more than another: the median of the differences of each round.

    The machine's speed changes from one round to the next by more than what is looked for.
    """

    cpu_ms: float
    event_us: float

    @classmethod
    def of(cls, rounds: Sequence[tuple[Result, Result]]) -> More:
        """Compare two servers, the one that takes more first."""
        return cls(
            cpu_ms=median(more.cpu_ms - less.cpu_ms for more, less in rounds),
            event_us=median(more.event_us - less.event_us for more, less in rounds),
        )


class Side(Struct, frozen=True, kw_only=True):
    """What was measured of one server."""

    results: dict[str, Result]
    idle_mb: float
    after_mb: float
    """Resident memory after the load, but before a phase that is about memory."""
    ready_seconds: float | None
    watched: dict[str, Result] = field(default_factory=dict)
    """What the phases about watching showed of the llamaport that is watched; `results` have the
    same of the one that is not."""
    more: dict[str, More] = field(default_factory=dict)
    """By the same phases."""
    chats: dict[str, Result] = field(default_factory=dict)
    """What translated chats cost in the rounds of the phases that are compared with them."""


class Run(Struct, frozen=True, kw_only=True):
    """What was measured."""

    server: Side
    yard: Side | None
    stack: Mapping[str, Result]
    """What the bare stack cost; empty if it was not run."""
    loop_ms: float


async def run(plan: Plan) -> Run:
    """Run a plan."""
    allow_many_files()
    server_core, other_core = cores()
    async with AsyncExitStack() as stack:
        stack.enter_context(on_core(other_core))
        url = stack.enter_context(scripted_upstream(other_core, plan.upstream_port))
        yard = bare = None
        if plan.with_yardstick:
            yard = _Measured(*await stack.enter_async_context(yardstick(server_core)))
            bare = _Measured(await stack.enter_async_context(bare_stack(server_core, url)), None)
        if plan.server is not None:
            server = _Measured(plan.server, None)
        else:
            server = _Measured(*await stack.enter_async_context(llamaport(server_core, url)))
        relay = None
        if plan.relays:
            relay = _Measured(
                *await stack.enter_async_context(llamaport(server_core, url, RELAYED))
            )
        watched = {
            by: _Measured(
                *await stack.enter_async_context(llamaport(server_core, url, watching=WATCHED[by]))
            )
            for by in plan.watched
        }
        chats = _Measured(server.target, None)
        await _play(plan, _Sides(server, relay, yard, bare, chats, watched), Target(url=url))
        if relay is not None:
            server.results |= relay.results
        seen = {name: result for by in watched.values() for name, result in by.results.items()}
        more = {
            name: More.of(list(zip(rounds, server.rounds[name], strict=True)))
            for by in watched.values()
            for name, rounds in by.rounds.items()
        }
        return Run(
            server=replace(server.side(), watched=seen, more=more, chats=chats.results),
            yard=None if yard is None else yard.side(),
            stack={} if bare is None else bare.results,
            loop_ms=loop_ms(),
        )


class _Measured:
    """What is being measured of one server."""

    def __init__(self, target: Target, ready_seconds: float | None) -> None:
        self.target = target
        self.rounds: dict[str, list[Result]] = {}
        self.results: dict[str, Result] = {}
        self._ready_seconds = ready_seconds
        self._idle_mb = self._after_mb = _memory(target)

    async def measure(self, name: str, plan: Plan, asked: str = "") -> None:
        """Run one phase; of several rounds the one with the median CPU time counts.

        `asked` is another one, which is run in the rounds of that phase.
        """
        phase = PHASES[name]
        rounds = self.rounds.setdefault(name, [])
        rounds.append(
            await run_phase(
                PHASES[asked or name],
                self.target,
                seconds=plan.length(phase),
                with_wrk=plan.with_wrk,
            )
        )
        self.results[name] = sorted(rounds, key=lambda result: result.cpu_ms)[len(rounds) // 2]
        if not phase.watch_memory:
            self._after_mb = _memory(self.target)

    def side(self) -> Side:
        """Return everything that was measured."""
        return Side(
            results=self.results,
            idle_mb=self._idle_mb,
            after_mb=self._after_mb,
            ready_seconds=self._ready_seconds,
        )


class _Sides(Struct, frozen=True):
    """Everything that is measured in one run."""

    server: _Measured
    relay: _Measured | None
    """Another llamaport, in front of an upstream that speaks Ollama's dialect."""
    yard: _Measured | None
    bare: _Measured | None
    chats: _Measured
    """The same llamaport as `server`, where it is compared with itself."""
    watched: Mapping[str, _Measured]

    def of(self, name: str) -> list[tuple[_Measured, str]]:
        """Return whom a phase is about, llamaport first, and what each is asked."""
        if by := PHASES[name].watched:
            found = self.watched.get(by)
            if found is None:
                return []
            return [(side, name) for side in (found, self.server, self.bare) if side is not None]
        measured = self.relay if PHASES[name].native else self.server
        if measured is None:
            return []
        sides = [(measured, name)]
        if name in BESIDE:
            sides += [(side, name) for side in (self.yard,) if side is not None]
            sides += [(side, BESIDE[name]) for side in (self.bare,) if side is not None]
        if name in COMPARED:
            sides.append((self.chats, BESIDE[name]))
        return sides


async def _play(plan: Plan, sides: _Sides, direct: Target) -> None:
    """Run the phases in order, each against all of its sides in the same minute.

    A machine that is shared changes its speed by half from one minute to the next.
    """
    for name, phase in PHASES.items():
        if name not in plan.phases:
            continue
        if name == "c1":
            sides.server.results[DIRECT] = await run_phase(
                phase, direct, seconds=min(2.0, plan.seconds), with_wrk=plan.with_wrk
            )
        for number in range(plan.rounds(phase)):
            # Who comes first in one round comes last in the next.
            for side, asked in sides.of(name)[:: -1 if number % 2 else 1]:
                await side.measure(name, plan, asked)


def _memory(target: Target) -> float:
    return resident_mb(target.pid) if target.pid else 0.0
