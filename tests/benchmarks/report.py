"""The tables of a run, for a terminal and for `docs/benchmarks.md`."""

from __future__ import annotations

import datetime as dt
import os
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks import watching
from tests.benchmarks.measures import TOLERANCE, Row
from tests.benchmarks.phases import PHASES, PUBLISHED
from tests.benchmarks.run import CHATS, ROUNDS, Run
from tests.e2e.server import CHECKOUT

PAGE = CHECKOUT / "docs" / "benchmarks.md"
LIBRARIES = ("aiohttp", "dishka", "httptools", "litestar", "msgspec", "uvicorn", "uvloop")
METHOD = f"""\
## Method

- One core for llamaport, one for everything else: the load, and a scripted upstream that speaks
  OpenAI's dialect and answers from memory. One worker, log level `WARNING`, one client key, an
  alias.
- Every request is Ollama's `/api/chat`, translated, unless its row names another path or says
  *relayed*: then the upstream speaks Ollama's dialect too, and another llamaport stands before it.
  A plain answer has 200 words, a stream 100 deltas, a vector 1,536 numbers and length 1.
- Every answer is read to its end and checked: status, framing, every line, the whole text, one end.
- CPU is what the scheduler has on account for the threads of the process, in nanoseconds
  (`/proc/PID/task/*/schedstat`): on a busy machine it holds where rates and latencies do not. The
  ticks of `/proc/PID/stat` are too coarse for what happens every 10 ms.
- *flat*: the upstream sends as fast as it is read. *paced*: one event every 10 ms in each stream.
- What tells a cost runs in {ROUNDS} rounds, llamaport and what is beside it in turn, each time
  in the other order; the median counts. Relayed events and Anthropic's chats are compared with
  translated chats in the same rounds.
- What it costs to watch (*more CPU*) is the difference between two llamaports, one of which writes
  a line of each request, or sends its trace to a collector. {watching.PAIRS} such pairs are started
  one after the other, because two processes of one program differ as long as they live; each
  takes turns with the bare stack in {watching.ROUNDS} rounds of a second. The median of all
  differences counts.
- The *yardstick* is an ASGI application without a framework, served the same way, that answers the
  same requests from memory. Ratios to it are kept in `tests/benchmarks/stored.json`, and a run
  fails if one of them is worse by more than {TOLERANCE:.0%}.
- The *bare stack* is Litestar and aiohttp's client with nothing in between: no translation, keys,
  routing, checks or bounds. The budgets were set on a machine on which it cost 0.174 ms of CPU per
  plain request, 0.72 ms per flat stream and 31 µs per paced event. *Budget here* is the budget
  times what the stack costs on this machine, in the same rounds, against that; in those of
  translated chats it was {{stack}}.

## Run it

```
make bench-quick                          # half a minute, compares with the stored ratios
make bench                                # everything
python -m tests.benchmarks --store        # everything; becomes this page and the stored ratios
python -m tests.benchmarks --pieces       # a span, a line of the log: what each costs by itself
python -m tests.benchmarks --help
```
"""


def table(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    """Lay out a table that reads well both as text and as Markdown."""
    cells = [list(head), *map(list, body)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    lines = [
        "| " + " | ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)) + " |" for r in cells
    ]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


def summary(found: Sequence[Row]) -> str:
    """Show the measures beside their budgets and goals, and beside the stored ratios."""
    head = (
        "figure",
        "measured",
        "budget here",
        "as set",
        "goal",
        "times the yardstick",
        "stored",
        "",
    )
    return table(head, [_summary_row(row) for row in found])


def phases(run: Run) -> str:
    """Show what every phase did; CPU is per answer."""
    head = ("phase", "per second", "mean ms", "p50", "p95", "p99")
    more = ("first byte p50", "CPU ms", "µs an event", "errors")
    rows = []
    for name, result in run.server.results.items():
        title = PHASES[name].title if name in PHASES else "the upstream itself, concurrency 1"
        spread = result.latency
        times = (f"{t:.2f}" for t in (spread.mean, spread.p50, spread.p95, spread.p99))
        streamed = name in PHASES and PHASES[name].streamed
        rows.append(
            (
                title,
                f"{result.rate:,.0f}",
                *times,
                f"{result.first.p50:.2f}" if streamed else "",
                f"{result.cpu_ms:.3f}",
                f"{result.event_us:.1f}" if streamed else "",
                str(sum(result.errors.values())),
            )
        )
    return table(head + more, rows)


def shapes(run: Run) -> str:
    """Show the published shapes of load beside the averages that were published for them."""
    body = [
        (
            phase.title,
            f"{phase.published_ms}",
            f"{result.latency.mean:.1f}",
            f"{1000 * result.seconds / max(1, result.answers):.2f}",
            str(sum(result.errors.values())),
        )
        for phase in PUBLISHED
        if (result := run.server.results.get(phase.name))
    ]
    head = ("shape", "published ms", "mean latency ms", "ms per request", "errors")
    return table(head, body) if body else ""


def pieces(found: Mapping[str, float], loop_ms: float) -> str:
    """Show what each piece of watching costs, beside what tells how fast the machine is now."""
    body = [(name, f"{us:.1f}") for name, us in found.items()]
    loop = f"A loop of plain Python that takes {loop_ms:.0f} ms now tells how fast the machine is."
    return f"{table(('piece', 'µs of CPU'), body)}\n\n{loop}"


def machine(run: Run) -> str:
    """Say when and on what the run was made."""
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    today = dt.datetime.now(tz=dt.UTC).date()
    return (
        f"Measured {today} with {platform.python_implementation()} {platform.python_version()} "
        f"on {platform.system()} {platform.machine()}, {os.cpu_count()} cores ({_processor()}); "
        f"{libraries}. A loop of plain Python that takes {run.loop_ms:.0f} ms here tells how fast "
        "this machine is."
    )


def page(run: Run, found: Sequence[Row]) -> str:
    """Write the whole page."""
    intro = (
        "What llamaport itself costs: one process, one core, Ollama translated to OpenAI's dialect."
    )
    parts = ["# Benchmarks", intro, machine(run), summary(found), "## Every phase", phases(run)]
    if shown := shapes(run):
        parts += ["## Shapes of load published by a similar proxy", shown]
    return "\n\n".join([*parts, METHOD.replace("{stack}", _stack(run))])


def _stack(run: Run) -> str:
    if not run.stack:
        return "not measured"
    return ", ".join(
        f"{PHASES[name].title} {result.cpu_ms:.3f} ms an answer"
        for name, result in run.stack.items()
        if name in CHATS
    )


def _summary_row(row: Row) -> tuple[str, ...]:
    measure = row.measure
    digits = {"": 0, "MB": 1, "µs": 1, "x": 2}.get(measure.unit, 3)
    marks = [mark for mark, on in (("over budget", row.over), ("WORSE", row.worse)) if on]
    return (
        measure.title,
        f"{row.value:.{digits}f} {measure.unit}".strip(),
        "" if row.budget is None else f"{row.budget:.{digits}f}",
        "" if measure.budget is None else f"{measure.budget:g}",
        "" if measure.goal is None else f"{measure.goal:g}",
        "" if row.ratio is None else f"{row.ratio:.2f}",
        "" if row.stored is None else f"{row.stored:.2f}",
        ", ".join(marks),
    )


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "unknown")
