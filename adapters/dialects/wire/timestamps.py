"""Times as Go writes them: RFC 3339, up to nine fraction digits, trailing zeros cut.

docs/wire/ollama-api.md 3.1. Always UTC with `Z`: the zone every client parses.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

_SECOND = 1_000_000_000

UNKNOWN_TIME = "1970-01-01T00:00:00Z"
"""Where nobody knows when: stable, and read by every client. Go's own zero time, in the year 1,
overflows in Python and JavaScript as soon as a time zone is applied."""


class Timestamps:
    """Formats wall times and remembers the last second, because streams stay in one for long."""

    def __init__(self) -> None:
        self._second = -1
        self._head = ""

    def format(self, wall_ns: int) -> str:
        """Write nanoseconds since the Unix epoch."""
        second, fraction = divmod(wall_ns, _SECOND)
        if second != self._second:
            self._second, self._head = second, f"{_whole(second)}."
        digits = str(_SECOND + fraction)[1:]  # a third of what a format with leading zeros takes
        if fraction % 10:  # mostly: nothing to cut
            return f"{self._head}{digits}Z"
        return f"{self._head}{digits}".rstrip("0").rstrip(".") + "Z"


def rfc3339(wall_ns: int) -> str:
    """Write one time.

    Raises `ValueError`, `OverflowError` or `OSError` for what the calendar does not hold.
    """
    return Timestamps().format(wall_ns)


def known_time(wall_ns: int | None) -> str:
    """Write one time; `UNKNOWN_TIME` for none, and for what the calendar does not hold.

    Catalogs name such times, those that count milliseconds for one.
    """
    if wall_ns is None:
        return UNKNOWN_TIME
    try:
        return rfc3339(wall_ns)
    except (OverflowError, ValueError, OSError):
        return UNKNOWN_TIME


@lru_cache(maxsize=2)
def _whole(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
