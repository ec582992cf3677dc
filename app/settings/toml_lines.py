"""On which line of a TOML text each key stands.

The standard parser does not tell. This walks over a text that it has accepted already, so it
only has to find the heads of tables and the keys before `=`, and to skip values, in which
strings, brackets and comments may hide anything. Keys inside an inline table count as
standing where their table begins.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping

from app.settings.paths import Path

Piece = tuple[str, int]


def lines(text: str) -> Mapping[Path, int]:
    """Map the path of every table and key to its line, counted from 1."""
    found: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    for statement in _statements(text):
        piece, line = statement[0]
        if piece == "[":
            of_list = statement[1][0] == "["
            names = _names(statement[2:] if of_list else statement[1:])
            table = (*_indexed(names[:-1], counts), names[-1])
            if of_list:
                counts[table] = counts.get(table, -1) + 1
            if table in counts:
                table = (*table, counts[table])
            found.setdefault(table, line)
        else:
            names = _names(statement)
            for end in range(1, len(names) + 1):
                found.setdefault((*table, *names[:end]), line)
    return found


def _statements(text: str) -> Iterator[list[Piece]]:
    """Yield the pieces of each head or key-and-value, without comments."""
    statement: list[Piece] = []
    depth = 0
    line = 1
    for match in _PIECE.finditer(text):
        piece = match[0]
        if piece == "\n" and depth == 0:
            if statement:
                yield statement
            statement = []
        elif match.lastgroup == "piece":
            statement.append((piece, line))
            depth += (piece in "[{") - (piece in "]}")
        line += piece.count("\n")
    if statement:
        yield statement


def _names(pieces: list[Piece]) -> tuple[str, ...]:
    """Return the parts of the dotted key with which the pieces begin."""
    names = []
    for piece, _ in pieces:
        if piece in "=]":
            break
        if piece != ".":
            names.append(next(iter(tomllib.loads(f"{piece} = 0"))))
    return tuple(names)


def _indexed(path: Path, counts: Mapping[Path, int]) -> Path:
    """Put the current index behind every list of tables in a path."""
    result: Path = ()
    for part in path:
        result = (*result, part)
        if result in counts:
            result = (*result, counts[result])
    return result


_PIECE = re.compile(
    r"""
    (?P<skip> [ \t\r]+ | \#[^\n]* )
    | (?P<line> \n )
    | (?P<piece>
        \"{3} (?: \\. | [^\\] )*? \"{3,5}
      | '{3} .*? '{3,5}
      | " (?: \\. | [^"\\\n] )* "
      | ' [^'\n]* '
      | [\[\]{}=,.]
      | [^\s\[\]{}=,.#"']+
      )
    """,
    re.DOTALL | re.VERBOSE,
)
