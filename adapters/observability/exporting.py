"""Getting spans out of the process, off the path of requests.

A collector that is down or slow costs spans and nothing else: the queue is bounded, what does
not fit or is not taken is counted, and the log says so at most once a minute.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock, Thread
from time import monotonic

from loguru import logger
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from adapters.dialects.upstreams.scrub import scrub

WARN_SECONDS = 60.0


class Losses:
    """How many spans never got to the collector, or were refused; told from any thread."""

    def __init__(self) -> None:
        self.count = 0
        self._refused = 0
        self._lock = Lock()
        self._lost_line, self._refused_line, self._said_line = _Seldom(), _Seldom(), _Seldom()

    def add(self, spans: int) -> None:
        """Count some more."""
        with self._lock:
            self.count += spans
            due = self._lost_line.is_due()
        if due:
            logger.warning("{} spans so far could not be sent to the collector", self.count)

    def refused(self, spans: int, said: str) -> None:
        """Count spans of a batch that was taken otherwise; without any, it `said` a warning."""
        with self._lock:
            self.count += spans
            self._refused += spans
            due = (self._refused_line if spans else self._said_line).is_due()
        if not due:
            return
        words = scrub(said) or "it does not say why"
        if spans:
            logger.warning(
                "{} spans so far were refused by the collector: {}", self._refused, words
            )
        else:
            logger.warning("the collector takes the spans, and warns: {}", words)


class _Seldom:
    """A line that is written once in a while."""

    def __init__(self) -> None:
        self._written_at = -WARN_SECONDS

    def is_due(self) -> bool:
        """Tell whether to write it, which is then done."""
        now = monotonic()
        due = now - self._written_at >= WARN_SECONDS
        if due:
            self._written_at = now
        return due


class CountingExporter(SpanExporter):
    """Exports by another one and counts what is not taken."""

    def __init__(self, exporter: SpanExporter, losses: Losses) -> None:
        self._exporter = exporter
        self._losses = losses
        self.seen = 0
        """Spans that left the queue, whatever became of them."""
        self.settled = 0
        """Spans of which it is known."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send a batch."""
        self.seen += len(spans)
        taken = SpanExportResult.FAILURE
        try:
            taken = self._exporter.export(spans)
        finally:
            self.settled += len(spans)
            if taken is not SpanExportResult.SUCCESS:
                self._losses.add(len(spans))
        return taken

    def shutdown(self) -> None:
        """Close the connection, and stop trying."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Nothing waits in here."""
        return self._exporter.force_flush(timeout_millis)


class BoundedProcessor(BatchSpanProcessor):
    """Keeps up to `capacity` spans, sends `at_once` of them, counts those that found no room.

    They wait for each other for `delay` milliseconds at most.
    The library's own queue says nothing of what it drops.
    """

    def __init__(
        self,
        exporter: SpanExporter,
        losses: Losses,
        *,
        capacity: int,
        at_once: int | None = None,
        delay: int | None = None,
    ) -> None:
        self._counting = CountingExporter(exporter, losses)
        self._losses = losses
        self._capacity = capacity
        self._ended = 0
        super().__init__(
            self._counting,
            max_queue_size=capacity,
            max_export_batch_size=at_once,
            schedule_delay_millis=delay,
        )

    def on_end(self, span: ReadableSpan) -> None:
        """Take a span that is over; called where it ended."""
        if span.context is None or not span.context.trace_flags.sampled:
            return
        if self._ended - self._counting.seen >= self._capacity:
            self._losses.add(1)
            return
        self._ended += 1
        super().on_end(span)

    def close(self, within: float) -> None:
        """Send what is left, and give up after so many seconds. Blocks for as long."""
        flushing = Thread(target=self.shutdown, daemon=True)
        flushing.start()
        flushing.join(within)
        if flushing.is_alive():
            # It waits for a collector that does not answer; nothing of it is waited for.
            self._counting.shutdown()
        if lost := self._ended - self._counting.settled:
            self._losses.add(lost)
