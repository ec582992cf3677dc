"""The SERVER span of every HTTP request, from its head to its last byte or the hang-up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, MutableMapping
from contextvars import Token
from typing import Any, Protocol

from opentelemetry import propagate
from opentelemetry.context import Context, attach, detach
from opentelemetry.trace import (
    Span,
    SpanKind,
    StatusCode,
    Tracer,
    format_trace_id,
    get_current_span,
    set_span_in_context,
)

from adapters.observability import conventions, faults, unkept
from adapters.observability.masking import masked_query
from adapters.observability.unkept import PARENT, Draw
from ports.errors import GatewayError

Scope = MutableMapping[str, Any]
Attribute = tuple[str, str | int]

METHODS = frozenset(
    {"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"}
)
OTHER_METHOD = "_OTHER"

SHOWN = 200
"""Characters of a path, and of what else a client may make as long as it likes."""

_FAILED = 500


class Finished(Protocol):
    """What is read of the door's record of a request."""

    @property
    def path(self) -> str:
        """As it came."""

    @property
    def route(self) -> str:
        """Its template; empty where there is none."""

    @property
    def status(self) -> int:
        """0 if no answer was begun."""

    @property
    def bytes_sent(self) -> int:
        """Of the body."""

    @property
    def peer(self) -> str:
        """The client's address."""

    @property
    def cancelled(self) -> bool:
        """Whether the client hung up."""

    @property
    def error(self) -> GatewayError | None:
        """What went wrong."""


class RequestSpans:
    """Begins a span for each request, joined to the trace that its caller is in.

    Until the request is over the span is the current one of the task that serves it, and the
    id of its trace stands in `scope["state"]["trace_id"]`, kept or not. With a `draw` there is no
    span for a trace that begins here and is not kept.
    """

    def __init__(self, tracer: Tracer, draw: Draw | None = None) -> None:
        self._tracer = tracer
        self._draw = draw
        self._fields = {name.encode() for name in propagate.get_global_textmap().fields}

    def begin(self, scope: Scope) -> Callable[[Finished], None]:
        """Begin one; what is returned ends it, in the same task."""
        carrier = self._carrier(scope["headers"])
        if self._draw is not None and not carrier and (trace_id := self._draw.unkept()):
            scope["state"]["trace_id"] = trace_id
            return _Leaving(unkept.enter(trace_id))
        context = propagate.extract(carrier, Context()) if carrier else Context()
        method = scope["method"] if scope["method"] in METHODS else OTHER_METHOD
        name = "HTTP" if method == OTHER_METHOD else method
        span = self._tracer.start_span(name, context, SpanKind.SERVER)
        token = attach(set_span_in_context(span, context))
        scope["state"]["trace_id"] = format_trace_id(span.get_span_context().trace_id)
        if span.is_recording():
            span.set_attributes(dict(_of_request(scope, method)))
        return _Ending(span, name, token)

    def bug(self, error: Exception) -> None:
        """Put an error that nobody foresaw on the span of the request that met it."""
        span = get_current_span()
        if span.is_recording():
            faults.tell(span, error)

    def _carrier(self, headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
        carrier: dict[str, str] = {}
        for field, value in headers:
            if field in self._fields:
                name, text = field.decode(), value.decode("latin-1")
                # RFC 9110 5.3: fields of one name are one list, in their order.
                carrier[name] = f"{carrier[name]},{text}" if name in carrier else text
        # Of several none is believed (W3C Trace Context 3.2).
        if "," in carrier.get(PARENT, ""):
            del carrier[PARENT]
        return carrier


class _Leaving:
    """Ends a request whose trace nobody keeps."""

    __slots__ = ("_token",)

    def __init__(self, token: Token[str]) -> None:
        self._token = token

    def __call__(self, _record: Finished) -> None:
        """Say nothing."""
        unkept.leave(self._token)


class _Ending:
    """Ends the span of one request."""

    __slots__ = ("_name", "_span", "_token")

    def __init__(self, span: Span, name: str, token: Token[Context]) -> None:
        self._span = span
        self._name = name
        self._token = token

    def __call__(self, record: Finished) -> None:
        """Say how it ended."""
        detach(self._token)
        span = self._span
        if not span.is_recording():
            return
        if record.route:
            span.update_name(f"{self._name} {record.route}")
        span.set_attributes(dict(_of_answer(record)))
        _conclude(span, record)
        span.end()


# Attributes are set all at once: each set of its own costs as much as the text it sets.


def _of_request(scope: Scope, method: str) -> Iterator[Attribute]:
    yield conventions.METHOD, method
    if method == OTHER_METHOD:
        yield conventions.ORIGINAL_METHOD, scope["method"][:SHOWN]
    yield conventions.SCHEME, scope.get("scheme", "http")
    yield conventions.PROTOCOL_VERSION, scope.get("http_version", "1.1")
    yield conventions.REQUEST_ID, scope["state"]["request_id"]
    if query := scope.get("query_string"):
        yield conventions.QUERY, masked_query(query.decode("latin-1")[:SHOWN])
    if server := scope.get("server"):
        yield conventions.SERVER_ADDRESS, server[0]
        if server[1] is not None:
            yield conventions.SERVER_PORT, server[1]


def _of_answer(record: Finished) -> Iterator[Attribute]:
    yield conventions.PATH, record.path[:SHOWN]
    yield conventions.RESPONSE_SIZE, record.bytes_sent
    if record.route:
        yield conventions.ROUTE, record.route
    if record.status:
        yield conventions.STATUS, record.status
    if record.peer:
        yield conventions.CLIENT_ADDRESS, record.peer


def _conclude(span: Span, record: Finished) -> None:
    if record.cancelled:
        span.set_attribute(conventions.CANCELLED, value=True)
        return
    error, status = record.error, record.status
    if error is not None:
        span.set_attribute(conventions.ERROR_TYPE, error.code)
        faults.tell(span, error)
    elif status >= _FAILED:
        span.set_attribute(conventions.ERROR_TYPE, str(status))
    # What a client did wrong is no failure of the server; an error in mid-stream is, after a 200.
    if status >= _FAILED or (error is not None and status < _REFUSED):
        span.set_status(StatusCode.ERROR)


_REFUSED = 400
