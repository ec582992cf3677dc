"""A collector: receives spans by OTLP over HTTP, in protobuf or JSON, decodes them, keeps them."""

from __future__ import annotations

import gzip
import json
import zlib
from base64 import b64encode
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext, SSLSocket
from threading import Event as ThreadEvent
from threading import Thread
from typing import Any, Self

from google.protobuf import json_format
from msgspec import Struct
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as WireSpan
from opentelemetry.proto.trace.v1.trace_pb2 import Status

SERVER = WireSpan.SPAN_KIND_SERVER
INTERNAL = WireSpan.SPAN_KIND_INTERNAL
CLIENT = WireSpan.SPAN_KIND_CLIENT
PROTOBUF, JSON = "application/x-protobuf", "application/json"
IDS = ("traceId", "spanId", "parentSpanId")


class Span(Struct, frozen=True, kw_only=True):
    """One span, as it was on the wire."""

    name: str
    kind: int
    trace: str
    id: str
    parent: str
    attributes: Mapping[str, Any]
    events: Mapping[str, Mapping[str, Any]]
    failed: bool
    status_text: str
    begun: int
    ended: int
    resource: Mapping[str, Any]


class Collector:
    """Runs on a thread of its own while the block lasts; `status` is what it answers.

    With `stuck` it takes a request and never answers it. `refused` of each request's spans it
    does not take, as `said`. With `tls` it is `localhost`, by that context.
    """

    def __init__(
        self,
        *,
        status: int = 200,
        stuck: bool = False,
        refused: int = 0,
        said: str = "",
        tls: SSLContext | None = None,
    ) -> None:
        self.spans: list[Span] = []
        self.paths: list[str] = []
        self.headers: list[Mapping[str, str]] = []
        self.sizes: list[int] = []
        """Spans in each body."""
        self.raw = b""
        """Every body, one after the other."""
        self.certificates: list[Mapping[str, Any] | None] = []
        """What each client showed, where one was asked for."""
        self._status = status
        self._answer = ExportTraceServiceResponse()
        if refused or said:
            self._answer.partial_success.rejected_spans = refused
            self._answer.partial_success.error_message = said
        self._tls = tls
        self._stuck = stuck
        self._over = ThreadEvent()

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        if self._tls is not None:
            self._server.socket = self._tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        host = "http://127.0.0.1" if self._tls is None else "https://localhost"
        return f"{host}:{self._server.server_address[1]}"

    def of_kind(self, kind: int) -> list[Span]:
        return [span for span in self.spans if span.kind == kind]

    def one(self, kind: int) -> Span:
        (span,) = self.of_kind(kind)
        return span

    def take(self, path: str, body: bytes, headers: Mapping[str, str]) -> int:
        self.paths.append(path)
        self.headers.append(headers)
        if headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        elif headers.get("content-encoding") == "deflate":
            body = zlib.decompress(body)
        if self._stuck:
            self._over.wait()
        if self._status == 200:
            self.raw += body
            spans = told(read(body, headers["content-type"]))
            self.sizes.append(len(spans))
            self.spans.extend(spans)
        return self._status

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        take, answer = self.take, self._answer
        certificates = self.certificates

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                if isinstance(self.connection, SSLSocket):
                    certificates.append(self.connection.getpeercert())
                headers = {name.lower(): value for name, value in self.headers.items()}
                status = take(self.path, self.rfile.read(int(headers["content-length"])), headers)
                written = answer.SerializeToString()
                if headers["content-type"] == JSON:
                    written = json_format.MessageToJson(answer).encode()
                self.send_response(status)
                self.send_header("content-type", headers["content-type"])
                self.send_header("content-length", str(len(written)))
                self.end_headers()
                self.wfile.write(written)

            def log_message(self, *_args: object) -> None:
                """Say nothing."""

        return Handler


def decoded(body: bytes) -> list[Span]:
    return told(read(body, PROTOBUF))


def read(body: bytes, content_type: str) -> ExportTraceServiceRequest:
    """Read a request as protobuf's own library does, strictly."""
    if content_type == PROTOBUF:
        return ExportTraceServiceRequest.FromString(body)
    assert content_type == JSON
    message = json.loads(body)
    for of_resource in message["resourceSpans"]:
        for of_scope in of_resource["scopeSpans"]:
            for span in of_scope["spans"]:
                for name in {*IDS} & {*span}:
                    span[name] = b64encode(bytes.fromhex(span[name])).decode()
    return json_format.ParseDict(message, ExportTraceServiceRequest())


def told(request: ExportTraceServiceRequest) -> list[Span]:
    return [
        _span(span, {item.key: _value(item.value) for item in of_resource.resource.attributes})
        for of_resource in request.resource_spans
        for of_scope in of_resource.scope_spans
        for span in of_scope.spans
    ]


def _span(span: WireSpan, resource: Mapping[str, Any]) -> Span:
    return Span(
        name=span.name,
        kind=span.kind,
        trace=span.trace_id.hex(),
        id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        attributes={item.key: _value(item.value) for item in span.attributes},
        events={
            event.name: {item.key: _value(item.value) for item in event.attributes}
            for event in span.events
        },
        failed=span.status.code == Status.STATUS_CODE_ERROR,
        status_text=span.status.message,
        begun=span.start_time_unix_nano,
        ended=span.end_time_unix_nano,
        resource=resource,
    )


def _value(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(item) for item in value.array_value.values]
    return getattr(value, kind) if kind else None
