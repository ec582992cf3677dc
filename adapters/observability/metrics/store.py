"""The numbers of one process, in memory that its fellow workers can read.

A layout of fixed size in one piece of memory: a count of the bytes in the index, numbers of 8
bytes each, then the index, in which every series has a line of JSON: family, labels, the place of
its first number. Numbers are written one by one as they change, so whoever maps the same memory
sees them at once, and still when the process was killed. What nobody has touched takes no memory.

Measured, CPython 3.11 on one machine: an increment here 0.09 µs, a histogram's observation 0.3 µs;
prometheus_client's 1.3 and 3.4 µs with its labels resolved before, 2.3 and 7.2 µs in its mode for
several processes. A plain request needs 16 of the one and 5 of the other.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from mmap import mmap
from typing import Final

import msgspec

from adapters.observability.metrics.families import FAMILIES, Family, Kind, Merging

Labels = tuple[str, ...]
Numbers = tuple[float, ...]
Series = tuple[str, Labels, Numbers]
"""Name of the family, values of its labels, and as many numbers as the family is wide."""

CAPACITY: Final = 65_536
"""Numbers that there is room for."""

INDEX: Final = 2 * 1024 * 1024
"""Bytes that there are for the index."""

SIZE: Final = CAPACITY * 8 + INDEX
"""Bytes of the memory. One that is new holds zeros."""

_WIDEST = max(family.width for family in FAMILIES)
_SPILL = 1
"""Where numbers go for which there is no room left: nobody reads them."""

_FIRST = _SPILL + _WIDEST
_LINE = msgspec.json.Decoder(tuple[str, Labels, int])
_WIDTHS = {family.name: family.width for family in FAMILIES}
_FRESH = {
    family.name: math.nan if family.merging is Merging.SMALLEST else 0.0
    for family in FAMILIES
    if family.kind is Kind.GAUGE
}
"""What gauges begin with; not a number is none at all."""


class Store:
    """Gives each series its place; `numbers[place]` is then changed directly.

    Memory that a process before this one has written to is taken over: its counts go on, its
    gauges begin anew.
    """

    def __init__(self, memory: mmap) -> None:
        self._index = memoryview(memory)[CAPACITY * 8 :]
        self.numbers = memoryview(memory)[: CAPACITY * 8].cast("d")
        self._places: dict[tuple[str, Labels], int] = {}
        self._next = _FIRST
        for name, labels, place in _lines(self._index, self._written):
            self._places[name, labels] = place
            self._next = max(self._next, place + _WIDTHS[name])
            if name in _FRESH:
                self.numbers[place] = _FRESH[name]

    @property
    def _written(self) -> int:
        return int(self.numbers[0])

    def place(self, family: Family, *labels: str) -> int:
        """Return where the first number of a series is, which is made if it is new."""
        key = (family.name, labels)
        place = self._places.get(key)
        return self._new(family, labels) if place is None else place

    def _new(self, family: Family, labels: Labels) -> int:
        place = self._next
        line = msgspec.json.encode((family.name, labels, place)) + b"\n"
        begin, end = self._written, self._written + len(line)
        if place + family.width > CAPACITY or end > INDEX:
            return _SPILL
        self._index[begin:end] = line
        # The count comes last: a reader never sees half a line.
        self.numbers[0] = end
        self._places[family.name, labels] = place
        self._next = place + family.width
        return place

    def observe(self, family: Family, place: int, value: float) -> None:
        """Put a value into a histogram."""
        bounds = family.bounds
        self.numbers[place + bisect_left(bounds, value)] += 1
        self.numbers[place + len(bounds) + 1] += value

    def series(self) -> Iterable[Series]:
        """Return all series with their numbers as they are now."""
        return [
            (name, labels, tuple(self.numbers[place : place + _WIDTHS[name]]))
            for (name, labels), place in list(self._places.items())
        ]


def series_in(memory: mmap) -> list[Series]:
    """Read all series from memory that another process writes to."""
    whole = memoryview(memory)
    numbers = whole[: CAPACITY * 8].cast("d")
    index = whole[CAPACITY * 8 :]
    try:
        return [
            (name, labels, tuple(numbers[place : place + _WIDTHS[name]]))
            for name, labels, place in _lines(index, int(numbers[0]))
        ]
    finally:
        numbers.release()
        index.release()
        whole.release()


def _lines(index: memoryview, written: int) -> Iterator[tuple[str, Labels, int]]:
    for line in bytes(index[:written]).splitlines():
        try:
            name, labels, place = _LINE.decode(line)
        except msgspec.DecodeError:
            return  # its process was killed while it wrote: nothing stands behind it
        yield name, labels, place
