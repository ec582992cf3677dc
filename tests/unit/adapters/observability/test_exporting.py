"""Spans that never get to a collector are counted, all of them, and once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import StringIO
from threading import Event

import pytest
from loguru import logger
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from adapters.observability.exporting import BoundedProcessor, Losses

PATIENCE = 5.0


class FakeExporter(SpanExporter):
    """Answers what it is told to, once it is let go."""

    def __init__(
        self, result: SpanExportResult | Exception = SpanExportResult.SUCCESS, *, held: bool = False
    ) -> None:
        self._result = result
        self.go = Event()
        self.asked = Event()
        self.taken = 0
        if not held:
            self.go.set()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.asked.set()
        self.go.wait(PATIENCE)
        self.taken += len(spans)
        if isinstance(self._result, Exception):
            raise self._result
        return self._result

    def shutdown(self) -> None:
        self.go.set()


@contextmanager
def logged() -> Iterator[StringIO]:
    text = StringIO()
    sink = logger.add(text, format="{message}")
    try:
        yield text
    finally:
        logger.remove(sink)


def told(processor: BoundedProcessor, spans: int) -> None:
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(processor)
    for _ in range(spans):
        provider.get_tracer("test").start_span("x").end()


def test_what_is_taken_is_not_lost() -> None:
    exporter, losses = FakeExporter(), Losses()
    processor = BoundedProcessor(exporter, losses, capacity=1000)

    told(processor, 10)
    processor.close(PATIENCE)

    assert (exporter.taken, losses.count) == (10, 0)


@pytest.mark.parametrize("result", [SpanExportResult.FAILURE, ConnectionError("secret")])
def test_what_is_refused_is_lost_and_the_log_says_so_once(
    result: SpanExportResult | Exception,
) -> None:
    losses = Losses()
    with logged() as text:
        processor = BoundedProcessor(FakeExporter(result), losses, capacity=1000)
        told(processor, 10)
        processor.close(PATIENCE)
        losses.add(1)

    assert losses.count == 11
    assert text.getvalue() == "10 spans so far could not be sent to the collector\n"


def test_what_is_refused_of_a_batch_is_told_once_in_the_collectors_words_without_keys() -> None:
    losses = Losses()
    with logged() as text:
        losses.refused(2, "too old\n{} at api_key=canary-key")
        losses.refused(3, "too old")
        losses.refused(0, "deprecated")
        losses.refused(0, "deprecated")
        losses.add(1)

    assert losses.count == 6
    assert text.getvalue().splitlines() == [
        "2 spans so far were refused by the collector: too old {} at api_key=[hidden]",
        "the collector takes the spans, and warns: deprecated",
        "6 spans so far could not be sent to the collector",
    ]


def test_there_is_a_bound_on_what_waits_for_a_slow_collector() -> None:
    exporter, losses = FakeExporter(held=True), Losses()
    processor = BoundedProcessor(exporter, losses, capacity=600)
    with logged():
        told(processor, 600)
        assert exporter.asked.wait(PATIENCE)
        told(processor, 600 + 512)
        lost = losses.count
        exporter.go.set()
        processor.close(PATIENCE)

    assert lost == 600
    assert losses.count == lost
    assert exporter.taken == 600 + 512


def test_the_end_waits_only_so_long_and_counts_the_rest() -> None:
    losses = Losses()
    processor = BoundedProcessor(FakeExporter(held=True), losses, capacity=1000)
    with logged():
        told(processor, 10)
        processor.close(0.05)

    assert losses.count == 10
