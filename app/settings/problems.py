"""What is wrong with the settings, one line for each thing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from app.settings.paths import Path, written


class Problem(Struct, frozen=True, kw_only=True):
    """One thing to put right.

    `source` is where it was written, such as `llamaport.toml:12` or `environment PORT`;
    `key` is the path of the setting, empty where there is none.
    """

    source: str
    key: str
    text: str

    def __str__(self) -> str:
        """Write it in one line."""
        line = ": ".join(part for part in (self.source, self.key, self.text) if part)
        # Names of files and variables may hold anything, even what a terminal would obey.
        return "".join(char if char.isprintable() else "?" for char in line)


class SettingsError(Exception):
    """The settings cannot be used. `str()` is one line per problem."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Keep all that was found."""
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class Report:
    """Collects problems while settings are read: at most one for each key.

    `place` tells where a key was written.
    """

    def __init__(self, place: Callable[[Path], str]) -> None:
        self._place = place
        self._problems: list[Problem] = []
        self._paths: set[Path] = set()

    def add(self, path: Path, text: str) -> None:
        """Report a key."""
        if path not in self._paths:
            self._paths.add(path)
            self.add_source(self._place(path), text, key=written(path))

    def add_source(self, source: str, text: str, *, key: str = "") -> None:
        """Report a file or a variable as a whole."""
        self._problems.append(Problem(source=source, key=key, text=text))

    def touches(self, *prefixes: Path) -> bool:
        """Tell whether anything at or below one of the keys was reported."""
        return any(path[: len(prefix)] == prefix for path in self._paths for prefix in prefixes)

    def close(self) -> None:
        """Raise `SettingsError` if anything was reported."""
        if self._problems:
            raise SettingsError(self._problems)


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the clause that names the most similar known name, or else all of them."""
    # Loaded for who mistypes something, not at every start.
    from difflib import get_close_matches  # noqa: PLC0415

    choices = list(known)
    for match in get_close_matches(name, choices, n=1, cutoff=0.6):
        return f'did you mean "{match}"?'
    return f"allowed: {', '.join(choices)}"
