"""Spans that are kept as they end, without a collector."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON


class Kept:
    """A provider, and what was told to it."""

    def __init__(self, *, on: bool = True) -> None:
        self._exporter = InMemorySpanExporter()
        sampler = ALWAYS_ON if on else ALWAYS_OFF
        self.provider = TracerProvider(sampler=sampler, shutdown_on_exit=False)
        self.provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.tracer = self.provider.get_tracer("test")

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        return self._exporter.get_finished_spans()

    def named(self, name: str) -> ReadableSpan:
        (span,) = [span for span in self.spans if span.name == name]
        return span

    @contextmanager
    def request(self) -> Iterator[Any]:
        """Be inside of a request's span."""
        with self.tracer.start_as_current_span("request") as span:
            yield span


def about(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})
