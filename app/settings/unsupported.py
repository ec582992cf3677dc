"""What this version cannot do yet. A setting that asks for it stops the start.

Whoever builds one of these features deletes its line here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct
from msgspec.structs import fields

from app.settings.paths import Path
from app.settings.problems import Report
from app.settings.rendering import field_text

NOT_SUPPORTED: Final = "not supported by this version"

KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "backends": (
        "weight",
        "max_concurrency",
        "max_queue",
    ),
    "retry": ("attempts",),
    "breaker": ("failures", "cooldown"),
    "limits": ("store",),
    "keys": ("requests_per_minute", "tokens_per_minute", "concurrent", "agents"),
    "agents": ("directory", "enabled", "parallel"),
}
"""By section, the keys that may hold nothing but their default."""


def refuse_unsupported(table: Struct, path: Path, report: Report) -> None:
    """Report every setting of a table that asks for what is not there yet."""
    keys = KEYS.get(str(path[0]), ())
    for field in fields(table):
        if field.name in keys and getattr(table, field.name) != field.default:
            only = field_text(field.type, field.default)
            report.add((*path, field.name), f"{NOT_SUPPORTED}; allowed: only {only}")
