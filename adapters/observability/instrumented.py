"""The CLIENT span of every request to an upstream, by OpenTelemetry's instrumentation of httpx.

For whoever asks for what only this tells: headers, the names from before the stable ones. It costs
three times as much as the spans of `upstreams`, which are the same otherwise. What it would
tell beside that (a query with a key in it, what an exception says) is kept from it here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx
from opentelemetry.instrumentation.httpx import AsyncOpenTelemetryTransport
from opentelemetry.trace import (
    Span,
    SpanKind,
    Tracer,
    TracerProvider,
    use_span,
)

from adapters.observability import conventions, faults
from adapters.observability.masking import masked_url

_ADDRESSES = (conventions.FULL_URL, conventions.OLD_FULL_URL)


def instrumented(
    transport: httpx.AsyncBaseTransport, provider: TracerProvider
) -> httpx.AsyncBaseTransport:
    """Have the instrumentation tell of what goes through a transport.

    Headers, which others may share, are copied by it before one is added.
    """
    return AsyncOpenTelemetryTransport(transport, tracer_provider=_DiscreetProvider(provider))


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
            faults.end(span, error)
            raise
        span.end()
