"""What a collector says of a batch that it took: perhaps not all of it.

The numbers and names of the fields are those of
`opentelemetry/proto/collector/trace/v1/trace_service.proto`.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from adapters.observability.protobuf import fields

_PARTIAL_SUCCESS = 1
_REJECTED, _SAID = 1, 2
_NEGATIVE = 1 << 63


class Taken(Struct, frozen=True):
    """`refused` spans were not taken; with 0 of them, what is `said` is a warning."""

    refused: int = 0
    said: str = ""


def decode(answer: bytes) -> Taken:
    """Read an `ExportTraceServiceResponse`. What is none says nothing."""
    taken = Taken()
    try:
        for number, value in fields(answer):
            if number == _PARTIAL_SUCCESS and isinstance(value, bytes):
                taken = _partial(value)
    except ValueError:
        return Taken()
    return taken


class _Part(Struct, rename="camel"):
    rejected_spans: int | None = 0  # a text as a rule, as protobuf has numbers of 64 bits in JSON
    error_message: str | None = ""


class _Answer(Struct, rename="camel"):
    partial_success: _Part | None = None


_read = msgspec.json.Decoder(_Answer, strict=False).decode


def decode_json(answer: bytes) -> Taken:
    """Read an `ExportTraceServiceResponse` in JSON. What is none says nothing."""
    try:
        part = _read(answer).partial_success or _Part()
    except (ValueError, RecursionError):
        return Taken()
    return Taken(max(part.rejected_spans or 0, 0), part.error_message or "")


def _partial(message: bytes) -> Taken:
    refused, said = 0, b""
    for number, value in fields(message):
        if number == _REJECTED and isinstance(value, int):
            refused = value if value < _NEGATIVE else 0
        elif number == _SAID and isinstance(value, bytes):
            said = value
    return Taken(refused, said.decode("utf-8", "replace"))
