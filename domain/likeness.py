"""Names that look like another one, found at a price that hardly grows with their number.

Whoever mistypes a name leaves its beginning as it was, or its end, or forgets what stands before
a slash. So what is compared letter by letter are only those that stand beside it where all are
in order: by themselves, by what is behind the last slash, and by their letters from the end.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable

BESIDE = 5
"""So many names are compared on each side, in each order."""


class Likeness:
    """Some names, in the orders in which those alike stand together."""

    def __init__(self, names: Iterable[str]) -> None:
        names = set(names)
        self._orders = [(key, sorted((key(name), name) for name in names)) for key in _ORDERS]

    def nearest(self, name: str) -> tuple[str, ...]:
        """Return up to three names that look like `name`, the likest first."""
        # Loaded for who mistypes a name, not at every start: 1 ms, once.
        from difflib import get_close_matches  # noqa: PLC0415

        beside = sorted(self.beside(name))
        spellings = {it.casefold(): it for it in beside}
        found = get_close_matches(name.casefold(), spellings, n=3)
        return tuple(spellings[spelling] for spelling in found)

    def beside(self, name: str) -> frozenset[str]:
        """Return those that are compared with a name."""
        found: set[str] = set()
        for key, ordered in self._orders:
            at = bisect_left(ordered, (key(name),))
            found.update(it for _, it in ordered[max(at - BESIDE, 0) : at + BESIDE])
        return frozenset(found)


def _whole(name: str) -> str:
    return name.casefold()


def _last(name: str) -> str:
    return name.casefold().rpartition("/")[2]


def _backwards(name: str) -> str:
    return name.casefold()[::-1]


_ORDERS: tuple[Callable[[str], str], ...] = (_whole, _last, _backwards)
