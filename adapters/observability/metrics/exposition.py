"""Numbers in the text that Prometheus reads, or in OpenMetrics where that is asked for.

Written by prometheus_client, which is not imported before somebody asks: that takes 30 ms.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import accumulate

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST as OPEN_METRICS_1_0_0
from prometheus_client.openmetrics.exposition import generate_latest as generate_open_metrics
from prometheus_client.registry import Collector

from adapters.observability.metrics.families import FAMILIES, Family, Kind
from adapters.observability.metrics.snapshot import Snapshot
from adapters.observability.metrics.store import Numbers

_OPEN_METRICS = "application/openmetrics-text"


def expose(snapshot: Snapshot, accept: str) -> tuple[bytes, str]:
    """Return the text and its media type."""
    numbers = _Numbers(snapshot)
    # Not the library's choice, which repeats in its answer what a client may write here.
    if _OPEN_METRICS in accept.lower():
        return generate_open_metrics(numbers), OPEN_METRICS_1_0_0  # type: ignore[no-untyped-call] # the library's
    return generate_latest(numbers), CONTENT_TYPE_PLAIN_0_0_4


class _Numbers(Collector):
    """What the library's writers read."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def collect(self) -> Iterable[Metric]:
        """Return every metric that is told."""
        return [
            _metric(family, self._snapshot[family.name].items())
            for family in FAMILIES
            if family.is_told
        ]


def _metric(family: Family, series: Iterable[tuple[tuple[str, ...], Numbers]]) -> Metric:
    if family.kind is Kind.HISTOGRAM:
        histogram = HistogramMetricFamily(family.name, family.text, labels=family.labels)
        for labels, numbers in sorted(series):
            histogram.add_metric(labels, list(_buckets(family, numbers)), numbers[-1])
        return histogram
    make = CounterMetricFamily if family.kind is Kind.COUNTER else GaugeMetricFamily
    metric = make(family.name, family.text, labels=family.labels)
    for labels, (number,) in sorted(series):
        metric.add_metric(labels, number)
    return metric


def _buckets(family: Family, numbers: Numbers) -> Iterator[tuple[str, float]]:
    """Yield the cumulative count up to each bound."""
    bounds = (*map(repr, family.bounds), "+Inf")
    yield from zip(bounds, accumulate(numbers[:-1]), strict=True)
