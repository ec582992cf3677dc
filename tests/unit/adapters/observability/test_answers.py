"""What an answer of a collector says, whole, cut, and none at all."""

from __future__ import annotations

import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)

from adapters.observability.answers import Taken, decode, decode_json


def encoded(refused: int, said: str = "") -> bytes:
    part = ExportTracePartialSuccess(rejected_spans=refused, error_message=said)
    return ExportTraceServiceResponse(partial_success=part).SerializeToString()


@given(refused=st.integers(0, (1 << 63) - 1), said=st.text())
def test_what_was_refused_is_read_as_the_library_writes_it(refused: int, said: str) -> None:
    message = encoded(refused, said)
    as_json = json_format.MessageToJson(ExportTraceServiceResponse.FromString(message)).encode()

    assert decode(message) == decode_json(as_json) == Taken(refused, said)


@pytest.mark.parametrize(
    ("answer", "taken"),
    [
        (b"", Taken()),
        (b"{}", Taken()),
        (b'{"partialSuccess":null}', Taken()),
        (b'{"partialSuccess":{}}', Taken()),
        (b'{"partialSuccess":{"rejectedSpans":null,"errorMessage":null}}', Taken()),
        (b'{"partialSuccess":{"rejectedSpans":2}}', Taken(2)),
        (b'{"partialSuccess":{"rejectedSpans":"2","errorMessage":"x","more":1}}', Taken(2, "x")),
        (b'{"partialSuccess":{"rejectedSpans":"-5","errorMessage":"x"}}', Taken(0, "x")),
        (b'{"partialSuccess":{"rejectedSpans":"many"}}', Taken()),
        (b'{"partialSuccess":{"rejectedSpans":"2"', Taken()),
        (b"[" * 60_000, Taken()),
        (b'{"x":' + b"[" * 60_000, Taken()),
        (b"<p>a page", Taken()),
        (b"\xff", Taken()),
    ],
)
def test_an_answer_in_json_says_what_it_says_and_else_nothing(answer: bytes, taken: Taken) -> None:
    assert decode_json(answer) == taken


@pytest.mark.parametrize("answer", [b"", b"\x0a\x00", encoded(0)])
def test_a_batch_is_taken_whole_where_nothing_is_said(answer: bytes) -> None:
    assert decode(answer) == Taken()


def test_a_negative_number_is_none() -> None:
    assert decode(encoded(-5, "x")) == Taken(0, "x")


def test_fields_that_are_not_known_are_passed_over() -> None:
    more = b"\x11" + b"\xff" * 8 + b"\x1d" + b"\xff" * 4 + b"\x18\x05" + b"\x22\x01z"

    assert decode(more + encoded(3, "x") + more) == Taken(3, "x")


def test_an_answer_that_is_cut_says_nothing_or_what_it_says_whole() -> None:
    whole = encoded(300, "too old")

    assert {decode(whole[:size]) for size in range(len(whole))} == {Taken()}


@given(st.binary(max_size=64))
def test_what_is_no_answer_does_no_harm(answer: bytes) -> None:
    assert decode(answer).refused >= 0
