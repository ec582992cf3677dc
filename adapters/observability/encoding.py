"""Spans as OTLP has them on the wire, written at once rather than built as messages first.

The library makes an object of every span, attribute and value. That takes longer than all else
that a span costs, on a thread that holds up the requests. The numbers of the fields are those of
`opentelemetry/proto/trace/v1/trace.proto`. Spans of this server have no links.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import sleep

from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import INVALID_SPAN_CONTEXT, SpanKind

from adapters.observability.protobuf import Attributes, count, field, fixed64, text

AT_A_TIME = 16
"""Spans that are written before other threads may go on: a whole batch would hold up requests."""

_KINDS = {
    SpanKind.INTERNAL: b"\x30\x01",
    SpanKind.SERVER: b"\x30\x02",
    SpanKind.CLIENT: b"\x30\x03",
    SpanKind.PRODUCER: b"\x30\x04",
    SpanKind.CONSUMER: b"\x30\x05",
}
_PARENT_HERE, _PARENT_AWAY = b"\x85\x01\x00\x01\x00\x00", b"\x85\x01\x00\x03\x00\x00"
"""Whether the parent is in another process, and that this is known."""
_UNSET = b"\x7a\x00"


def encode(spans: Sequence[ReadableSpan]) -> bytes:
    """Write an `ExportTraceServiceRequest` for spans of one process, at least one."""
    attributes = Attributes()
    scopes: dict[InstrumentationScope | None, list[bytes]] = {}
    for number, span in enumerate(spans, 1):
        of_scope = scopes.setdefault(span.instrumentation_scope, [])
        of_scope.append(field(b"\x12", _span(span, attributes)))
        if not number % AT_A_TIME:
            sleep(0)
    resource = spans[0].resource
    about = field(b"\x0a", attributes.write(b"\x0a", resource.attributes))
    written = [field(b"\x12", _scope(scope, parts)) for scope, parts in scopes.items()]
    return field(b"\x0a", b"".join((about, *written, text(b"\x1a", resource.schema_url))))


def _scope(scope: InstrumentationScope | None, spans: Sequence[bytes]) -> bytes:
    if scope is None:
        return b"".join((b"\x0a\x00", *spans))
    about = (
        text(b"\x0a", scope.name),
        text(b"\x12", scope.version),
        Attributes().write(b"\x1a", scope.attributes),
    )
    return b"".join((field(b"\x0a", b"".join(about)), *spans, text(b"\x1a", scope.schema_url)))


def _span(span: ReadableSpan, attributes: Attributes) -> bytes:
    return b"".join(
        (
            _ids(span),
            text(b"\x2a", span.name),
            _KINDS[span.kind],
            b"\x39",
            fixed64(span.start_time or 0),
            b"\x41",
            fixed64(span.end_time or 0),
            attributes.write(b"\x4a", span.attributes),
            count(b"\x50", span.dropped_attributes),
            *[field(b"\x5a", _event(event, attributes)) for event in span.events],
            count(b"\x60", span.dropped_events),
            _status(span),
            _PARENT_AWAY if span.parent and span.parent.is_remote else _PARENT_HERE,
        )
    )


def _ids(span: ReadableSpan) -> bytes:
    context, parent = span.get_span_context() or INVALID_SPAN_CONTEXT, span.parent
    ids = b"\x0a\x10" + context.trace_id.to_bytes(16, "big") + b"\x12\x08" + _id(context.span_id)
    if context.trace_state:
        ids += text(b"\x1a", context.trace_state.to_header())
    return ids if parent is None else ids + b"\x22\x08" + _id(parent.span_id)


def _id(span_id: int) -> bytes:
    return span_id.to_bytes(8, "big")


def _event(event: Event, attributes: Attributes) -> bytes:
    return b"".join(
        (
            b"\x09",
            fixed64(event.timestamp),
            text(b"\x12", event.name),
            attributes.write(b"\x1a", event.attributes),
            count(b"\x20", event.dropped_attributes),
        )
    )


def _status(span: ReadableSpan) -> bytes:
    status = span.status
    if status.is_unset:
        return _UNSET
    about = text(b"\x12", status.description) + count(b"\x18", status.status_code.value)
    return field(b"\x7a", about)
