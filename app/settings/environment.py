"""`LLAMAPORT_<SECTION>__<KEY>` and command-line flags: one value at a time, as text."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, get_origin

from msgspec import Struct
from msgspec.structs import fields

from app.settings.document import Document
from app.settings.expansion import expand
from app.settings.paths import Path
from app.settings.problems import Report, nearest
from app.settings.sources import PREFIX, Variables
from app.settings.tree import Settings
from app.settings.wording import is_text

API_KEY = "LLAMAPORT_API_KEY"
CONFIG = "LLAMAPORT_CONFIG"
ALIASES = "LLAMAPORT_ALIASES__"


def apply_variables(variables: Variables, document: Document, report: Report) -> None:
    """Lay every `LLAMAPORT_*` variable over the document; report those that are unknown."""
    known = dict(_known())
    plain = {name: variable.value for name, variable in variables.items()}
    for name, variable in variables.items():
        if not name.startswith(PREFIX) or name in {API_KEY, CONFIG}:
            continue
        if name.startswith(ALIASES) and name != ALIASES:
            path: Path = ("aliases", name.removeprefix(ALIASES))
            value = parse(variable.value, text_wanted=False)
            value = variable.value if isinstance(value, (bool, int, float)) else value
        elif name in known:
            path, text = known[name]
            value = parse(variable.value, text_wanted=text)
        else:
            if not _from_kubernetes(name, variable.value):
                report.add_source(variable.origin, _unknown(name, known))
            continue
        document.put(path, value, variable.origin)
        document.replace(path, expand(value, plain, path, document, report))


def apply_overrides(overrides: Mapping[str, object], document: Document, report: Report) -> None:
    """Lay the flags over the document: dotted paths to values, `None` for a flag not given."""
    known = dict(dict(_known()).values())
    for dotted, given in overrides.items():
        path = tuple(dotted.split("."))
        flag = _FLAGS.get(dotted, f"--{str(path[-1]).replace('_', '-')}")
        if given is None:
            continue
        if path not in known:
            report.add_source(flag, f"no setting {dotted}")
            continue
        value = parse(given, text_wanted=known[path]) if isinstance(given, str) else given
        document.put(path, value, flag)


def parse(text: str, *, text_wanted: bool) -> Any:
    """Read a value as TOML; what is none, or no string where one is wanted, is a bare word."""
    try:
        table = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return text
    value = table["value"]
    if len(table) > 1 or (text_wanted and not isinstance(value, str)):
        return text
    return value


def _known() -> Iterator[tuple[str, tuple[Path, bool]]]:
    """Yield each variable with the path it sets, and whether a string belongs there."""
    for section in fields(Settings):
        if isinstance(section.type, type) and issubclass(section.type, Struct):
            for key in fields(section.type):
                name = f"{PREFIX}{section.name}__{key.name}".upper()
                yield name, ((section.name, key.name), is_text(key.type))


def _unknown(name: str, known: Mapping[str, object]) -> str:
    for section in fields(Settings):
        if get_origin(section.type) is tuple and name.startswith(
            f"{PREFIX}{section.name}__".upper()
        ):
            return f"[[{section.name}]] cannot be set by a variable, only in a file"
    return f"unknown variable; {nearest(name, [*known, API_KEY, CONFIG])}"


def _from_kubernetes(name: str, value: str) -> bool:
    """Recognise what Kubernetes puts into every pod beside a service called `llamaport…`."""
    return _SERVICE_LINK.fullmatch(name) is not None or (
        name.endswith("_PORT") and value.startswith(("tcp://", "udp://", "sctp://"))
    )


_FLAGS = {"logging.level": "--log-level"}
_SERVICE_LINK = re.compile(
    r"LLAMAPORT_(?:[A-Z0-9_]+_)?"
    r"(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT_\d+_(?:TCP|UDP|SCTP)(?:_[A-Z]+)?)"
)
