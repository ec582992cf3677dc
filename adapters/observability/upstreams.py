"""The CLIENT span of every request to an upstream, by OpenTelemetry's instrumentation of httpx.

It begins with the request and ends with the head of the answer, is a child of the exchange's
span, and tells the upstream by `traceparent` whom it works for. What the instrumentation would
tell beside that (a query with a key in it, what an exception says) is kept from it here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx
from opentelemetry import propagate
from opentelemetry.instrumentation.httpx import AsyncOpenTelemetryTransport
from opentelemetry.trace import (
    Span,
    SpanKind,
    Tracer,
    TracerProvider,
    get_current_span,
    use_span,
)

from adapters.observability import conventions, faults
from adapters.observability.masking import masked_url

_ADDRESSES = (conventions.FULL_URL, conventions.OLD_FULL_URL)


class TracedTransport(httpx.AsyncBaseTransport):
    """Sends by another transport, and tells of it where the trace is kept.

    Where it is not, the upstream still learns the trace, and that it is not kept.
    """

    def __init__(self, transport: httpx.AsyncBaseTransport, provider: TracerProvider) -> None:
        self._transport = transport
        self._telling = AsyncOpenTelemetryTransport(
            transport, tracer_provider=_DiscreetProvider(provider)
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; its headers, which others may share, are copied before one is added."""
        span = get_current_span()
        if span.is_recording():
            return await self._telling.handle_async_request(request)
        if span.get_span_context().is_valid:
            request.headers = request.headers.copy()
            propagate.inject(request.headers)
        return await self._transport.handle_async_request(request)

    async def aclose(self) -> None:
        """Close the other one."""
        await self._transport.aclose()


class _DiscreetProvider(TracerProvider):
    """Gives the instrumentation a tracer that keeps secrets."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider

    def get_tracer(self, *args: Any, **kwargs: Any) -> Tracer:
        return _DiscreetTracer(self._provider.get_tracer(*args, **kwargs))


class _DiscreetTracer(Tracer):
    """Masks addresses, and tells of errors in our own way."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def start_span(self, *args: Any, **kwargs: Any) -> Span:
        return self._tracer.start_span(*args, **kwargs)

    @contextmanager
    def start_as_current_span(  # type: ignore[override]  # the part that the instrumentation uses
        self, name: str, *, kind: SpanKind, attributes: Mapping[str, Any]
    ) -> Iterator[Span]:
        masked = dict(attributes)
        for address in _ADDRESSES:
            if address in masked:
                masked[address] = masked_url(masked[address])
        span = self._tracer.start_span(name, kind=kind, attributes=masked)
        try:
            with use_span(span, record_exception=False, set_status_on_exception=False):
                yield span
        except BaseException as error:
            if faults.is_cancellation(error):
                span.set_attribute(conventions.CANCELLED, value=True)
            else:
                faults.fail(span, error)
            raise
        finally:
            span.end()
