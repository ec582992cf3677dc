"""How long an upstream wants to be left alone (RFC 9110 10.2.3)."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

LONGEST = 7 * 24 * 3600.0
"""Seconds beyond which a wish is not believed."""


def wanted_wait(headers: Mapping[str, str], now: float) -> float | None:
    """Return the wait in seconds that the headers of an answer ask for, if they do.

    `Retry-After` is a number of seconds or a date, `retry-after-ms` a number of milliseconds
    (some SDKs' own). A date counts from the answer's own `Date`, since the upstream's clock
    need not be ours; without one from `now`, Unix seconds. One in the past is 0.
    """
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return _believable(milliseconds / 1000)
    said = headers.get("retry-after")
    seconds = _number(said)
    if seconds is not None:
        return _believable(seconds)
    until = _date(said)
    if until is None:
        return None
    began = _date(headers.get("date"))
    return _believable(max(0.0, until - (now if began is None else began)))


def _believable(seconds: float) -> float | None:
    return seconds if 0 <= seconds <= LONGEST else None


def _number(text: str | None) -> float | None:
    try:
        return float(text or "")
    except ValueError:
        return None


def _date(text: str | None) -> float | None:
    try:
        return parsedate_to_datetime(text or "").timestamp()
    except (ValueError, OverflowError, OSError):
        return None
