"""The same numbers as JSON, with rates and percentiles worked out.

Percentiles are estimated from buckets, as Prometheus' `histogram_quantile` does. Rates are those
of the last minute.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import accumulate

from msgspec import Struct

from adapters.observability.metrics import families
from adapters.observability.metrics.exchanges import CANCELLED
from adapters.observability.metrics.families import Family
from adapters.observability.metrics.sampling import BEAT_SECONDS, LATELY_BEATS
from adapters.observability.metrics.snapshot import Snapshot
from adapters.observability.metrics.store import Labels, Numbers

_NO_ERRORS = frozenset({"", CANCELLED})
"""Ends of exchanges that are nobody's fault."""

_LATELY_SECONDS = BEAT_SECONDS * LATELY_BEATS


class Times(Struct, frozen=True, kw_only=True):
    """Of many times, in seconds. `None` of none."""

    count: int
    mean: float | None
    p50: float | None
    p95: float | None
    p99: float | None


class Route(Struct, frozen=True, kw_only=True):
    """The requests of one route."""

    route: str
    dialect: str
    total: int
    by_status: Mapping[str, int]
    slow: int
    duration_seconds: Times


class Requests(Struct, frozen=True, kw_only=True):
    """All requests."""

    total: int
    active: int
    per_second: float
    errors: int
    error_rate: float
    errors_by_type: Mapping[str, int]
    bytes_received: int
    bytes_sent: int
    duration_seconds: Times
    routes: tuple[Route, ...]


class Streams(Struct, frozen=True, kw_only=True):
    """All streamed answers."""

    total: int
    active: int
    cancelled: int
    chunks: int
    bytes: int
    bytes_per_second: float
    first_byte_seconds: Times


class Performance(Struct, frozen=True, kw_only=True):
    """Whose time it was."""

    translation_seconds: Times
    upstream_seconds: Times
    added_latency_seconds: Times
    slow_requests: int


class Model(Struct, frozen=True, kw_only=True):
    """One model of one backend; those that are not listed are `other`."""

    backend: str
    model: str
    exchanges: int
    errors: int
    cancelled: int
    tokens: Mapping[str, int]
    cost_usd: float | None
    time_to_first_token_seconds: Times
    time_per_output_token_seconds: Times


class System(Struct, frozen=True, kw_only=True):
    """The processes of this server; `None` is what the system does not tell."""

    cpu_seconds: float | None
    resident_memory_bytes: int | None
    open_files: int | None
    threads: int | None
    event_loop_lag_seconds: Times
    disk_bytes: Mapping[str, int]
    network_bytes: Mapping[str, int]
    garbage_collections: Mapping[str, int]


class Summary(Struct, frozen=True, kw_only=True):
    """Everything."""

    uptime_seconds: float
    requests: Requests
    streams: Streams
    performance: Performance
    output_tokens_per_second: float
    models: tuple[Model, ...]
    backends: Mapping[str, bool]
    spans_dropped: int
    system: System


def summarize(snapshot: Snapshot) -> Summary:
    """Work it out."""
    numbers = _Numbers(snapshot)
    return Summary(
        uptime_seconds=round(numbers.total(families.UPTIME), 3),
        requests=_requests(numbers),
        streams=_streams(numbers),
        performance=Performance(
            translation_seconds=numbers.times(families.TRANSLATION),
            upstream_seconds=numbers.times(families.UPSTREAM_DURATION),
            added_latency_seconds=numbers.times(families.ADDED),
            slow_requests=numbers.count(families.SLOW),
        ),
        output_tokens_per_second=numbers.rate(families.LATE_TOKENS),
        models=tuple(_models(numbers)),
        backends={name: bool(up) for (name,), (up,) in numbers.of(families.BACKEND_UP)},
        spans_dropped=numbers.count(families.SPANS_DROPPED),
        system=_system(numbers),
    )


class _Numbers:
    """A snapshot, asked by family; `where` picks series by their first labels."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def of(self, family: Family, *where: str) -> list[tuple[Labels, Numbers]]:
        return sorted(
            (labels, numbers)
            for labels, numbers in self._snapshot[family.name].items()
            if labels[: len(where)] == where
        )

    def total(self, family: Family, *where: str) -> float:
        return sum(numbers[0] for _, numbers in self.of(family, *where))

    def count(self, family: Family, *where: str) -> int:
        return int(self.total(family, *where))

    def maybe(self, family: Family) -> int | None:
        return self.count(family) if self.of(family) else None

    def by(self, family: Family, label: str, *where: str) -> dict[str, int]:
        """Add up what has the same value of one label."""
        place = family.labels.index(label)
        found: dict[str, int] = {}
        for labels, (number,) in self.of(family, *where):
            found[labels[place]] = found.get(labels[place], 0) + int(number)
        return found

    def times(self, family: Family, *where: str) -> Times:
        return times_of(family, (numbers for _, numbers in self.of(family, *where)))

    def rate(self, family: Family) -> float:
        # A server that is younger than a minute has had less time.
        age = max(self.total(families.UPTIME), BEAT_SECONDS)
        return round(self.total(family) / min(age, _LATELY_SECONDS), 3)


def times_of(family: Family, series: Iterable[Numbers]) -> Times:
    """Put the series of a histogram together."""
    *buckets, total = [sum(column) for column in zip(*series, strict=True)] or [0.0] * family.width
    counts = list(accumulate(buckets))
    count = counts[-1]
    if not count:
        return Times(count=0, mean=None, p50=None, p95=None, p99=None)
    p50, p95, p99 = (round(quantile(family.bounds, counts, q), 6) for q in (0.5, 0.95, 0.99))
    return Times(count=int(count), mean=round(total / count, 6), p50=p50, p95=p95, p99=p99)


def quantile(bounds: tuple[float, ...], counts: list[float], q: float) -> float:
    """Estimate a quantile from cumulative counts: evenly spread within a bucket.

    What lies above the last bound counts as that.
    """
    rank = q * counts[-1]
    bucket = next(i for i, count in enumerate(counts) if count >= rank)
    if bucket == len(bounds):
        return bounds[-1]
    low, below = (bounds[bucket - 1], counts[bucket - 1]) if bucket else (0.0, 0.0)
    return low + (bounds[bucket] - low) * (rank - below) / (counts[bucket] - below)


def _requests(numbers: _Numbers) -> Requests:
    late = numbers.total(families.LATE_REQUESTS)
    return Requests(
        total=numbers.count(families.REQUESTS),
        active=numbers.count(families.ACTIVE),
        per_second=numbers.rate(families.LATE_REQUESTS),
        errors=numbers.count(families.ERRORS),
        error_rate=round(numbers.total(families.LATE_ERRORS) / late, 6) if late else 0.0,
        errors_by_type=numbers.by(families.ERRORS, "error"),
        bytes_received=numbers.count(families.BYTES_IN),
        bytes_sent=numbers.count(families.BYTES_OUT),
        duration_seconds=numbers.times(families.DURATION),
        routes=tuple(_routes(numbers)),
    )


def _routes(numbers: _Numbers) -> Iterable[Route]:
    for (route, dialect), _ in numbers.of(families.DURATION):
        by_status = numbers.by(families.REQUESTS, "status", route, dialect)
        yield Route(
            route=route,
            dialect=dialect,
            total=sum(by_status.values()),
            by_status={status: count for status, count in by_status.items() if count},
            slow=numbers.count(families.SLOW, route),
            duration_seconds=numbers.times(families.DURATION, route, dialect),
        )


def _streams(numbers: _Numbers) -> Streams:
    return Streams(
        total=numbers.count(families.STREAMS),
        active=numbers.count(families.STREAMS_ACTIVE),
        cancelled=numbers.count(families.CANCELLED),
        chunks=numbers.count(families.CHUNKS),
        bytes=numbers.count(families.STREAM_BYTES),
        bytes_per_second=numbers.rate(families.LATE_STREAMED),
        first_byte_seconds=numbers.times(families.FIRST_BYTE),
    )


def _models(numbers: _Numbers) -> Iterable[Model]:
    for backend, model in sorted({labels[:2] for labels, _ in numbers.of(families.UPSTREAM)}):
        by_error = numbers.by(families.UPSTREAM, "error", backend, model)
        cost = numbers.of(families.COST, backend, model)
        yield Model(
            backend=backend,
            model=model,
            exchanges=sum(by_error.values()),
            errors=sum(many for error, many in by_error.items() if error not in _NO_ERRORS),
            cancelled=by_error.get(CANCELLED, 0),
            tokens=numbers.by(families.TOKENS, "kind", backend, model),
            cost_usd=cost[0][1][0] if cost else None,
            time_to_first_token_seconds=numbers.times(families.FIRST_TOKEN, backend, model),
            time_per_output_token_seconds=numbers.times(families.PER_TOKEN, backend, model),
        )


def _system(numbers: _Numbers) -> System:
    return System(
        cpu_seconds=round(numbers.total(families.CPU), 3) if numbers.of(families.CPU) else None,
        resident_memory_bytes=numbers.maybe(families.RESIDENT),
        open_files=numbers.maybe(families.OPEN_FILES),
        threads=numbers.maybe(families.THREADS),
        event_loop_lag_seconds=numbers.times(families.LAG),
        disk_bytes=numbers.by(families.DISK, "direction"),
        network_bytes=numbers.by(families.NETWORK, "direction"),
        garbage_collections=numbers.by(families.COLLECTIONS, "generation"),
    )
