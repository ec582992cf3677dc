"""The kinds of load, and how one of them is run."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from tests.benchmarks import wrk
from tests.benchmarks.client import Target
from tests.benchmarks.load import Load, Result
from tests.benchmarks.payloads import (
    ANTHROPIC,
    CHAT,
    EMBED,
    FLAT,
    GENERATE,
    OPEN,
    OPENAI,
    PACED,
    expected,
    request,
)
from tests.benchmarks.systems import WATCHED


class Phase(Struct, frozen=True, kw_only=True):
    """One kind of load: so many clients, for a time, or for a number of requests."""

    name: str
    title: str
    concurrency: int
    path: str = CHAT
    model: str = FLAT
    streamed: bool = False
    native: bool = False
    """Whether an upstream that speaks Ollama's dialect is asked, and the bytes are relayed."""
    watched: str = ""
    """Which of `systems.WATCHED` is compared with the same llamaport that tells nothing."""
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


def _on(path: str, name: str, concurrency: int, model: str = "", *, native: bool = False) -> Phase:
    """Build a phase other than a translated chat; a stream if a model is given."""
    kind = f"streams, {model}, {concurrency} open" if model else f"plain, concurrency {concurrency}"
    relayed = " relayed" if native or path == OPENAI else ""
    return Phase(
        name=name,
        title=f"{path}{relayed}, {kind}",
        concurrency=concurrency,
        path=path,
        model=model or FLAT,
        streamed=bool(model),
        native=native,
    )


def _watched(by: str) -> tuple[Phase, Phase]:
    plain, streams = _plain("", 50), _streams("", PACED, 25)
    return (
        replace(plain, name=f"{by}50", title=f"{plain.title}, {by}", watched=by),
        replace(streams, name=f"{by}_paced25", title=f"{streams.title}, {by}", watched=by),
    )


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
        _on(GENERATE, "generate50", 50),
        _on(GENERATE, "generate_flat25", 25, FLAT),
        _on(GENERATE, "generate_paced25", 25, PACED),
        _on(EMBED, "embed50", 50),
        _on(CHAT, "relay50", 50, native=True),
        _on(CHAT, "relay_paced25", 25, PACED, native=True),
        _on(OPENAI, "openai50", 50),
        _on(OPENAI, "openai_flat25", 25, FLAT),
        _on(OPENAI, "openai_paced25", 25, PACED),
        _on(ANTHROPIC, "anthropic50", 50),
        _on(ANTHROPIC, "anthropic_flat25", 25, FLAT),
        _on(ANTHROPIC, "anthropic_paced25", 25, PACED),
        *(phase for by in WATCHED for phase in _watched(by)),
        *PUBLISHED,
        OPEN_STREAMS,
    )
}
"""By name, in the order in which they are run: the cold one first, the largest last."""


async def run_phase(phase: Phase, target: Target, *, seconds: float, with_wrk: bool) -> Result:
    """Put one phase of load on a server."""
    path = phase.path
    body = request(path, phase.model, streamed=phase.streamed)
    length = phase.seconds or seconds
    if with_wrk and not phase.streamed and not phase.count:
        return await wrk.run(target, path, body, concurrency=phase.concurrency, seconds=length)
    pieces = expected(path, phase.model, streamed=phase.streamed)
    load = Load(target, body, pieces, path=path, seconds=length, count=phase.count)
    return await load.run(phase.concurrency, watch_memory=phase.watch_memory)
