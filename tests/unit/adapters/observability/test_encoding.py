"""What is written, in protobuf and in JSON, is what the library writes, whatever is on a span."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan
from typing import Any

import pytest
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
    TraceState,
    set_span_in_context,
)

from adapters.observability import encoding, json_encoding
from tests import collector
from tests.unit.adapters.observability.spans import Kept

VALUES = {
    "text": "text",
    "nothing": "",
    "not ASCII": "Grüße \u2028 🦙",
    "long": "x" * 70_000,
    "yes": True,
    "no": False,
    "one": 1,
    "zero": 0,
    "two bytes": 300,
    "large": 2**62,
    "negative": -5,
    "a half": 0.5,
    "zero, too": 0.0,
    "no end": float("inf"),
    "no beginning": float("-inf"),
    "bytes": b"\x00\xff",
    "texts": ("a", "", "c"),
    "numbers": (0, -1, 2**40),
    "none": None,
    "mixed": ("a", 1, 0.5, True, None),
    "within": {"a": {"b": [1, "c"]}},
}


def both_ways(spans: Sequence[ReadableSpan]) -> tuple[ExportTraceServiceRequest, ...]:
    return (
        collector.read(encoding.encode(spans), collector.PROTOBUF),
        collector.read(json_encoding.encode(spans), collector.JSON),
    )


def in_both(spans: Sequence[ReadableSpan]) -> Span:
    """Return the only span, which is the same in both."""
    one, other = (
        span
        for request in both_ways(spans)
        for span in request.resource_spans[0].scope_spans[0].spans
    )
    assert one == other
    return one


def the_same(spans: Sequence[ReadableSpan]) -> bool:
    expected = encode_spans(spans)
    return all(request == expected for request in both_ways(spans))


@pytest.mark.parametrize("name", VALUES)
def test_every_kind_of_value_is_written_as_the_library_does(name: str) -> None:
    kept, value = Kept(), VALUES[name]
    span: Any = kept.tracer.start_span("x", attributes={name: value, "the same": "the same"})
    span.add_event("e", {name: value})
    span.end()

    assert the_same(kept.spans)


@pytest.mark.parametrize("kind", SpanKind)
@pytest.mark.parametrize("code", StatusCode)
def test_kinds_and_states_are(kind: SpanKind, code: StatusCode) -> None:
    kept = Kept()
    with kept.request():
        span = kept.tracer.start_span("a child", kind=kind)
        span.set_status(code, "why" if code is StatusCode.ERROR else None)
        span.end()

    assert the_same(kept.spans)


def test_a_parent_in_another_process_is() -> None:
    kept = Kept()
    state = TraceState([("vendor", "1"), ("other", "x")])
    caller = SpanContext(
        2**127 + 5, 7, is_remote=True, trace_flags=TraceFlags(1), trace_state=state
    )
    kept.tracer.start_span("x", set_span_in_context(NonRecordingSpan(caller))).end()

    assert the_same(kept.spans)


def test_what_was_over_a_limit_is_counted() -> None:
    exporter = InMemorySpanExporter()
    limits = SpanLimits(
        max_span_attributes=2,
        max_events=1,
        max_event_attributes=1,
        max_span_attribute_length=3,
        max_attribute_length=2,
    )
    resource = Resource.create({"service.name": "x", "list": ["a"]}, "https://schema.example/1")
    provider = TracerProvider(resource=resource, span_limits=limits, shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    span = provider.get_tracer("t", "1", "https://schema.example/2", {"a": 1}).start_span("x")
    span.set_attributes({"a": "12345", "b": 1, "c": 2})
    for name in ("first", "second"):
        span.add_event(name, {"a": "12345", "b": 1})
    span.end()

    spans = exporter.get_finished_spans()
    wire = in_both(spans)
    assert (wire.dropped_attributes_count, wire.dropped_events_count) == (1, 1)
    assert the_same(spans)


def test_spans_of_several_scopes_go_by_scope() -> None:
    kept = Kept()
    for number in range(40):
        kept.provider.get_tracer(f"scope {number % 3}").start_span(str(number)).end()

    assert the_same(kept.spans)


def test_what_is_no_text_costs_a_letter_and_no_batch() -> None:
    kept = Kept()
    kept.tracer.start_span("x", attributes={"broken": "a\ud800b"}).end()

    wire = in_both(kept.spans)
    assert wire.attributes[0].value.string_value == "a?b"


def test_what_is_no_number_is_none() -> None:
    kept = Kept()
    kept.tracer.start_span("x", attributes={"broken": float("nan")}).end()

    for request in both_ways(kept.spans):
        (span,) = request.resource_spans[0].scope_spans[0].spans
        assert isnan(span.attributes[0].value.double_value)
        assert span.attributes[0].value.HasField("double_value")
