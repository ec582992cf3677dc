"""Stores for tests, and what is in them."""

from __future__ import annotations

from mmap import mmap

from adapters.observability.metrics.families import FAMILIES, Family
from adapters.observability.metrics.snapshot import Snapshot, Source, merged
from adapters.observability.metrics.store import SIZE, Labels, Numbers, Store

NAMES = {family.name: family for family in FAMILIES}


def store() -> Store:
    return Store(mmap(-1, SIZE))


def snapshot(*stores: Store) -> Snapshot:
    return merged(Source(series=it.series()) for it in stores)


def of(counted: Store, family: Family) -> dict[Labels, Numbers]:
    """Return the series of a family that are not zero."""
    series = snapshot(counted)[family.name]
    return {labels: numbers for labels, numbers in series.items() if any(numbers)}


def counts(counted: Store, family: Family) -> dict[Labels, float]:
    """Return how many there are in each series: what was counted, or observed."""
    width = family.width
    return {
        labels: sum(numbers[: max(width - 1, 1)]) for labels, numbers in of(counted, family).items()
    }


def sums(counted: Store, family: Family) -> dict[Labels, float]:
    """Return the sum of what was observed in each series, rounded."""
    return {labels: round(numbers[-1], 6) for labels, numbers in of(counted, family).items()}
