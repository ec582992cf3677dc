"""What is taken for an answer of a collector, and how much of it is read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.trace import SpanContext, TraceFlags

from adapters.observability.exporting import Losses
from adapters.observability.otlp_http import JSON, LARGEST_ANSWER, HttpSpanExporter

SPAN = ReadableSpan(
    "x", SpanContext(1, 2, is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))
)
PIECE = b"x" * 65_536
ENDLESS = 1 << 40
"""Bytes that such an answer announces."""
PATIENCE = 5.0
PROTOBUF = "application/x-protobuf"


class Answering(ThreadingHTTPServer):
    """Answers every request alike; `peers` are those who asked."""

    daemon_threads = True

    def __init__(self, status: int, length: int, body: bytes, kind: str) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.status = status
        self.length = length or len(body)
        self.body = body
        self.kind = kind
        self.peers: list[tuple[str, int]] = []
        self.written = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1/traces"


class _Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Answering

    def do_POST(self) -> None:
        server = self.server
        server.peers.append(self.client_address)
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(server.status)
        self.send_header("content-length", str(server.length))
        self.send_header("location", server.url)
        self.send_header("content-type", server.kind)
        self.end_headers()
        if server.body:
            self.wfile.write(server.body)
            return
        left = server.length
        try:
            while left:
                left -= self.wfile.write(PIECE[:left])
                server.written = server.length - left
        except OSError:
            self.close_connection = True

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@contextmanager
def answering(
    status: int = 200, length: int = 0, body: bytes = b"", kind: str = PROTOBUF
) -> Iterator[Answering]:
    with Answering(status, length, body, kind) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join(PATIENCE)


@pytest.mark.parametrize(
    ("status", "result"),
    [
        (200, SpanExportResult.SUCCESS),
        (202, SpanExportResult.SUCCESS),
        (301, SpanExportResult.FAILURE),
        (307, SpanExportResult.FAILURE),
        (404, SpanExportResult.FAILURE),
    ],
)
def test_spans_count_as_taken_where_the_collector_says_so(
    status: int, result: SpanExportResult
) -> None:
    with answering(status) as server:
        assert HttpSpanExporter(server.url, Losses()).export([SPAN]) is result

    assert len(server.peers) == 1


def test_an_answer_without_an_end_is_not_read() -> None:
    with answering(length=ENDLESS) as server:
        assert HttpSpanExporter(server.url, Losses()).export([SPAN]) is SpanExportResult.SUCCESS

    assert server.written < ENDLESS


@pytest.mark.parametrize("length", [0, 2, LARGEST_ANSWER])
def test_a_connection_is_kept_behind_an_answer_that_is_none_too_long(length: int) -> None:
    with answering(length=length) as server:
        exporter = HttpSpanExporter(server.url, Losses())
        for _ in range(3):
            exporter.export([SPAN])
        exporter.shutdown()

    assert len(set(server.peers)) == 1


def partial(refused: int, said: str = "") -> bytes:
    part = ExportTracePartialSuccess(rejected_spans=refused, error_message=said)
    return ExportTraceServiceResponse(partial_success=part).SerializeToString()


@pytest.mark.parametrize(
    ("status", "body", "kind", "lost"),
    [
        (200, partial(2), PROTOBUF, 2),
        (202, partial(2), f"{PROTOBUF}; charset=x", 2),
        (200, partial(0, "slow down"), PROTOBUF, 0),
        (200, partial(99), PROTOBUF, 3),
        (200, partial(-1), PROTOBUF, 0),
        (200, partial(2), "text/html", 0),
        (200, partial(2)[:-1], PROTOBUF, 0),
        (200, b"<p>a page", PROTOBUF, 0),
        (400, partial(2), PROTOBUF, 0),
    ],
)
def test_spans_that_the_collector_refuses_are_lost_and_not_sent_again(
    status: int, body: bytes, kind: str, lost: int
) -> None:
    losses = Losses()
    with answering(status, body=body, kind=kind) as server:
        result = HttpSpanExporter(server.url, losses).export([SPAN] * 3)

    # What is not taken at all is counted by who asked for it to be sent.
    assert result is (SpanExportResult.FAILURE if status == 400 else SpanExportResult.SUCCESS)
    assert losses.count == lost
    assert len(server.peers) == 1


@pytest.mark.parametrize(("kind", "lost"), [("application/json", 2), (PROTOBUF, 0)])
def test_spans_in_json_are_answered_in_json(kind: str, lost: int) -> None:
    losses = Losses()
    body = b'{"partialSuccess":{"rejectedSpans":"2","errorMessage":"too old"}}'
    with answering(body=body, kind=kind) as server:
        result = HttpSpanExporter(server.url, losses, wire=JSON).export([SPAN] * 3)

    assert result is SpanExportResult.SUCCESS
    assert losses.count == lost
