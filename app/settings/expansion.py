"""`${NAME}` and `${NAME:-fallback}` inside string values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from app.settings.document import Document
from app.settings.paths import Path
from app.settings.problems import Report


def expand(
    value: object,
    variables: Mapping[str, str],
    path: Path,
    document: Document,
    report: Report,
) -> object:
    """Return a value with the variables filled in, in every string in it.

    What was filled in is not looked at again. A fallback also stands in for a variable that
    is empty. One that is not set is reported, by its name, and stays in the text.
    """
    match value:
        case str() if "${" in value:
            document.expanded(path, value)
            return _REFERENCE.sub(_filler(variables, path, report), value)
        case list():
            return [
                expand(item, variables, (*path, index), document, report)
                for index, item in enumerate(value)
            ]
        case dict():
            return {
                key: expand(item, variables, (*path, key), document, report)
                for key, item in value.items()
            }
        case _:
            return value


def _filler(
    variables: Mapping[str, str], path: Path, report: Report
) -> Callable[[re.Match[str]], str]:
    def fill(reference: re.Match[str]) -> str:
        match = _NAME.fullmatch(reference[1])
        if match is None:
            report.add(path, f"found {reference[0]}, allowed ${{NAME}} or ${{NAME:-fallback}}")
            return reference[0]
        name, fallback = match["name"], match["fallback"]
        if fallback is not None:
            return variables.get(name) or fallback
        if name not in variables:
            report.add(path, f"the environment variable {name} is not set")
            return reference[0]
        return variables[name]

    return fill


_REFERENCE = re.compile(r"\$\{([^}]*)\}")
_NAME = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<fallback>.*))?", re.DOTALL)
