"""Whether traces are wanted, and by which protocol: our settings and the standard variables.

Nothing of OpenTelemetry is imported to find out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec

from app.settings.tree import Telemetry
from app.telemetry import diagnostics, variables
from app.telemetry.delivery import GRPC, HTTP, JSON, check_batches, delivery

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
NAMES = "OTEL_SEMCONV_STABILITY_OPT_IN"
OLD_NAMES_TOO = "http/dup"
CONFIG_FILE = "OTEL_CONFIG_FILE"
_OF_EXPORTER = "OTEL_EXPORTER_OTLP_"
_FOR_INSTRUMENTATION = (
    "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_REQUEST",
    "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_RESPONSE",
    "OTEL_PYTHON_HTTPX_EXCLUDED_URLS",
    "OTEL_PYTHON_EXCLUDED_URLS",
)
OTLP, CONSOLE, NONE = "otlp", "console", "none"
"""What OTEL_TRACES_EXPORTER may name."""
_ON, _OFF, _RATIO = "always_on", "always_off", "traceidratio"
_SAMPLERS = (_ON, _OFF, _RATIO)
_SAMPLER, _SAMPLER_ARG = "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG"
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")


class CannotExport(Exception):
    """Traces are wanted in a way that is not there. The message is one line for the operator."""


def wanted(settings: Telemetry, environ: Mapping[str, str]) -> bool:
    """Tell whether there is anywhere to send traces, and nobody has switched them off."""
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    if config_file(environ):
        return True
    if environ.get("OTEL_TRACES_EXPORTER", "").strip():
        return exporters(environ) != (NONE,)
    return bool(settings.otlp_endpoint) or has_endpoint(environ)


def config_file(environ: Mapping[str, str]) -> str:
    """Return the path of the file that says everything instead of the other variables."""
    return environ.get(CONFIG_FILE, "").strip()


def exporters(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Name where spans go, if anywhere."""
    named = environ.get("OTEL_TRACES_EXPORTER", "").lower().split(",")
    return tuple(name for part in named if (name := part.strip())) or (OTLP,)


def has_endpoint(environ: Mapping[str, str]) -> bool:
    """Tell whether the standard variables say where to."""
    return bool(_first(environ, ENDPOINTS))


def secrets(settings: Telemetry, environ: Mapping[str, str]) -> Iterator[str]:
    """Find what no line of the log may show."""
    given = {name: text for name, text in environ.items() if name.startswith(_OF_EXPORTER)}
    headers = [text for name, text in given.items() if name.endswith("HEADERS")]
    addresses = [text for name, text in given.items() if name.endswith("ENDPOINT")]
    return diagnostics.secrets_of(headers, [settings.otlp_endpoint, *addresses])


def protocol(environ: Mapping[str, str]) -> str:
    """Return what is spoken with the collector."""
    return _first(environ, _PROTOCOLS).lower() or HTTP


def share(settings: Telemetry, environ: Mapping[str, str]) -> float:
    """Return which part is kept of the traces that begin here: from 0 to 1."""
    plain = _plain_sampler(environ)
    if plain == _RATIO:
        return float(environ.get(_SAMPLER_ARG, "").strip() or 1)
    return {"": settings.sample_ratio, _ON: 1.0, _OFF: 0.0}[plain]


def names(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return which names of attributes are wanted, in OpenTelemetry's words for that."""
    return tuple(name for part in environ.get(NAMES, "").split(",") if (name := part.strip()))


def needs_instrumentation(environ: Mapping[str, str]) -> bool:
    """Tell whether requests to upstreams are to be told of as only the instrumentation can."""
    asked = any(environ.get(name) for name in _FOR_INSTRUMENTATION)
    return asked or OLD_NAMES_TOO in names(environ)


def has_grpc() -> bool:
    """Tell whether the extra for it is installed."""
    return _is_installed("opentelemetry.exporter.otlp.proto.grpc")


def reads_files() -> bool:
    """Tell whether the extra for that is installed."""
    return _is_installed("opentelemetry.configuration")


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def check(
    settings: Telemetry,
    environ: Mapping[str, str],
    speaks_grpc: Callable[[], bool] = has_grpc,
    reads_files: Callable[[], bool] = reads_files,
) -> None:
    """Raise `CannotExport` if traces are wanted where, or as, they cannot be sent from here."""
    if not wanted(settings, environ):
        return
    try:
        variables.check(environ)
    except ValueError as error:
        raise CannotExport(str(error)) from None
    if config_file(environ):
        if not reads_files():
            raise CannotExport(f"{CONFIG_FILE}: needs the extra llamaport[otel-config]")
        return  # what is in it is found wrong as it is read
    named = exporters(environ)
    if not {*named} <= {OTLP, CONSOLE}:
        raise CannotExport(f"OTEL_TRACES_EXPORTER: only {OTLP}, {CONSOLE} and {NONE} are supported")
    _check_sampler(environ)
    try:
        diagnostics.level_of(environ)
        check_batches(environ)
        if OTLP in named:
            _check_sending(environ, speaks_grpc)
    except ValueError as error:
        raise CannotExport(str(error)) from None


def _check_sending(environ: Mapping[str, str], speaks_grpc: Callable[[], bool]) -> None:
    spoken = protocol(environ)
    if spoken not in {HTTP, JSON, GRPC}:
        known = f"only {HTTP}, {JSON} and {GRPC} are supported"
        raise CannotExport(f"OTEL_EXPORTER_OTLP_PROTOCOL: {known}")
    if spoken == GRPC and not speaks_grpc():
        raise CannotExport("OTEL_EXPORTER_OTLP_PROTOCOL: grpc needs the extra llamaport[otlp-grpc]")
    delivery(environ, spoken)


def _check_sampler(environ: Mapping[str, str]) -> None:
    """Find what the library would replace by a guess."""
    plain = _plain_sampler(environ)
    if environ.get(_SAMPLER) and plain not in _SAMPLERS:
        known = ", ".join(_SAMPLERS)
        raise CannotExport(f"OTEL_TRACES_SAMPLER: {known} or parentbased_ and one is expected")
    part = environ.get(_SAMPLER_ARG, "").strip()
    if plain == _RATIO and part and not _is_share(part):
        raise CannotExport("OTEL_TRACES_SAMPLER_ARG: a number from 0 to 1 is expected")


def _plain_sampler(environ: Mapping[str, str]) -> str:
    """Return what decides of traces that begin here; empty where our settings do."""
    return environ.get(_SAMPLER, "").lower().removeprefix("parentbased_")


def _is_share(text: str) -> bool:
    try:
        return 0 <= float(text) <= 1
    except ValueError:
        return False


def _first(environ: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((value for name in names if (value := environ.get(name, "").strip())), "")
