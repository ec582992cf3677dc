"""How spans are sent to a collector, as OpenTelemetry's variables say, found wrong at the start.

The library would find most of it wrong only as it sends, tell nobody, or guess. Nothing of
OpenTelemetry is imported here.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from adapters.backends.addresses import http_address

GRPC, HTTP, JSON = "grpc", "http/protobuf", "http/json"
NO_COMPRESSION = "none"

_BY_HTTP = (NO_COMPRESSION, "gzip", "deflate")
_COMPRESSIONS = {GRPC: (NO_COMPRESSION, "gzip"), HTTP: _BY_HTTP, JSON: _BY_HTTP}
_MS_PER_SECOND = 1000
_MOST = 24 * 3600 * _MS_PER_SECOND
"""A day in milliseconds: what a timer of the system surely takes."""
_BATCHES = {
    "OTEL_BSP_SCHEDULE_DELAY": "a whole number of milliseconds",
    "OTEL_BSP_EXPORT_TIMEOUT": "a whole number of milliseconds",
    "OTEL_BSP_MAX_QUEUE_SIZE": "a whole number",
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "a whole number",
}


class Delivery(Struct, frozen=True, kw_only=True):
    """What is sent how. A path is empty where no file is named."""

    timeout: float = 10.0
    """Seconds for a batch, all attempts together."""
    compression: str = NO_COMPRESSION
    certificate: str = ""
    """Of the authorities that a collector is believed by."""
    client_certificate: str = ""
    client_key: str = ""
    """Empty where it stands in the file of the certificate."""


def delivery(environ: Mapping[str, str], protocol: str) -> Delivery:
    """Read the variables. Raises `ValueError`, a line that begins with the name of one."""
    _check_endpoint(environ, protocol)
    _check_headers(environ)
    certificate, key = _named(environ, "CLIENT_CERTIFICATE"), _named(environ, "CLIENT_KEY")
    _check_client(certificate, key)
    return Delivery(
        timeout=_timeout(environ),
        compression=_compression(environ, protocol),
        certificate=_authorities(environ),
        client_certificate=certificate.value,
        client_key=key.value,
    )


def check_batches(environ: Mapping[str, str]) -> None:
    """Raise `ValueError`, one line, for what the library would replace by a guess."""
    for name, what in _BATCHES.items():
        _number(_Variable(name, environ.get(name, "").strip()), what)


class _Variable(Struct, frozen=True):
    name: str = ""
    value: str = ""


def _named(environ: Mapping[str, str], what: str) -> _Variable:
    """Find the variable of traces, else that of everything, else nothing."""
    names = (f"OTEL_EXPORTER_OTLP_TRACES_{what}", f"OTEL_EXPORTER_OTLP_{what}")
    found = (_Variable(name, value) for name in names if (value := environ.get(name, "").strip()))
    return next(found, _Variable())


def _timeout(environ: Mapping[str, str]) -> float:
    """Return the shorter one: the library reads that of batches, and does nothing with it."""
    name = "OTEL_BSP_EXPORT_TIMEOUT"
    for_batches = _Variable(name, environ.get(name, "").strip())
    milliseconds = (_number(it, _BATCHES[name]) for it in (_named(environ, "TIMEOUT"), for_batches))
    of_exporter, of_batches = (number / _MS_PER_SECOND for number in milliseconds)
    of_exporter = of_exporter or Delivery().timeout
    return min(of_exporter, of_batches or of_exporter)


def _number(variable: _Variable, what: str) -> int:
    """Read a number, 0 where none is asked for."""
    text = variable.value
    if text and not (text.isascii() and text.isdecimal() and 0 < int(text[:16]) <= _MOST):
        raise ValueError(f"{variable.name}: {what} is expected, above 0")
    return int(text or 0)


def _compression(environ: Mapping[str, str], protocol: str) -> str:
    variable = _named(environ, "COMPRESSION")
    known = _COMPRESSIONS[protocol]
    kind = variable.value.lower() or NO_COMPRESSION
    if kind not in known:
        raise ValueError(f"{variable.name}: {' or '.join(known)} is expected with {protocol}")
    return kind


def _authorities(environ: Mapping[str, str]) -> str:
    variable = _named(environ, "CERTIFICATE")
    if variable.value:
        _readable(variable)
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=variable.value)
        except OSError:
            raise _unusable(variable, "no certificates") from None
    return variable.value


def _check_client(certificate: _Variable, key: _Variable) -> None:
    if key.value and not certificate.value:
        raise ValueError(f"{key.name}: needs OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE as well")
    if not certificate.value:
        return
    for variable in (certificate, key):
        if variable.value:
            _readable(variable)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        # Without an answer to it OpenSSL would ask for the password on the terminal.
        context.load_cert_chain(certificate.value, key.value or None, password=lambda: "")
    except (OSError, ValueError):
        why = "no certificate, or no key without a password that belongs to it"
        raise _unusable(certificate, why) from None


def _readable(variable: _Variable) -> None:
    try:
        Path(variable.value).open("rb").close()
    except OSError as error:
        raise _unusable(variable, error.strerror or "no reason given") from None


def _unusable(variable: _Variable, why: str) -> ValueError:
    return ValueError(f"{variable.name}: found a path that cannot be used: {why}")


def _check_endpoint(environ: Mapping[str, str], protocol: str) -> None:
    variable = _named(environ, "ENDPOINT")
    if variable.value and protocol != GRPC and not _is_address(variable.value):
        raise ValueError(f"{variable.name}: http:// or https:// and a host are expected")


def _is_address(text: str) -> bool:
    try:
        http_address(text)
    except ValueError:
        return False
    return True


def _check_headers(environ: Mapping[str, str]) -> None:
    # What is in them is secret, so nothing of it is said.
    variable = _named(environ, "HEADERS")
    for pair in variable.value.split(","):
        name, is_pair, _ = pair.partition("=")
        if pair.strip() and not (is_pair and name.strip()):
            raise ValueError(f"{variable.name}: name=value is expected, more of them after commas")
