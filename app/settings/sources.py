"""Reading the places where settings are written: the file, `.env`, the environment."""

from __future__ import annotations

import io
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from app.settings import toml_lines
from app.settings.document import Document
from app.settings.expansion import expand
from app.settings.problems import Report

DEFAULT_FILE = "llamaport.toml"
PREFIX = "LLAMAPORT_"


class Variable(Struct, frozen=True):
    """A variable and where it was set."""

    value: str
    origin: str


Variables = Mapping[str, Variable]


def read_variables(environ: Mapping[str, str], cwd: Path, report: Report) -> Variables:
    """Return what is set in the environment or else in `.env`."""
    variables = dict(_dotenv(environ, cwd / ".env", report))
    for name, value in environ.items():
        variables[name] = Variable(value, f"environment {name}")
    return variables


def read_file(
    path: str, cwd: Path, variables: Variables, document: Document, report: Report
) -> bool:
    """Read a TOML file into the empty document, `${NAME}` filled in; false if it is none.

    `path` is how problems call it.
    """
    text = read_text(cwd / path, path, report)
    if text is None:
        return False
    try:
        tree = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        message, line = _without_place(str(error), text)
        report.add_source(f"{path}:{line}", f"no valid TOML: {message}")
        return False
    document.locate({key: f"{path}:{line}" for key, line in toml_lines.lines(text).items()})
    plain = {name: variable.value for name, variable in variables.items()}
    for section, value in tree.items():
        document.tree[section] = expand(value, plain, (section,), document, report)
    return True


def read_text(file: Path, name: str, report: Report) -> str | None:
    """Return the content of a text file, `None` and a problem if that cannot be had."""
    try:
        return file.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        report.add_source(f"{name}:{line}", "not UTF-8")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no path"
        report.add_source(name, f"cannot be read: {reason}")
    return None


def _dotenv(
    environ: Mapping[str, str], file: Path, report: Report
) -> Iterator[tuple[str, Variable]]:
    if not file.exists() or file.is_dir():  # a folder of this name is somebody's virtualenv
        return
    # Most servers have no such file, and need not load what reads it.
    from dotenv.parser import parse_stream  # noqa: PLC0415
    from dotenv.variables import parse_variables  # noqa: PLC0415

    text = read_text(file, ".env", report)
    known = dict[str, str | None](environ)
    for binding in parse_stream(io.StringIO(text or "")):
        origin = f".env:{_first_line(binding.original.line, binding.original.string)}"
        if binding.error:
            report.add_source(origin, "no assignment of the form NAME=value")
        elif binding.key is not None:
            value = binding.value or ""
            if not binding.key.startswith(PREFIX):
                # Ours are expanded later, strictly; the others as their readers expect.
                value = "".join(part.resolve(known) for part in parse_variables(value))
            known.setdefault(binding.key, value)
            yield binding.key, Variable(value, f"{origin} {binding.key}")


def _first_line(line: int, text: str) -> int:
    """Skip the blank lines and comments that the parser counts to a binding."""
    return line + text[: len(text) - len(text.lstrip())].count("\n")


def _without_place(message: str, text: str) -> tuple[str, int]:
    """Split `… (at line 3, column 5)` into what is wrong and the line."""
    match = _PLACE.search(message)
    if match is None:
        return message, 1
    line = int(match["line"]) if match["line"] else text.count("\n") + 1
    return message[: match.start()], line


_PLACE = re.compile(r" \(at (?:line (?P<line>\d+), column \d+|end of document)\)$")
