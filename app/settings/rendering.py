"""Values as TOML text. Secrets become `***`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from msgspec import Raw

from adapters.backends.secret import Secret
from app.settings import paths
from app.settings.wording import hook

WIDTH = 60
"""Characters of a wrong value that a problem shows."""


def toml(value: object) -> str:
    """Write a value in one line."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case Secret():
            return str(value) or '""'
        case str():
            return json.dumps(value, ensure_ascii=False)
        case float():
            return f"{value:.15g}"
        case Raw():
            return bytes(value).decode()
        case Mapping():
            pairs = ", ".join(f"{paths.key(name)} = {toml(item)}" for name, item in value.items())
            return f"{{ {pairs} }}" if pairs else "{}"
        case list() | tuple():
            return f"[{', '.join(toml(item) for item in value)}]"
        case _:
            return str(value)


def shortened(value: object) -> str:
    """Write a value for a problem: its beginning is enough."""
    text = toml(value)
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 1]}…"


def noun(value: object) -> str:
    """Name the type of a value, where the value itself must not be shown."""
    match value:
        case bool():
            return "a boolean"
        case str():
            return "a string" if value else "an empty string"
        case int() | float():
            return "a number"
        case Mapping():
            return "a table"
        case list() | tuple():
            return "a list"
        case None:
            return "null"
        case _:
            return "a date or time"


def field_text(kind: Any, value: object) -> str:
    """Write the value of a field: a duration as `"30s"`, a size as `"64MiB"`."""
    show = hook(kind, "show")
    return toml(show(value) if show else value)
