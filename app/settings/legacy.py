"""Variables that users of similar programs have set already.

`LLAMAPORT_*` beats them, they beat the file. An empty one counts as not set. Their names are
nobody's own, and may be meant for another program that reads the same `.env`. So a word that says
nothing here is left alone with a warning. Only where guessing would serve other than was asked for
(`PORT`, the files) does a wrong one stop the start.
"""

from __future__ import annotations

import json
from ipaddress import ip_address
from pathlib import Path as FilePath
from typing import Any, get_args

from app.settings.document import Document
from app.settings.environment import parse
from app.settings.problems import Report
from app.settings.sources import Variable, Variables, read_text
from app.settings.tree import Level
from app.settings.unsupported import NOT_SUPPORTED


class Legacy:
    """Lays these variables over a document whose list of backends is complete.

    `warnings` collects what was left alone, a line each.
    """

    def __init__(
        self, variables: Variables, cwd: FilePath, document: Document, report: Report
    ) -> None:
        self._set = {
            name: Variable(value, found.origin)
            for name, found in variables.items()
            if (value := found.value.strip())
        }
        self._cwd = cwd
        self._document = document
        self._report = report
        self.warnings: list[str] = []

    def apply(self) -> None:
        """Apply all of them."""
        self._host()
        self._port()
        self._level()
        self._timeout()
        self._filter()
        self._mapping()
        self._retries()

    def _host(self) -> None:
        if variable := self._set.get("HOST"):
            if _is_address(variable.value):
                self._document.put(("server", "host"), variable.value, variable.origin)
            else:
                self._ignore(variable, "it is no address")

    def _port(self) -> None:
        if variable := self._set.get("PORT"):
            value = parse(variable.value, text_wanted=False)
            self._document.put(("server", "port"), value, variable.origin)

    def _level(self) -> None:
        if variable := self._set.get("LOG_LEVEL"):
            level = parse(variable.value, text_wanted=True).upper()
            level = _OTHER_LEVELS.get(level, level)
            if level in _LEVELS:
                self._document.put(("logging", "level"), level, variable.origin)
            else:
                self._ignore(variable, f"it is none of {', '.join(_LEVELS)}")

    def _timeout(self) -> None:
        if variable := self._set.get("REQUEST_TIMEOUT"):
            value = parse(variable.value, text_wanted=False)
            for index, row in self._backends():
                if row.get("kind") != "offline":
                    for key in ("first_byte", "idle"):
                        path = ("backends", index, "timeout", key)
                        self._document.put(path, value, variable.origin)

    def _retries(self) -> None:
        # No retry is what this version does.
        if (variable := self._set.get("MAX_RETRIES")) and variable.value != "0":
            self._ignore(variable, f"retry.attempts is {NOT_SUPPORTED}")

    def _filter(self) -> None:
        if variable := self._set.get("MODELS_FILTER"):
            text = read_text(self._cwd / variable.value, _file(variable), self._report)
            for index, _ in self._backends() if text is not None else ():
                path = ("backends", index, "models")
                self._document.put(path, _globs(text or ""), _file(variable))

    def _mapping(self) -> None:
        if variable := self._set.get("MODEL_MAPPING_FILE"):
            for name, target in self._targets(variable).items():
                if not name.startswith("_"):
                    self._document.put(("aliases", name), target, _file(variable))

    def _targets(self, variable: Variable) -> dict[str, Any]:
        text = read_text(self._cwd / variable.value, _file(variable), self._report)
        if text is None:
            return {}
        try:
            found = json.loads(text)
        except (ValueError, RecursionError) as error:
            line = f":{error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
            self._report.add_source(f"{variable.value}{line}", "no valid JSON")
            return {}
        if isinstance(found, dict):
            found = found.get("model_mappings", found)
        if not isinstance(found, dict):
            self._report.add_source(
                _file(variable), "found something else, allowed an object of names and targets"
            )
            return {}
        return found

    def _ignore(self, variable: Variable, reason: str) -> None:
        self.warnings.append(f"{variable.origin}: ignored, because {reason}")

    def _backends(self) -> list[tuple[int, dict[str, Any]]]:
        rows = self._document.tree.get("backends")
        rows = rows if isinstance(rows, list) else []
        return [(index, row) for index, row in enumerate(rows) if isinstance(row, dict)]


_LEVELS: tuple[Level, ...] = get_args(Level)
_OTHER_LEVELS = {"WARN": "WARNING", "FATAL": "CRITICAL"}


def _file(variable: Variable) -> str:
    return f"{variable.value} ({variable.origin.rpartition(' ')[2]})"


def _globs(text: str) -> list[str]:
    """Read one glob a line, up to a `#`."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return [line for line in lines if line]


def _is_address(host: str) -> bool:
    try:
        ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return host == "localhost"
    return True
