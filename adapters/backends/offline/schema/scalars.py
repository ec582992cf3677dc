"""Strings and numbers that may satisfy demands: candidates to check, the most natural first."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from math import ceil, floor, isfinite

from adapters.backends.offline.schema.document import Demands, Number

FORMATS: dict[str, tuple[str, ...]] = {
    "date-time": ("2026-01-02T03:04:05Z", "2026-02-03T04:05:06Z"),
    "date": ("2026-01-02", "2026-02-03"),
    "time": ("03:04:05Z", "04:05:06Z"),
    "duration": ("PT1H", "P1D", "P1W"),
    "email": ("ada@example.org", "grace@example.org", "a@b.co"),
    "idn-email": ("ada@example.org", "grace@example.org", "a@b.co"),
    "hostname": ("host.example.org", "example.org"),
    "idn-hostname": ("host.example.org", "example.org"),
    "ipv4": ("192.0.2.1", "192.0.2.2"),
    "ipv6": ("2001:db8::1", "2001:db8::2"),
    "uri": ("https://example.org/", "https://example.org/a"),
    "uri-reference": ("/a", "https://example.org/"),
    "iri": ("https://example.org/", "https://example.org/a"),
    "iri-reference": ("/a", "https://example.org/"),
    "uri-template": ("https://example.org/{id}", "/{id}"),
    "uuid": ("3f2504e0-4f89-41d3-9a0c-0305e82c3301", "3f2504e0-4f89-41d3-9a0c-0305e82c3302"),
    "json-pointer": ("/a", "/b"),
    "relative-json-pointer": ("0", "1"),
    "regex": ("^a+$", "^b+$"),
    "byte": ("b2ZmbGluZQ==", "bGxhbWE="),
}
"""Samples by the names of JSON Schema's formats; hosts and addresses are reserved for examples."""

_VARIANTS = 1000


def strings(demands: Demands, phrase: str) -> Iterator[str]:
    """Texts of the length or the format asked for. Any other format is a plain text."""
    shortest, longest = demands.min_length, demands.max_length
    if shortest > longest:
        return
    if demands.format in FORMATS:
        yield from FORMATS[demands.format]
        return
    yield _sized(phrase, "", shortest, longest)
    for number in range(2, _VARIANTS):
        ending = f" {number}" if len(phrase) + 4 <= longest else str(number)
        if len(ending) <= longest:
            yield _sized(phrase, ending, shortest, longest)


def _sized(phrase: str, ending: str, shortest: int, longest: Number) -> str:
    needed, room = shortest - len(ending), longest - len(ending)
    if len(phrase) < needed:
        phrase = ((phrase + " ") * (needed // (len(phrase) + 1) + 1))[:needed]
    elif len(phrase) > room:
        phrase = phrase[: int(room)]
    return phrase + ending


def integers(demands: Demands) -> Iterator[int]:
    """Whole numbers within the bounds: 1 and upwards if that is allowed, else from an end."""
    low = max(_ceil(demands.minimum), _floor(demands.above) + 1)
    high = min(_floor(demands.maximum), _ceil(demands.below) - 1)
    step = demands.multiple_of if isinstance(demands.multiple_of, int) else 1
    first = -(-_nearest_to_one(low, high) // step) * step
    upward = range(first, first + step * _VARIANTS, step)
    downward = range(first - step, first - step * _VARIANTS, -step)
    yield from chain(upward, downward)


def numbers(demands: Demands) -> Iterator[Number]:
    """Numbers within the bounds, one with a fraction first where that is allowed."""
    low, high = max(demands.minimum, demands.above), min(demands.maximum, demands.below)
    factor = demands.multiple_of
    guesses = _guesses(low, high) if factor is None else _multiples(low, high, factor)
    yield from guesses
    if "integer" in demands.types:
        yield from integers(demands)


def _guesses(low: Number, high: Number) -> Iterator[Number]:
    yield 1.5
    if isfinite(low) and isfinite(high):
        yield low / 2 + high / 2
    yield from (low + 0.5, low, low + 1, high - 0.5, high, high - 1)
    yield from (start + away for away in range(1, _VARIANTS) for start in (1.5, low))
    if isfinite(low) and isfinite(high):
        yield from (low + (high - low) * part / _VARIANTS for part in range(_VARIANTS))


def _multiples(low: Number, high: Number, factor: Number) -> Iterator[Number]:
    first = _nearest_to_one(_ceil(low / factor), _floor(high / factor))
    yield from (factor * times for times in range(first, first + _VARIANTS))


def _nearest_to_one(low: Number, high: Number) -> int:
    return int(max(low, min(1, high)) if low <= high else 1)


def _ceil(bound: Number) -> Number:
    return ceil(bound) if isfinite(bound) else bound


def _floor(bound: Number) -> Number:
    return floor(bound) if isfinite(bound) else bound
