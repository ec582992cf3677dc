"""A whole run: every phase against llamaport, some against the yardstick."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack

from msgspec import Struct, field
from msgspec.structs import replace

from tests.benchmarks import watching, wrk
from tests.benchmarks.client import Target
from tests.benchmarks.load import Result
from tests.benchmarks.measured import Measured
from tests.benchmarks.phases import PHASES, Phase, run_phase
from tests.benchmarks.processes import allow_many_files, cores, on_core
from tests.benchmarks.systems import (
    RELAYED,
    WATCHED,
    bare_stack,
    llamaport,
    scripted_upstream,
    yardstick,
)
from tests.benchmarks.watching import Comparison, More, watched_by
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

    def rounds(self, phase: Phase) -> int:
        """How often a phase is run, each time for all that are compared."""
        return ROUNDS if self.with_yardstick and phase.name in BESIDE else 1


QUICK = Plan(
    phases=("cold200", "c1", "c50", "c200", "flat25", "paced25", "embed50", "relay50", "openai50"),
    seconds=1.0,
)


class Side(Struct, frozen=True, kw_only=True):
    """What was measured of one server."""

    results: dict[str, Result]
    idle_mb: float
    after_mb: float
    """Resident memory after the load, but before a phase that is about memory."""
    ready_seconds: float | None
    more: dict[str, More] = field(default_factory=dict)
    """What those that watch take more than those that do not, by phase."""
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
            yard = Measured(*await stack.enter_async_context(yardstick(server_core)))
            bare = Measured(await stack.enter_async_context(bare_stack(server_core, url)), None)
        if plan.server is not None:
            server = Measured(plan.server)
        else:
            server = Measured(*await stack.enter_async_context(llamaport(server_core, url)))
        relay = None
        if plan.relays:
            relay = Measured(*await stack.enter_async_context(llamaport(server_core, url, RELAYED)))
        chats = Measured(server.target)
        await _play(plan, _Sides(server, relay, yard, bare, chats), Target(url=url))
        if relay is not None:
            server.results |= relay.results
        more = await _watch(plan, server_core, url, server, bare)
        return Run(
            server=replace(_side(server), more=more, chats=chats.results),
            yard=None if yard is None else _side(yard),
            stack={} if bare is None else bare.results,
            loop_ms=loop_ms(),
        )


class _Sides(Struct, frozen=True):
    """Everything that is measured in one run."""

    server: Measured
    relay: Measured | None
    """Another llamaport, in front of an upstream that speaks Ollama's dialect."""
    yard: Measured | None
    bare: Measured | None
    chats: Measured
    """The same llamaport as `server`, where it is compared with itself."""

    def of(self, name: str) -> list[tuple[Measured, str]]:
        """Return whom a phase is about, llamaport first, and what each is asked."""
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
        if name not in plan.phases or phase.watched:
            continue
        if name == "c1":
            sides.server.results[DIRECT] = await run_phase(
                phase, direct, seconds=min(2.0, plan.seconds), with_wrk=plan.with_wrk
            )
        for number in range(plan.rounds(phase)):
            # Who comes first in one round comes last in the next.
            for side, asked in sides.of(name)[:: -1 if number % 2 else 1]:
                await side.measure(name, plan.seconds, with_wrk=plan.with_wrk, asked=asked)


async def _watch(
    plan: Plan, core: int | None, url: str, server: Measured, bare: Measured | None
) -> dict[str, More]:
    """Run the phases about watching; their results are put beside the server's."""
    found: dict[str, More] = {}
    comparison = Comparison(
        core=core,
        upstream_url=url,
        bare=bare,
        pairs=watching.PAIRS if plan.with_yardstick else 1,
        rounds=watching.ROUNDS if plan.with_yardstick else 1,
        seconds=min(watching.SECONDS, plan.seconds),
        with_wrk=plan.with_wrk,
    )
    for by in WATCHED if plan.server is None else ():
        if phases := watched_by(by, plan.phases):
            results, more = await comparison.of(by, phases)
            server.results |= results
            found |= more
    return found


def _side(measured: Measured) -> Side:
    return Side(
        results=measured.results,
        idle_mb=measured.idle_mb,
        after_mb=measured.after_mb,
        ready_seconds=measured.ready_seconds,
    )
