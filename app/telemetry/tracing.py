"""Traces: OpenTelemetry's SDK, set up from our settings where its own variables say nothing."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import partial

import httpx
from opentelemetry.propagate import set_global_textmap
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SpanExporter
from opentelemetry.sdk.trace.sampling import ParentBased, Sampler, TraceIdRatioBased
from opentelemetry.trace import Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AttributeValue

from adapters.backends.config import HttpBackendConfig
from adapters.memory.clock import SystemClock
from adapters.observability.exporting import BoundedProcessor, Losses
from adapters.observability.requests import RequestSpans
from adapters.observability.spans import ExchangeSpans
from adapters.observability.unkept import Draw
from adapters.observability.upstreams import TracedTransport
from app import __version__
from app.settings.tree import Settings, Telemetry
from app.telemetry import diagnostics, otlp
from app.telemetry.delivery import GRPC, delivery
from app.telemetry.instruments import Instruments
from app.telemetry.sending import AT_ONCE, CAPACITY, Pipeline, Receiver, exporter_to

NAME = "llamaport"
FLUSH_SECONDS = 3.0
"""How long the end of the server waits for the collector."""

TRACES = "/v1/traces"
SENSITIVE = ("authorization", "proxy-authorization", "x-api-key", "api-key", "cookie", "set-cookie")
_SANITIZED = "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SANITIZE_FIELDS"


def traced(settings: Settings, environ: Mapping[str, str]) -> Instruments:
    """Set up traces for this process. Starts the threads that export.

    Raises `ValueError` where the libraries find one of their variables wrong, and `CannotExport`.
    """
    telemetry = settings.telemetry
    losses = Losses()
    _prepare_libraries(environ, {*SENSITIVE, *_header_names(settings)})
    pipeline = _pipeline(telemetry, environ, losses)
    if pipeline is None:
        return Instruments()
    provider, processors = pipeline.provider, pipeline.processors
    tracer = provider.get_tracer(NAME, __version__)
    capture = telemetry.capture_limit if telemetry.capture_content else 0
    return Instruments(
        observers=(ExchangeSpans(tracer, SystemClock(), capture=capture),),
        wrap=partial(_wrapped, provider, tracer, by_library=otlp.needs_instrumentation(environ)),
        reports=RequestSpans(tracer, pipeline.draw),
        lost_spans=lambda: losses.count,
        close=partial(_close, processors),
    )


def _pipeline(settings: Telemetry, environ: Mapping[str, str], losses: Losses) -> Pipeline | None:
    if path := otlp.config_file(environ):
        # Reading such a file takes longer than all the rest.
        from app.telemetry.declared import declared  # noqa: PLC0415

        return declared(path, Resource(_ours()), losses)
    # Their lines for each batch that cannot be sent are replaced by one of ours a minute.
    diagnostics.listen(diagnostics.level_of(environ), otlp.secrets(settings, environ))
    return _by_variables(settings, environ, losses)


def _by_variables(settings: Telemetry, environ: Mapping[str, str], losses: Losses) -> Pipeline:
    capacity = _number(environ, "OTEL_BSP_MAX_QUEUE_SIZE", CAPACITY)
    at_once = min(capacity, _number(environ, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", AT_ONCE))
    draw = _draw(settings, environ)
    provider = TracerProvider(
        sampler=_sampler(settings, environ),
        resource=Resource.create(_ours()).merge(OTELResourceDetector().detect()),
        shutdown_on_exit=False,
        id_generator=draw,
    )
    processors = [
        BoundedProcessor(exporter, losses, capacity=capacity, at_once=at_once)
        for exporter in _exporters(settings, environ, losses)
    ]
    for processor in processors:
        provider.add_span_processor(processor)
    return Pipeline(provider=provider, processors=processors, draw=draw)


def _wrapped(
    provider: TracerProvider,
    tracer: Tracer,
    transport: httpx.AsyncBaseTransport,
    *,
    by_library: bool,
) -> httpx.AsyncBaseTransport:
    if not by_library:
        return TracedTransport(transport, tracer)
    from adapters.observability.instrumented import instrumented  # noqa: PLC0415 - rarely needed

    return TracedTransport(transport, tracer, instrumented(transport, provider))


def _prepare_libraries(environ: Mapping[str, str], secret_headers: Iterable[str]) -> None:
    """Set what the libraries read from the environment, or from a place of their own."""
    names = otlp.names(environ)
    if not {"http", otlp.OLD_NAMES_TOO} & {*names}:
        os.environ[otlp.NAMES] = ",".join((*names, "http"))
    # Whoever captures headers captures no keys: these are added to what is masked already.
    os.environ[_SANITIZED] = ",".join(
        filter(None, (environ.get(_SANITIZED), *map(re.escape, secret_headers)))
    )
    if not environ.get("OTEL_PROPAGATORS"):
        # By default a client's baggage would go on to upstreams, whatever is in it.
        set_global_textmap(TraceContextTextMapPropagator())


def _header_names(settings: Settings) -> Iterator[str]:
    """Name the headers that the operator set: keys are put there too."""
    for config in settings.backends:
        if isinstance(config, HttpBackendConfig):
            yield from config.headers


def _sampler(settings: Telemetry, environ: Mapping[str, str]) -> Sampler | None:
    """Follow the caller's decision, else keep a share; `None` lets the environment decide."""
    if environ.get("OTEL_TRACES_SAMPLER"):
        return None
    return ParentBased(TraceIdRatioBased(settings.sample_ratio))


def _draw(settings: Telemetry, environ: Mapping[str, str]) -> Draw | None:
    """Know beforehand what the sampler keeps, where `traceparent` alone goes upstream."""
    if environ.get("OTEL_PROPAGATORS"):
        return None
    return Draw(otlp.share(settings, environ))


def _ours() -> dict[str, AttributeValue]:
    """Tell of this process."""
    return {"service.name": NAME, "service.version": __version__, "process.pid": os.getpid()}


def _exporters(
    settings: Telemetry, environ: Mapping[str, str], losses: Losses
) -> Iterator[SpanExporter]:
    named = otlp.exporters(environ)
    if otlp.OTLP in named:
        yield _exporter(settings, environ, losses)
    if otlp.CONSOLE in named:
        yield ConsoleSpanExporter(out=sys.stdout)


def _exporter(settings: Telemetry, environ: Mapping[str, str], losses: Losses) -> SpanExporter:
    """Build the exporter. Without an endpoint of ours it reads that variable itself."""
    by_environment = otlp.has_endpoint(environ) or not settings.otlp_endpoint
    address = None if by_environment else settings.otlp_endpoint
    protocol = otlp.protocol(environ)
    if address and protocol != GRPC:
        address = _traces_at(address)
    receiver = Receiver(protocol=protocol, address=address)
    return exporter_to(receiver, delivery(environ, protocol), losses)


def _traces_at(address: str) -> str:
    return address if address.endswith(TRACES) else address.rstrip("/") + TRACES


def _number(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name, "").strip()
    return int(text) if text.isdecimal() and int(text) else default


async def _close(processors: Iterable[BoundedProcessor]) -> None:
    """Send what is left, while the event loop goes on."""
    closing = [asyncio.to_thread(processor.close, FLUSH_SECONDS) for processor in processors]
    await asyncio.gather(*closing)
