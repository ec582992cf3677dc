"""From what was written to Structs, with every problem on the way reported.

msgspec would stop at the first one, so tables are walked here and only single values are
left to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from msgspec import Struct, ValidationError, convert
from msgspec.structs import FieldInfo, fields

from adapters.backends.secret import Secret
from app.settings.document import Document
from app.settings.paths import Path
from app.settings.problems import Report, nearest
from app.settings.rendering import noun, shortened
from app.settings.wording import allowed, bare, hook, is_secret, is_table

S = TypeVar("S", bound=Struct)


class Decoder:
    """Decodes parts of one document.

    A value that cannot be used is reported and its default taken, so that the rest can still
    be looked at; what lacks a required value becomes `None`.
    """

    def __init__(self, document: Document, report: Report) -> None:
        self._document = document
        self.report = report

    def table(
        self, kind: type[S], raw: object, path: Path, *, of: str = "", ignored: Sequence[str] = ()
    ) -> S | None:
        """Decode a table. `of` says whose keys are known, `ignored` are keys read elsewhere."""
        if not isinstance(raw, dict):
            self.report.add(path, f"found {noun(raw)}, allowed a table")
            return None
        known = {field.name: field for field in fields(kind)}
        for key in raw:
            if key not in known and key not in ignored:
                clause = nearest(key, [*ignored, *known])
                self.report.add((*path, key), f"unknown key{of}; {clause}")
        values = {}
        for name, field in known.items():
            value = self._field(field, raw, (*path, name))
            if value is not _UNUSABLE:
                values[name] = value
        missing = any(field.required and name not in values for name, field in known.items())
        return None if missing else kind(**values)

    def rows(self, raw: object, path: Path) -> list[tuple[dict[str, Any], Path]]:
        """Return the tables of a list of tables, each with its path."""
        if not isinstance(raw, list):
            head = "".join(str(part) for part in path)
            self.report.add(path, f"found {noun(raw)}, allowed a list of tables, [[{head}]]")
            return []
        found = []
        for index, row in enumerate(raw):
            if isinstance(row, dict):
                found.append((row, (*path, index)))
            else:
                self.report.add((*path, index), f"found {noun(row)}, allowed a table")
        return found

    def value(self, kind: Any, raw: object, path: Path) -> Any:
        """Decode a single value; `None` if it cannot be used."""
        value = self._value(kind, raw, path)
        return None if value is _UNUSABLE else value

    def _field(self, field: FieldInfo, raw: dict[str, Any], path: Path) -> Any:
        if field.name in raw:
            return self._value(field.type, raw[field.name], path)
        if field.required:
            self.report.add(path, f"is missing; allowed {allowed(field.type)}")
        return _UNUSABLE

    def _value(self, kind: Any, raw: object, path: Path) -> Any:
        if is_table(kind):
            table = self.table(kind, raw, path)
            return _UNUSABLE if table is None else table
        read, normal = hook(kind, "read"), hook(kind, "normal")
        try:
            value = convert(read(raw) if read else raw, kind, dec_hook=_secret)
            return normal(value) if normal else value
        except ValidationError:
            found = self._shown(kind, raw, path)
        except ValueError as error:
            found = str(error) or self._shown(kind, raw, path)
        self.report.add(path, f"found {found}, allowed {allowed(kind)}")
        return _UNUSABLE

    def _shown(self, kind: Any, raw: object, path: Path) -> str:
        """Show a wrong value, but neither a secret nor what a variable holds."""
        container = isinstance(raw, (dict, list))
        if is_secret(kind) or (container and not _takes_container(kind)):
            return noun(raw)
        verbatim = self._document.verbatim(path)
        return shortened(raw if verbatim is None else verbatim)


def _takes_container(kind: Any) -> bool:
    return hasattr(bare(kind), "__args__")


def _secret(kind: type, raw: object) -> Secret:
    if kind is not Secret or not isinstance(raw, str):
        raise TypeError("a string is wanted")
    return Secret(raw)


_UNUSABLE = object()
