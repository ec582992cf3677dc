"""The settings as they were written, from all sources, before they are decoded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from app.settings.paths import Path

DEFAULT: Final = "default"


class Document:
    """A tree of plain values in which each knows where it was written.

    Later sources are laid over earlier ones with `put`.
    """

    def __init__(self) -> None:
        self.tree: dict[str, Any] = {}
        self._origins: dict[Path, str] = {}
        self._verbatim: dict[Path, str] = {}

    def put(self, path: Path, value: object, origin: str) -> None:
        """Set a value, in place of what an earlier source said.

        A source that put something else where the path needs a table stays as it is: it will
        be reported.
        """
        if self.replace(path, value):
            self._forget(path)
            self._origins[path] = origin

    def replace(self, path: Path, value: object) -> bool:
        """Change a value whose source stays the same; false if there is no table for it."""
        node: Any = self.tree
        for part in path[:-1]:
            if isinstance(node, dict):
                node = node.setdefault(part, {})
            elif isinstance(node, list) and isinstance(part, int):
                node = node[part]
        if isinstance(node, dict):
            node[path[-1]] = value
            return True
        return False

    def append(self, section: str, row: Mapping[str, object], origins: Mapping[str, str]) -> None:
        """Add a table to a list of tables. `origins` are those of its keys."""
        rows = self.tree.setdefault(section, [])
        if isinstance(rows, list):
            path = (section, len(rows))
            rows.append(dict(row))
            self._origins[path] = next(iter(origins.values()), DEFAULT)
            self._origins.update({(*path, key): origin for key, origin in origins.items()})

    def locate(self, origins: Mapping[Path, str]) -> None:
        """Say where values were written that are in the tree already."""
        self._origins.update(origins)

    def expanded(self, path: Path, verbatim: str) -> None:
        """Note how a value was written before variables were filled in."""
        self._verbatim[path] = verbatim

    def verbatim(self, path: Path) -> str | None:
        """Return a text in which variables were filled in, at or below a path, as written."""
        for written, text in self._verbatim.items():
            if written[: len(path)] == path:
                return text
        return None

    def place(self, path: Path) -> str:
        """Tell where a key was written, or else the table it belongs in."""
        for end in range(len(path), 0, -1):
            if path[:end] in self._origins:
                return self._origins[path[:end]]
        return ""

    def source(self, path: Path) -> str:
        """Tell where the value of a key comes from, `default` if nobody wrote it."""
        node: Any = self.tree
        for part in path:
            try:
                node = node[part]
            except (KeyError, IndexError, TypeError):
                return DEFAULT
        return self.place(path)

    def _forget(self, path: Path) -> None:
        for facts in (self._origins, self._verbatim):
            for written in [known for known in facts if known[: len(path)] == path]:
                del facts[written]
