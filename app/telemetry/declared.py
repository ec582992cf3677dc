"""Traces as a file says: OpenTelemetry's declarative configuration, OTEL_CONFIG_FILE.

The file is the only source, as the specification has it: no other variable counts but those that it
names itself. OpenTelemetry's package reads it and makes samplers, limits, propagators and the
resource; what sends spans is ours, so that they leave off the path of requests, what is lost is
counted, and TLS and JSON, which the package passes over in silence, are as the file says.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from typing import Any

from opentelemetry.propagate import set_global_textmap
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SpanExporter
from opentelemetry.util.re import parse_env_headers

from adapters.dialects.upstreams.scrub import scrub
from adapters.observability.exporting import BoundedProcessor, Losses
from app.telemetry import config_file, diagnostics
from app.telemetry.delivery import GRPC, HTTP, JSON, delivery
from app.telemetry.otlp import CannotExport, has_grpc
from app.telemetry.sending import AT_ONCE, CAPACITY, Pipeline, Receiver, exporter_to

_ADDRESSES = {HTTP: "http://localhost:4318/v1/traces", GRPC: "http://localhost:4317"}
"""Where to, if the file does not say."""
_VARIABLES = {
    "endpoint": "OTEL_EXPORTER_OTLP_ENDPOINT",
    "timeout": "OTEL_EXPORTER_OTLP_TIMEOUT",
    "compression": "OTEL_EXPORTER_OTLP_COMPRESSION",
    "ca_file": "OTEL_EXPORTER_OTLP_CERTIFICATE",
    "cert_file": "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
    "key_file": "OTEL_EXPORTER_OTLP_CLIENT_KEY",
    "export_timeout": "OTEL_BSP_EXPORT_TIMEOUT",
}
"""What a key of an exporter, or of its batches, is as a variable: both are checked alike."""
_NOBODY = "unknown_service"
"""What a service is called, with more behind it, whose name the file does not say."""


def declared(path: str, ours: Resource, losses: Losses) -> Pipeline | None:
    """Set up what the file says, or `None` if that is no traces at all.

    Also sets the propagator, and from which level on the libraries' lines are logged. `ours` is
    what is told of this process where the file says nothing else. Raises `CannotExport`.
    """
    diagnostics.listen(diagnostics.SILENT, ())
    config = config_file.read(path)
    if config.disabled or config.tracer_provider is None:
        return None
    try:
        return _built(config, ours, losses)
    except CannotExport:
        raise
    except Exception as error:
        # Whatever it names may be of another package, and fail in a way of its own.
        raise config_file.wrong(scrub(str(error)) or type(error).__qualname__) from error


def _built(config: Any, ours: Resource, losses: Losses) -> Pipeline:
    provided = config.tracer_provider
    diagnostics.listen(_level(config), config_file.secrets(provided))
    theirs = import_module(f"{config_file.PACKAGE}._resource").create_resource(config.resource)
    build = import_module(f"{config_file.PACKAGE}._tracer_provider").create_tracer_provider
    with _without_variables():
        bare = replace(provided, processors=[])
        provider = build(bare, _merged(ours, theirs), config.attribute_limits)
        processors = [_processor(one, losses) for one in provided.processors]
    for processor in processors:
        provider.add_span_processor(processor)
    propagator = import_module(f"{config_file.PACKAGE}._propagator").create_propagator(
        config.propagator
    )
    set_global_textmap(propagator)
    return Pipeline(provider=provider, processors=processors)


def _level(config: Any) -> int:
    # The numbers behind a name are finer than levels are here.
    asked = config.log_level.value.rstrip("1234") if config.log_level else ""
    return diagnostics.level_of({diagnostics.NAME: asked})


def _merged(ours: Resource, theirs: Resource) -> Resource:
    if str(theirs.attributes.get(SERVICE_NAME)).startswith(_NOBODY):
        named = {name: value for name, value in theirs.attributes.items() if name != SERVICE_NAME}
        theirs = Resource(named, theirs.schema_url)
    return ours.merge(theirs)


@contextmanager
def _without_variables() -> Iterator[None]:
    """Hide OpenTelemetry's variables, which its classes read where they are not told."""
    hidden = {name: os.environ.pop(name) for name in [*os.environ] if name.startswith("OTEL_")}
    try:
        yield
    finally:
        os.environ.update(hidden)


def _processor(config: Any, losses: Losses) -> BoundedProcessor:
    """Build one. A simple one sends each span at once, but not in the way of the request."""
    batch = config.batch
    if batch is None:
        exporter = _exporter(config_file.exporter_of(config), None, losses)
        return BoundedProcessor(exporter, losses, capacity=CAPACITY, at_once=1)
    capacity = batch.max_queue_size or CAPACITY
    return BoundedProcessor(
        _exporter(batch.exporter, batch.export_timeout, losses),
        losses,
        capacity=capacity,
        at_once=min(capacity, batch.max_export_batch_size or AT_ONCE),
        delay=batch.schedule_delay,
    )


def _exporter(config: Any, timeout: int | None, losses: Losses) -> SpanExporter:
    if config.otlp_http is not None:
        encoding = config.otlp_http.encoding
        spoken = JSON if encoding is not None and encoding.value == "json" else HTTP
        return _to_collector(config.otlp_http, spoken, timeout, losses)
    if config.otlp_grpc is not None:
        if not has_grpc():
            raise config_file.wrong("otlp_grpc needs the extra llamaport[otlp-grpc]")
        return _to_collector(config.otlp_grpc, GRPC, timeout, losses)
    if config.console is not None:
        return ConsoleSpanExporter(out=sys.stdout)
    theirs = import_module(f"{config_file.PACKAGE}._tracer_provider")
    exporter: SpanExporter = theirs._create_span_exporter(config)  # noqa: SLF001 - no other way
    return exporter


def _to_collector(config: Any, spoken: str, timeout: int | None, losses: Losses) -> SpanExporter:
    receiver = Receiver(
        protocol=spoken,
        address=config.endpoint or _ADDRESSES[GRPC if spoken == GRPC else HTTP],
        headers=_headers(config),
        insecure=getattr(config.tls, "insecure", None),
    )
    given = {
        "endpoint": config.endpoint,
        "timeout": config.timeout,
        "compression": config.compression,
        **{key: getattr(config.tls, key, None) for key in ("ca_file", "cert_file", "key_file")},
        "export_timeout": timeout,
    }
    variables = {_VARIABLES[key]: str(value) for key, value in given.items() if value is not None}
    try:
        how = delivery(variables, spoken)
    except ValueError as error:
        raise config_file.wrong(_by_keys(str(error))) from None
    return exporter_to(receiver, how, losses)


def _by_keys(line: str) -> str:
    for key, variable in _VARIABLES.items():
        line = line.replace(variable, key)
    return line


def _headers(config: Any) -> dict[str, str]:
    listed = parse_env_headers(config.headers_list or "", liberal=True)
    named = {pair.name.lower(): pair.value for pair in config.headers or () if pair.value}
    return {**listed, **named}
