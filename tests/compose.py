"""`compose.yaml` as Compose would read it: anchors merged, variables filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from tests.programs import CHECKOUT

FILE = CHECKOUT / "compose.yaml"

_VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<rest>[^}]*))?\}")


class MissingVariable(Exception):
    """A variable that the file requires is not set, or empty. The message is the file's."""


def read(variables: Mapping[str, str]) -> dict[str, Any]:
    """Return the whole file. Raises `MissingVariable`."""
    return _filled(yaml.safe_load(FILE.read_text()), variables)


def services() -> dict[str, dict[str, Any]]:
    """Return the services, for somebody who has set nothing but the key."""
    return read({"LLAMAPORT_API_KEY": "made-up"})["services"]


def _filled(value: Any, variables: Mapping[str, str]) -> Any:
    """Fill variables into every string, after the YAML is read: what they hold is no YAML."""
    match value:
        case str():
            return _VARIABLE.sub(lambda found: _value(found, variables), value)
        case dict():
            return {key: _filled(inner, variables) for key, inner in value.items()}
        case list():
            return [_filled(inner, variables) for inner in value]
        case _:
            return value


def _value(found: re.Match[str], variables: Mapping[str, str]) -> str:
    value = variables.get(found["name"], "")
    if value or found["kind"] is None:
        return value
    if found["kind"] == "?":
        raise MissingVariable(f"{found['name']}: {found['rest']}")
    return found["rest"]
