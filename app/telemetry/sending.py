"""How spans leave this process: what keeps them for a while, and what sends them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path

from msgspec import Struct
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter

from adapters.observability.exporting import BoundedProcessor, Losses
from adapters.observability.unkept import Draw
from app.telemetry.delivery import GRPC, JSON, Delivery

CAPACITY = 2048
"""Spans that wait for the collector, where nothing else is asked for."""
AT_ONCE = 512
"""Spans that are sent together, where nothing else is."""


class Pipeline(Struct, frozen=True, kw_only=True):
    """What makes spans, and what takes them when they are over."""

    provider: TracerProvider
    processors: Sequence[BoundedProcessor]
    draw: Draw | None = None
    """What knows beforehand which traces are kept, if that can be known."""


class Receiver(Struct, frozen=True, kw_only=True):
    """Where spans are sent to. What is not said is what the exporters find in the environment."""

    protocol: str
    address: str | None = None
    headers: Mapping[str, str] = {}
    insecure: bool | None = None
    """Whether gRPC goes without TLS where the address does not say."""


def exporter_to(receiver: Receiver, how: Delivery, losses: Losses) -> SpanExporter:
    """Build what sends spans to a collector."""
    if receiver.protocol == GRPC:
        return _by_grpc(receiver, how)
    from adapters.observability import otlp_http  # noqa: PLC0415 - not by gRPC

    return otlp_http.HttpSpanExporter(
        receiver.address,
        losses,
        headers=receiver.headers,
        timeout=how.timeout,
        compression=how.compression,
        certificate=how.certificate,
        client=(how.client_certificate, how.client_key),
        wire=otlp_http.JSON if receiver.protocol == JSON else otlp_http.PROTOBUF,
    )


def _by_grpc(receiver: Receiver, how: Delivery) -> SpanExporter:
    """Build the one that is not always installed, nor is anything that it needs."""
    module = import_module("opentelemetry.exporter.otlp.proto.grpc.trace_exporter")
    grpc = import_module("grpc")
    compression = grpc.Compression.Gzip if how.compression == "gzip" else grpc.Compression(0)
    credentials = None
    if how.certificate or how.client_certificate:
        credentials = grpc.ssl_channel_credentials(
            root_certificates=_content(how.certificate),
            private_key=_content(how.client_key or how.client_certificate),
            certificate_chain=_content(how.client_certificate),
        )
    exporter: SpanExporter = module.OTLPSpanExporter(
        endpoint=receiver.address,
        insecure=receiver.insecure,
        headers=receiver.headers or None,
        credentials=credentials,
        timeout=how.timeout,
        compression=compression,
    )
    return exporter


def _content(path: str) -> bytes | None:
    return Path(path).read_bytes() if path else None
