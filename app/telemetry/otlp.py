"""Whether traces are wanted, and by which protocol: our settings and the standard variables.

Nothing of OpenTelemetry is imported to find out.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec

from app.settings.tree import Telemetry

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
GRPC = "grpc"
HTTP = "http/protobuf"
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")


class CannotExport(Exception):
    """Traces are wanted in a way that is not there. The message is one line for the operator."""


def wanted(settings: Telemetry, environ: Mapping[str, str]) -> bool:
    """Tell whether there is anywhere to send traces, and nobody has switched them off."""
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    exporter = environ.get("OTEL_TRACES_EXPORTER", "").strip().lower()
    if exporter:
        return exporter == "otlp"
    return bool(settings.otlp_endpoint) or has_endpoint(environ)


def has_endpoint(environ: Mapping[str, str]) -> bool:
    """Tell whether the standard variables say where to."""
    return bool(_first(environ, ENDPOINTS))


def protocol(environ: Mapping[str, str]) -> str:
    """Return what is spoken with the collector."""
    return _first(environ, _PROTOCOLS) or HTTP


def check(settings: Telemetry, environ: Mapping[str, str]) -> None:
    """Raise `CannotExport` if traces are wanted by a protocol that cannot be spoken here."""
    if not wanted(settings, environ):
        return
    spoken = protocol(environ)
    if spoken not in {HTTP, GRPC}:
        raise CannotExport(f"OTEL_EXPORTER_OTLP_PROTOCOL: only {HTTP} and {GRPC} are supported")
    if spoken == GRPC and not _has_grpc():
        raise CannotExport("OTEL_EXPORTER_OTLP_PROTOCOL: grpc needs the extra llamaport[otlp-grpc]")


def _first(environ: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((value for name in names if (value := environ.get(name, "").strip())), "")


def _has_grpc() -> bool:
    try:
        return find_spec("opentelemetry.exporter.otlp.proto.grpc") is not None
    except ModuleNotFoundError:
        return False
