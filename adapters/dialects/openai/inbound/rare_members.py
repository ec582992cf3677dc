"""Members of a body that nearly nobody sends, of which there are very many."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter

from msgspec import UNSET, Raw, Struct

_NULL = b"null"


class RareMembers:
    """Reads those of them that were sent; null is as good as absent.

    That none was is told at the cost of one call, however many there are.
    """

    __slots__ = ("_names", "_none", "_read")

    def __init__(self, names: Iterable[str]) -> None:
        """Take the names of at least two fields, which are raw or `UNSET`."""
        self._names = tuple(names)
        self._read = attrgetter(*self._names)
        self._none = (UNSET,) * len(self._names)

    def sent_in(self, wire: Struct) -> dict[str, Raw]:
        """Return what was sent, by name."""
        values = self._read(wire)
        if values == self._none:
            return {}
        return {
            name: raw
            for name, raw in zip(self._names, values, strict=True)
            if raw is not UNSET and bytes(raw) != _NULL
        }
