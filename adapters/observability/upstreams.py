"""The CLIENT span of every request to an upstream.

It begins with the request and ends with the head of the answer, is a child of the exchange's
span, and tells the upstream by `traceparent` whom it works for. Names, attributes and what is
an error are those of OpenTelemetry's instrumentation of httpx, which a test compares: that one
parses the address and copies the headers several times for each request.
"""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from functools import lru_cache
from typing import Any

import httpx
from opentelemetry import propagate
from opentelemetry.context import Context
from opentelemetry.trace import (
    Span,
    SpanKind,
    StatusCode,
    Tracer,
    get_current_span,
    set_span_in_context,
)

from adapters.observability import conventions, faults, unkept
from adapters.observability.masking import masked_url

MAX_REMEMBERED = 64
"""Addresses whose attributes are kept: relayed queries must not fill the memory."""

HEADERS = "headers"
"""The extension of a request under which a transport finds headers to add to it."""

_FAILED = 400


class TracedTransport(httpx.AsyncBaseTransport):
    """Sends by another transport, and tells of it where the trace is kept.

    Where it is not, the upstream still learns the trace, and that it is not kept. With
    `telling`, a transport around the same other one, that one tells instead.
    """

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport,
        tracer: Tracer,
        telling: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._transport = transport
        self._tracer = tracer
        self._telling = telling
        self._about = lru_cache(MAX_REMEMBERED)(_about)

    def handle_async_request(self, request: httpx.Request) -> Coroutine[Any, Any, httpx.Response]:
        """Send a request."""
        # No coroutine of its own, which every request would be resumed through.
        if carried := unkept.carried():
            request.extensions[HEADERS] = carried
            return self._transport.handle_async_request(request)
        span = get_current_span()
        if not span.is_recording():
            if span.get_span_context().is_valid:
                _carry(request)
            return self._transport.handle_async_request(request)
        if self._telling is not None:
            return self._telling.handle_async_request(request)
        return self._traced(request)

    async def aclose(self) -> None:
        """Close the other one."""
        await self._transport.aclose()

    async def _traced(self, request: httpx.Request) -> httpx.Response:
        method = request.method
        span = self._tracer.start_span(
            method, kind=SpanKind.CLIENT, attributes=self._about(method, str(request.url))
        )
        _carry(request, set_span_in_context(span))
        try:
            response = await self._transport.handle_async_request(request)
        except BaseException as error:
            faults.end(span, error)
            raise
        _answered(span, response)
        span.end()
        return response


def _carry(request: httpx.Request, context: Context | None = None) -> None:
    """Tell the upstream of a trace, without touching headers that others share."""
    carried: dict[str, str] = {}
    propagate.inject(carried, context)
    request.extensions[HEADERS] = carried


def _about(method: str, url: str) -> Mapping[str, str | int]:
    place = httpx.URL(url)
    told: dict[str, str | int] = {conventions.METHOD: method, conventions.FULL_URL: masked_url(url)}
    if place.host:
        told[conventions.SERVER_ADDRESS] = told[conventions.PEER_ADDRESS] = place.host
    if place.port:
        told[conventions.SERVER_PORT] = told[conventions.PEER_PORT] = place.port
    return told


def _answered(span: Span, response: httpx.Response) -> None:
    status = response.status_code
    told: dict[str, str | int] = {
        conventions.STATUS: status,
        conventions.PROTOCOL_VERSION: response.http_version.removeprefix("HTTP/"),
    }
    if status >= _FAILED:
        told[conventions.ERROR_TYPE] = str(status)
        span.set_status(StatusCode.ERROR)
    span.set_attributes(told)
