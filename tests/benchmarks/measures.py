"""The figures that count, what they may be, and how they compare with those stored.

The budgets were set on a machine on which the bare stack (`stack.py`) cost `REFERENCE`; what a
budget comes to on this one is told by what the stack costs here, in the same run.

Stored are not the figures but their ratios to the yardstick's of the same run: these hold
from machine to machine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from tests.benchmarks.load import Result
from tests.benchmarks.run import BESIDE, DIRECT, Run, Side

STORED = Path(__file__).with_name("stored.json")
TOLERANCE = 0.4
"""How much worse a ratio may be than the stored one."""


REFERENCE: Mapping[str, float] = {"c50": 0.174, "flat25": 0.72, "paced25": 3.1}
"""CPU of the bare stack where the budgets were set, in milliseconds an answer, by phase: 31 µs a
paced event."""


class Measure(Struct, frozen=True, kw_only=True):
    """One figure; less is better."""

    name: str
    title: str
    unit: str
    of: Callable[[Side], float]
    """Raises `KeyError` where the phase that shows it was not run."""
    budget: float | None = None
    """On the machine where it was set."""
    goal: float | None = None
    beside: str = ""
    """The phase in which the stack ran beside it, if another one than `like`."""
    like: str = ""
    """The phase of `REFERENCE` whose cost tells what the budget comes to on another machine; empty
    for a figure that is the same everywhere."""


def _watching(
    by: str, what: str, request_budget: float, event_budget: float | None = None
) -> tuple[Measure, Measure]:
    """Tell what it costs to watch: the difference between two servers in the same rounds."""
    plain, paced = f"{by}50", f"{by}_paced25"
    return (
        Measure(
            name=f"{by}_cpu",
            title=f"{what}, more CPU per plain request",
            unit="ms",
            of=lambda side: side.more[plain].cpu_ms,
            budget=request_budget,
            like="c50",
            beside=plain,
        ),
        Measure(
            name=f"{by}_event_cpu",
            title=f"{what}, more CPU per paced event",
            unit="µs",
            of=lambda side: side.more[paced].event_us,
            budget=event_budget,
            like="paced25",
            beside=paced,
        ),
    )


def _cpu(name: str, title: str, phase: str, budget: float, goal: float | None = None) -> Measure:
    """Tell what the work of a phase takes: each event where they are paced, else each answer."""
    load = BESIDE[phase]

    def of(side: Side) -> float:
        result = side.results[phase]
        return result.event_us if load == "paced25" else result.cpu_ms

    return Measure(
        name=name,
        title=title,
        unit="µs" if load == "paced25" else "ms",
        of=of,
        budget=budget,
        goal=goal,
        like=load,
        beside=phase,
    )


def _times_chat(name: str, title: str, phase: str, budget: float) -> Measure:
    """Tell how much more a phase takes than a translated chat of Ollama's of the same load."""
    return Measure(
        name=name,
        title=title,
        unit="x",
        of=lambda side: side.results[phase].cpu_ms / side.chats[phase].cpu_ms,
        budget=budget,
    )


def _ready(side: Side) -> float:
    if side.ready_seconds is None:
        raise KeyError("ready_seconds")
    return side.ready_seconds


MEASURES = (
    _cpu("plain_cpu", "CPU per plain request, concurrency 50", "c50", 0.40, goal=0.25),
    _cpu("stream_cpu", "CPU per stream of 100 deltas, flat out", "flat25", 1.0, goal=0.8),
    _cpu("event_cpu", "CPU per event, one per 10 ms and stream", "paced25", 40, goal=25),
    _cpu("generate_cpu", "CPU per plain request to /api/generate", "generate50", 0.40, goal=0.25),
    _cpu(
        "generate_stream_cpu",
        "CPU per stream of /api/generate, flat out",
        "generate_flat25",
        1.0,
        goal=0.8,
    ),
    _cpu(
        "generate_event_cpu",
        "CPU per event of /api/generate, paced",
        "generate_paced25",
        40,
        goal=25,
    ),
    _cpu("embed_cpu", "CPU per text to /api/embed, 1,536 numbers", "embed50", 0.7),
    _cpu("relay_cpu", "CPU per plain request relayed to Ollama", "relay50", 0.30),
    _cpu("relay_event_cpu", "CPU per event relayed from Ollama, paced", "relay_paced25", 30),
    _cpu("openai_cpu", "CPU per plain request relayed to OpenAI", "openai50", 0.30),
    _cpu("openai_stream_cpu", "CPU per stream relayed from OpenAI, flat out", "openai_flat25", 0.9),
    _cpu("openai_event_cpu", "CPU per event relayed from OpenAI, paced", "openai_paced25", 30),
    _times_chat(
        "relay_event_share",
        "paced event relayed from Ollama, times translated chat",
        "relay_paced25",
        1,
    ),
    _times_chat(
        "openai_event_share",
        "paced event relayed from OpenAI, times translated chat",
        "openai_paced25",
        1,
    ),
    _times_chat(
        "anthropic_cpu", "Anthropic, plain, times Ollama's translated chat", "anthropic50", 1.2
    ),
    _times_chat(
        "anthropic_stream_cpu",
        "Anthropic, flat out, times Ollama's translated chat",
        "anthropic_flat25",
        1.2,
    ),
    _times_chat(
        "anthropic_event_cpu",
        "Anthropic, paced event, times Ollama's translated chat",
        "anthropic_paced25",
        1.2,
    ),
    *_watching("logged", "a line of each request", 0.05, 2),
    *_watching("traced", "a trace of each request, to a collector", 0.35),
    *_watching("unsampled", "traces at a ratio of 0", 0.03),
    Measure(
        name="added_latency",
        title="added latency, concurrency 1, median",
        unit="ms",
        of=lambda side: side.results["c1"].latency.p50 - side.results[DIRECT].latency.p50,
        budget=0.5,
        like="c50",
    ),
    Measure(
        name="cold_errors",
        title="errors at 200 at once with a cold pool",
        unit="",
        of=lambda side: sum(side.results["cold200"].errors.values()),
        budget=0,
    ),
    Measure(
        name="idle_memory",
        title="resident memory, idle",
        unit="MB",
        of=lambda side: side.idle_mb,
        budget=64,
    ),
    Measure(
        name="after_memory",
        title="resident memory, after the load",
        unit="MB",
        of=lambda side: side.after_mb,
        budget=75,
    ),
    Measure(
        name="open_memory",
        title="resident memory, 1,000 streams open",
        unit="MB",
        of=lambda side: side.results["open1000"].peak_mb,
        budget=150,
    ),
    Measure(
        name="ready",
        title="from start to first answer",
        unit="s",
        of=_ready,
        budget=1.0,
    ),
)


class Row(Struct, frozen=True, kw_only=True):
    """One measure of one run."""

    measure: Measure
    value: float
    ratio: float | None
    """To the yardstick; `None` where that has no such figure."""
    stored: float | None
    """The ratio of the stored run."""
    scale: float
    """How much more this machine takes for the same work than the one of the budgets."""

    @property
    def budget(self) -> float | None:
        """What the budget comes to on this machine."""
        return None if self.measure.budget is None else self.measure.budget * self.scale

    @property
    def over(self) -> bool:
        """Whether the budget is exceeded."""
        return self.budget is not None and self.value > self.budget

    @property
    def worse(self) -> bool:
        """Whether the ratio is worse than the stored one by more than the tolerance."""
        if self.ratio is None or self.stored is None:
            return False
        return self.ratio > self.stored * (1 + TOLERANCE)


def rows(run: Run, stored: Mapping[str, float]) -> list[Row]:
    """Build the rows of the measures that the run shows."""
    found = []
    for measure in MEASURES:
        value = _figure(measure, run.server)
        if value is not None:
            yard = _figure(measure, run.yard) if run.yard else None
            ratio = value / yard if yard else None
            found.append(
                Row(
                    measure=measure,
                    value=value,
                    ratio=ratio,
                    stored=stored.get(measure.name),
                    scale=_scale(measure, run.stack),
                )
            )
    return found


def faults(run: Run) -> dict[str, dict[str, int]]:
    """Return the errors of every phase that had any."""
    found = run.server.results
    return {name: result.errors for name, result in found.items() if result.errors}


def load_stored() -> dict[str, float]:
    """Read the stored ratios; none if nothing was stored yet."""
    if not STORED.exists():
        return {}
    return msgspec.json.decode(STORED.read_bytes(), type=dict[str, float])


def store(table: list[Row]) -> None:
    """Make these the ratios to compare with; those not shown by this run stay."""
    ratios = {row.measure.name: round(row.ratio, 3) for row in table if row.ratio is not None}
    kept = load_stored() | ratios
    STORED.write_bytes(msgspec.json.format(msgspec.json.encode(kept), indent=2) + b"\n")


def _scale(measure: Measure, stack: Mapping[str, Result]) -> float:
    """How much more this machine takes for the same work."""
    result = stack.get(measure.beside or measure.like)
    return 1.0 if result is None else result.cpu_ms / REFERENCE[measure.like]


def _figure(measure: Measure, side: Side) -> float | None:
    try:
        return float(measure.of(side))
    except KeyError:
        return None
