"""Spans as OTLP has them in JSON, which is slower to write than `encoding`, and can be read.

It is JSON as protobuf maps it, but for the ids, which are in hex, and for enumerations, which are
numbers (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding). What is empty is left
out.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from math import isfinite, isnan
from time import sleep
from typing import Any

import msgspec
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import INVALID_SPAN_CONTEXT
from opentelemetry.util.types import AnyValue

from adapters.observability.encoding import AT_A_TIME

_PARENT_HERE, _PARENT_AWAY = 0x100, 0x300
"""Whether the parent is in another process, and that this is known."""


def encode(spans: Sequence[ReadableSpan]) -> bytes:
    """Write an `ExportTraceServiceRequest` for spans of one process, at least one."""
    scopes: dict[InstrumentationScope | None, list[Any]] = {}
    for number, span in enumerate(spans, 1):
        scopes.setdefault(span.instrumentation_scope, []).append(_span(span))
        if not number % AT_A_TIME:
            sleep(0)
    resource = spans[0].resource
    of_resource = {
        "resource": {"attributes": _attributes(resource.attributes)},
        "scopeSpans": [_scope(scope, written) for scope, written in scopes.items()],
        "schemaUrl": resource.schema_url,
    }
    return _written({"resourceSpans": [_full(of_resource)]})


def _written(message: Any) -> bytes:
    try:
        return msgspec.json.encode(message)
    except UnicodeEncodeError:
        # Halves of characters, which become `?`.
        return json.dumps(message, ensure_ascii=False).encode("utf-8", "replace")


def _full(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value}


def _scope(scope: InstrumentationScope | None, spans: Sequence[Any]) -> dict[str, Any]:
    if scope is None:
        return {"scope": {}, "spans": spans}
    about = {
        "name": scope.name,
        "version": scope.version,
        "attributes": _attributes(scope.attributes),
    }
    return _full({"scope": _full(about), "spans": spans, "schemaUrl": scope.schema_url})


def _span(span: ReadableSpan) -> dict[str, Any]:
    context, parent = span.get_span_context() or INVALID_SPAN_CONTEXT, span.parent
    status = {"code": span.status.status_code.value, "message": span.status.description}
    about = _full(
        {
            "traceId": f"{context.trace_id:032x}",
            "spanId": f"{context.span_id:016x}",
            "traceState": context.trace_state.to_header(),
            "parentSpanId": parent and f"{parent.span_id:016x}",
            "flags": _PARENT_AWAY if parent and parent.is_remote else _PARENT_HERE,
            "name": span.name,
            "kind": span.kind.value + 1,
            "startTimeUnixNano": str(span.start_time or 0),
            "endTimeUnixNano": str(span.end_time or 0),
            "attributes": _attributes(span.attributes),
            "droppedAttributesCount": span.dropped_attributes,
            "events": [_event(event) for event in span.events],
            "droppedEventsCount": span.dropped_events,
        }
    )
    return {**about, "status": _full(status)}


def _event(event: Event) -> dict[str, Any]:
    return _full(
        {
            "timeUnixNano": str(event.timestamp),
            "name": event.name,
            "attributes": _attributes(event.attributes),
            "droppedAttributesCount": event.dropped_attributes,
        }
    )


def _attributes(attributes: Mapping[str, AnyValue] | None) -> list[Any]:
    return [{"key": key, "value": _value(value)} for key, value in (attributes or {}).items()]


def _value(value: AnyValue) -> dict[str, Any]:
    if isinstance(value, str):
        return {"stringValue": value}
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value if isfinite(value) else _no_number(value)}
    if isinstance(value, bytes):
        return {"bytesValue": b64encode(value).decode()}
    if isinstance(value, Sequence):
        return {"arrayValue": {"values": [_value(item) for item in value]}}
    if isinstance(value, Mapping):
        return {"kvlistValue": {"values": _attributes(value)}}
    return {}


def _no_number(value: float) -> str:
    if isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"
