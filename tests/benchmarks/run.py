"""A whole run: every phase against llamaport, some against the yardstick."""

from __future__ import annotations

from contextlib import AsyncExitStack

from msgspec import Struct

from tests.benchmarks import wrk
from tests.benchmarks.client import Target
from tests.benchmarks.load import Result
from tests.benchmarks.phases import PHASES, run_phase
from tests.benchmarks.processes import allow_many_files, cores, on_core, resident_mb
from tests.benchmarks.systems import RELAYED, llamaport, scripted_upstream, yardstick
from tests.benchmarks.yardstick import loop_ms

YARD_PHASES = (
    "c50",
    "flat25",
    "paced25",
    "generate50",
    "generate_flat25",
    "generate_paced25",
    "embed50",
    "relay50",
    "relay_paced25",
)
DIRECT = "direct"
"""The name of the phase that asks the upstream itself."""


class Plan(Struct, frozen=True, kw_only=True):
    """What to run."""

    phases: tuple[str, ...] = tuple(PHASES)
    seconds: float = 5.0
    """The length of a phase that runs for a time."""
    with_yardstick: bool = True
    with_wrk: bool = wrk.available()
    server: Target | None = None
    """A server that is already running, in front of our upstream at `upstream_port`; it is not
    asked to relay."""
    upstream_port: int = 0

    @property
    def relays(self) -> bool:
        """Whether anything is to be relayed."""
        return self.server is None and any(PHASES[name].native for name in self.phases)


QUICK = Plan(
    phases=("cold200", "c1", "c50", "c200", "flat25", "paced25", "embed50", "relay50"), seconds=2.0
)


class Side(Struct, frozen=True, kw_only=True):
    """What was measured of one server."""

    results: dict[str, Result]
    idle_mb: float
    after_mb: float
    """Resident memory after the load, but before a phase that is about memory."""
    ready_seconds: float | None


class Run(Struct, frozen=True, kw_only=True):
    """What was measured."""

    server: Side
    yard: Side | None
    loop_ms: float


async def run(plan: Plan) -> Run:
    """Run a plan."""
    allow_many_files()
    server_core, other_core = cores()
    async with AsyncExitStack() as stack:
        stack.enter_context(on_core(other_core))
        url = stack.enter_context(scripted_upstream(other_core, plan.upstream_port))
        yard = None
        if plan.with_yardstick:
            yard = _Measured(*await stack.enter_async_context(yardstick(server_core)))
        if plan.server is not None:
            server = _Measured(plan.server, None)
        else:
            server = _Measured(*await stack.enter_async_context(llamaport(server_core, url)))
        relay = None
        if plan.relays:
            relay = _Measured(
                *await stack.enter_async_context(llamaport(server_core, url, RELAYED))
            )
        await _play(plan, server, relay, yard, Target(url=url))
        if relay is not None:
            server.results |= relay.results
        return Run(
            server=server.side(), yard=None if yard is None else yard.side(), loop_ms=loop_ms()
        )


class _Measured:
    """What is being measured of one server."""

    def __init__(self, target: Target, ready_seconds: float | None) -> None:
        self.target = target
        self.results: dict[str, Result] = {}
        self._ready_seconds = ready_seconds
        self._idle_mb = self._after_mb = _memory(target)

    async def measure(self, name: str, plan: Plan) -> None:
        """Run one phase."""
        phase = PHASES[name]
        self.results[name] = await run_phase(
            phase, self.target, seconds=plan.seconds, with_wrk=plan.with_wrk
        )
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


async def _play(
    plan: Plan,
    server: _Measured,
    relay: _Measured | None,
    yard: _Measured | None,
    direct: Target,
) -> None:
    """Run the phases in order, each against the yardstick in the same minute.

    A machine that is shared changes its speed by half from one minute to the next.
    """
    for name, phase in PHASES.items():
        measured = relay if phase.native else server
        if name not in plan.phases or measured is None:
            continue
        if name == "c1":
            server.results[DIRECT] = await run_phase(
                phase, direct, seconds=min(2.0, plan.seconds), with_wrk=plan.with_wrk
            )
        await measured.measure(name, plan)
        if yard is not None and name in YARD_PHASES:
            await yard.measure(name, plan)


def _memory(target: Target) -> float:
    return resident_mb(target.pid) if target.pid else 0.0
