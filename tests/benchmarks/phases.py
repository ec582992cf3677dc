"""The kinds of load, and how one of them is run."""

from __future__ import annotations

from msgspec import Struct

from tests.benchmarks import wrk
from tests.benchmarks.client import Target
from tests.benchmarks.load import Load, Result
from tests.benchmarks.payloads import FLAT, OPEN, PACED, PLAIN_TEXT, chat_request, deltas


class Phase(Struct, frozen=True, kw_only=True):
    """One kind of load: so many clients, for a time, or for a number of requests."""

    name: str
    title: str
    concurrency: int
    model: str = FLAT
    streamed: bool = False
    count: int = 0
    """Requests in all; 0 for a phase that runs for a time."""
    seconds: float = 0
    """How long; 0 for as long as the run says."""
    watch_memory: bool = False
    published_ms: float | None = None
    """The average latency that was published for this shape of load."""


def _streams(name: str, model: str, concurrency: int) -> Phase:
    title = f"streams, {model}, {concurrency} open"
    return Phase(name=name, title=title, concurrency=concurrency, model=model, streamed=True)


def _plain(name: str, concurrency: int) -> Phase:
    return Phase(name=name, title=f"plain, concurrency {concurrency}", concurrency=concurrency)


def _shape(name: str, concurrency: int, published_ms: float, **more: object) -> Phase:
    amount = f"{more['count']:,} requests" if "count" in more else f"{more['seconds']} seconds"
    what = amount.replace("requests", "streams") if more.get("streamed") else amount
    return Phase(
        name=name,
        title=f"{what} at {concurrency}",
        concurrency=concurrency,
        published_ms=published_ms,
        **more,  # type: ignore[arg-type]  # the fields of Phase, spelled by the caller
    )


PUBLISHED = (
    _shape("shape1", 10, 2.5, count=100),
    _shape("shape2", 50, 4.1, count=1_000),
    _shape("shape3", 100, 6.7, count=5_000),
    _shape("shape4", 25, 8.2, count=500, streamed=True),
    _shape("shape5", 50, 5.1, seconds=30),
    _shape("shape6", 200, 9.8, count=10_000),
)
COLD = Phase(name="cold200", title="plain, 200 at once, cold", concurrency=200, count=400)
OPEN_STREAMS = Phase(
    name="open1000",
    title="1,000 streams open at once",
    concurrency=1000,
    model=OPEN,
    streamed=True,
    count=1000,
    watch_memory=True,
)
PHASES = {
    phase.name: phase
    for phase in (
        COLD,
        _plain("c1", 1),
        _plain("c50", 50),
        _plain("c200", 200),
        _streams("flat25", FLAT, 25),
        _streams("flat100", FLAT, 100),
        _streams("paced25", PACED, 25),
        _streams("paced100", PACED, 100),
        *PUBLISHED,
        OPEN_STREAMS,
    )
}
"""By name, in the order in which they are run: the cold one first, the largest last."""


async def run_phase(phase: Phase, target: Target, *, seconds: float, with_wrk: bool) -> Result:
    """Put one phase of load on a server."""
    body = chat_request(phase.model, streamed=phase.streamed)
    length = phase.seconds or seconds
    if with_wrk and not phase.streamed and not phase.count:
        return await wrk.run(target, body, concurrency=phase.concurrency, seconds=length)
    expected = deltas(phase.model) if phase.streamed else [PLAIN_TEXT]
    load = Load(target, body, expected, seconds=length, count=phase.count)
    return await load.run(phase.concurrency, watch_memory=phase.watch_memory)
