"""Reading the file that OTEL_CONFIG_FILE names, and telling what is wrong without quoting it.

Keys are in such a file, and OpenTelemetry's package quotes it where it complains.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from adapters.dialects.upstreams.scrub import scrub
from app.telemetry import diagnostics
from app.telemetry.otlp import CONFIG_FILE, CannotExport

PACKAGE = "opentelemetry.configuration"
_SAFE_WORDS = ("required", "additionalProperties")
"""Rules of the schema of which a breach is told without quoting the file."""


def read(path: str) -> Any:
    """Return what is in the file, as the package's model. Raises `CannotExport`."""
    package = import_module(PACKAGE)
    try:
        return package.load_config_file(path)
    except package.ConfigurationError as error:
        raise wrong(_why(error)) from None
    except OSError as error:
        raise wrong(error.strerror or "cannot be read") from None
    except ValueError:
        raise wrong("is no text in UTF-8") from None


def wrong(why: str) -> CannotExport:
    """Return the error that says so."""
    return CannotExport(f"{CONFIG_FILE}: {why}")


def exporter_of(processor: Any) -> Any:
    """Find the exporter in the model of a processor. Raises `CannotExport`."""
    chosen = processor.batch or processor.simple
    if chosen is None:
        raise wrong("a processor is neither 'batch' nor 'simple'")
    return chosen.exporter


def secrets(provider: Any) -> Iterator[str]:
    """Find what no line of the log may show, in the model of a tracer provider.

    Of exporters that are not known here that is every text.
    """
    for processor in provider.processors:
        exporter = exporter_of(processor)
        for known in filter(None, (exporter.otlp_http, exporter.otlp_grpc)):
            yield from diagnostics.secrets_of([known.headers_list or ""], [known.endpoint or ""])
            yield from (pair.value for pair in known.headers or () if pair.value)
        yield from _texts(exporter.additional_properties)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for member in value.values():
            yield from _texts(member)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _why(error: Exception) -> str:
    cause: Any = error.__cause__
    if cause is None or isinstance(cause, OSError):
        return scrub(str(error))
    if (mark := getattr(cause, "problem_mark", None)) is not None:
        return f"is no YAML, line {mark.line + 1}"
    if (line := getattr(cause, "lineno", None)) is not None:
        return f"is no JSON, line {line}"
    if (place := getattr(cause, "absolute_path", None)) is None:
        return "does not hold what is expected"
    rule = cause.message if cause.validator in _SAFE_WORDS else f"a breach of {cause.validator!r}"
    return f"{'.'.join(map(str, place)) or 'at its top'}: {rule}"
