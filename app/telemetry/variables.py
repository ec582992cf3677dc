"""Variables of OpenTelemetry's that its libraries would guess at, or fail on with a traceback.

An empty one counts as none, as the specification has it and not each of the libraries. Nothing of
OpenTelemetry is imported here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from importlib.metadata import entry_points

_FLAGS = (
    "OTEL_SDK_DISABLED",
    "OTEL_EXPORTER_OTLP_INSECURE",
    "OTEL_EXPORTER_OTLP_TRACES_INSECURE",
)
_PARTS = {
    "OTEL_PROPAGATORS": ("opentelemetry_propagator", "none"),
    "OTEL_EXPERIMENTAL_RESOURCE_DETECTORS": ("opentelemetry_resource_detector", "*"),
    "OTEL_PYTHON_CONTEXT": ("opentelemetry_context", ""),
}
"""What names parts that packages bring: in which group, and what may stand there as well."""
_EXPRESSIONS = (
    "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_REQUEST",
    "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_RESPONSE",
    "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SANITIZE_FIELDS",
    "OTEL_PYTHON_HTTPX_EXCLUDED_URLS",
    "OTEL_PYTHON_EXCLUDED_URLS",
)


def drop_empty(environ: MutableMapping[str, str]) -> None:
    """Take away the empty ones."""
    for name in [*environ]:
        if name.startswith("OTEL_") and not environ[name].strip():
            del environ[name]


def check(environ: Mapping[str, str]) -> None:
    """Raise `ValueError`, a line that begins with the name of a variable that makes no sense."""
    for name in _FLAGS:
        if environ.get(name, "").strip().lower() not in {"", "true", "false"}:
            raise ValueError(f"{name}: true or false is expected")
    for name in _PARTS:
        _check_parts(name, environ.get(name, ""))
    for name in _EXPRESSIONS:
        _check_expressions(name, environ.get(name, ""))
    for pair in _listed(environ.get("OTEL_RESOURCE_ATTRIBUTES", "")):
        if not pair.partition("=")[0].strip() or "=" not in pair:
            raise ValueError("OTEL_RESOURCE_ATTRIBUTES: name=value is expected, more after commas")


def _check_parts(name: str, text: str) -> None:
    group, also = _PARTS[name]
    for part in _listed(text):
        if part.lower() != also and not entry_points(group=group, name=part):
            raise ValueError(f"{name}: no package that is installed brings {part}")


def _check_expressions(name: str, text: str) -> None:
    try:
        for part in _listed(text):
            re.compile(part)
    except re.error as error:
        raise ValueError(f"{name}: regular expressions are expected: {error}") from None


def _listed(text: str) -> list[str]:
    return [part for piece in text.split(",") if (part := piece.strip())]
