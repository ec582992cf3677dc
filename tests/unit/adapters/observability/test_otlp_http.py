"""What is taken for an answer of a collector, and how much of it is read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.trace import SpanContext, TraceFlags

from adapters.observability.otlp_http import LARGEST_ANSWER, HttpSpanExporter

SPAN = ReadableSpan(
    "x", SpanContext(1, 2, is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))
)
PIECE = b"x" * 65_536
ENDLESS = 1 << 40
"""Bytes that such an answer announces."""
PATIENCE = 5.0


class Answering(ThreadingHTTPServer):
    """Answers every request alike; `peers` are those who asked."""

    daemon_threads = True

    def __init__(self, status: int, length: int) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.status = status
        self.length = length
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
        self.end_headers()
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
def answering(status: int = 200, length: int = 0) -> Iterator[Answering]:
    with Answering(status, length) as server:
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
        assert HttpSpanExporter(server.url).export([SPAN]) is result

    assert len(server.peers) == 1


def test_an_answer_without_an_end_is_not_read() -> None:
    with answering(length=ENDLESS) as server:
        assert HttpSpanExporter(server.url).export([SPAN]) is SpanExportResult.SUCCESS

    assert server.written < ENDLESS


@pytest.mark.parametrize("length", [0, 2, LARGEST_ANSWER])
def test_a_connection_is_kept_behind_an_answer_that_is_none_too_long(length: int) -> None:
    with answering(length=length) as server:
        exporter = HttpSpanExporter(server.url)
        for _ in range(3):
            exporter.export([SPAN])
        exporter.shutdown()

    assert len(set(server.peers)) == 1
