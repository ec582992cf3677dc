"""The numbers of all workers together, at one moment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import isfinite
from operator import add

from msgspec import Struct

from adapters.observability.metrics.families import FAMILIES, Family, Kind, Merging
from adapters.observability.metrics.store import Labels, Numbers, Series

_MERGE: Mapping[Merging, Callable[[float, float], float]] = {
    Merging.SUM: add,
    Merging.LARGEST: max,
    Merging.SMALLEST: min,
}
_FAMILIES = {family.name: family for family in FAMILIES}

Snapshot = Mapping[str, Mapping[Labels, Numbers]]
"""By a family's name, the numbers of each series. A family without series is there, empty."""


class Source(Struct, frozen=True, kw_only=True):
    """What one worker has counted, or has left behind."""

    series: Iterable[Series]
    is_alive: bool = True


def merged(sources: Iterable[Source]) -> Snapshot:
    """Put together what workers have counted."""
    whole: dict[str, dict[Labels, Numbers]] = {family.name: {} for family in FAMILIES}
    for source in sources:
        for name, labels, numbers in source.series:
            family = _FAMILIES[name]
            if family.kind is Kind.GAUGE and not (source.is_alive and isfinite(numbers[0])):
                continue
            series = whole[name]
            before = series.get(labels)
            series[labels] = numbers if before is None else _both(family, before, numbers)
    return whole


def _both(family: Family, one: Numbers, other: Numbers) -> Numbers:
    return tuple(map(_MERGE[family.merging], one, other))
