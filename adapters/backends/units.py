"""Durations and sizes as people write them in settings.

A field of type `Seconds` or `Bytes` is a plain number; its annotation says how the text in
a settings file becomes one (`read`), and how it is shown again (`show`).
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Annotated

from msgspec import Meta


def read_seconds(raw: object) -> object:
    """Turn `"250ms"`, `"5s"`, `"10m"`, `"1h"` into seconds; leave anything else as it is.

    Raises `ValueError` for a text that is no duration and for a number without an end.
    """
    if isinstance(raw, str):
        match = _DURATION.fullmatch(raw.strip())
        if match is None:
            raise ValueError
        return float(match["number"]) * _SECONDS[match["unit"]]
    if isinstance(raw, float) and not math.isfinite(raw):
        raise ValueError
    return raw


def show_seconds(seconds: float) -> str:
    """Write a duration with the largest unit that leaves a whole number."""
    for unit in ("h", "m", "s"):
        count = seconds / _SECONDS[unit]
        if count >= 1 and count == int(count):
            return f"{int(count)}{unit}"
    exact = Decimal(repr(seconds))
    number, unit = (exact * 1000, "ms") if 0 < seconds < 1 else (exact, "s")
    return f"{number.normalize():f}{unit}"


def read_bytes(raw: object) -> object:
    """Turn `"64MiB"` or `"10MB"` into bytes; leave anything else as it is.

    Raises `ValueError` for a text that is no size.
    """
    if isinstance(raw, str):
        match = _SIZE.fullmatch(raw.strip())
        if match is None:
            raise ValueError
        return round(float(match["number"]) * _BYTES[match["unit"].upper()])
    return raw


def show_bytes(size: int) -> str:
    """Write a size with the largest unit that leaves a whole number."""
    for unit, factor in reversed(_BYTES.items()):
        if size >= factor and size % factor == 0:
            return f"{size // factor}{_SPELLING.get(unit, unit)}"
    return "0B"


_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"(?P<number>\d{1,15}(?:\.\d+)?)(?P<unit>ms|s|m|h)", re.ASCII)
_BYTES = {
    "B": 1,
    "KB": 10**3,
    "KIB": 2**10,
    "MB": 10**6,
    "MIB": 2**20,
    "GB": 10**9,
    "GIB": 2**30,
}
_SPELLING = {"KIB": "KiB", "MIB": "MiB", "GIB": "GiB"}
_SIZE = re.compile(
    r"(?P<number>\d{1,15}(?:\.\d+)?)(?P<unit>(?:[KMG]i?)?B)", re.ASCII | re.IGNORECASE
)

Seconds = Annotated[
    float,
    Meta(
        ge=0,
        description='a duration such as "250ms", "5s", "10m", "1h", or a number of seconds',
        extra={"read": read_seconds, "show": show_seconds},
    ),
]
Bytes = Annotated[
    int,
    Meta(
        ge=1,
        description='a size above 0 such as "64MiB", "10MB", or a number of bytes',
        extra={"read": read_bytes, "show": show_bytes},
    ),
]
