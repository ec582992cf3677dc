"""`keep_alive`: how long a model stays loaded (docs/wire/ollama-api.md 2.5)."""

from __future__ import annotations

import re
from typing import Any

from ports.errors import InvalidRequest

_UNITS = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,
    "μs": 1e-6,  # the Greek letter; above, the micro sign: Go takes both
    "ms": 1e-3,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
}
_LONGEST = 2**63 / 1e9
_TERM = re.compile(r"(?P<number>[0-9]+\.?[0-9]*|\.[0-9]+)(?P<unit>[^0-9.]*)")
_ODD = re.compile(rb'["\\]|[^ -~\x7f]')


def decode_keep_alive(value: Any) -> float | None:
    """Turn a decoded JSON value into seconds; negative means forever, `None` was not sent.

    Raises `InvalidRequest` with Go's text.
    """
    match value:
        case None:
            return None
        case bool():
            raise InvalidRequest("Unsupported type: 'bool'")
        case int() | float():
            return float(max(-_LONGEST, min(value, _LONGEST)))
        case str():
            return parse(value)
        case list():
            raise InvalidRequest("Unsupported type: '[]interface {}'")
        case _:
            raise InvalidRequest("Unsupported type: 'map[string]interface {}'")


def parse(text: str) -> float:
    """Read a Go duration such as `1h30m` in seconds, as `time.ParseDuration` does."""
    sign, rest = (text[0], text[1:]) if text[:1] in {"-", "+"} else ("", text)
    if rest == "0":
        return 0.0
    seconds = _sum(text, rest)
    if not rest or seconds > _LONGEST:
        raise InvalidRequest(f"time: invalid duration {_quote(text)}")
    return -seconds if sign == "-" else seconds


def _sum(text: str, rest: str) -> float:
    seconds, at = 0.0, 0
    while at < len(rest):
        term = _TERM.match(rest, at)
        if term is None:
            raise InvalidRequest(f"time: invalid duration {_quote(text)}")
        unit = term["unit"]
        if not unit:
            raise InvalidRequest(f"time: missing unit in duration {_quote(text)}")
        if unit not in _UNITS:
            raise InvalidRequest(f"time: unknown unit {_quote(unit)} in duration {_quote(text)}")
        seconds += float(term["number"]) * _UNITS[unit]
        at = term.end()
    return seconds


def _quote(text: str) -> str:
    """Quote as package `time` does: bytes that are not printable ASCII as hex."""
    return f'"{_ODD.sub(_escaped, text.encode()).decode()}"'


def _escaped(found: re.Match[bytes]) -> bytes:
    char = found[0]
    return b"\\" + char if char in {b'"', b"\\"} else b"\\x%02x" % char[0]
