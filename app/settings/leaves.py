"""Every single value of the settings, with its path and type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct
from msgspec.structs import fields

from app.settings.paths import Path
from app.settings.tree import Settings
from domain.aliases import Alias


class Leaf(Struct, frozen=True):
    """One value. `kind` is its annotated type."""

    path: Path
    kind: Any
    value: Any


def leaves(settings: Settings) -> Iterator[Leaf]:
    """Yield all values, in the order of the tree."""
    for section in fields(settings):
        value = getattr(settings, section.name)
        if section.name == "aliases":
            for name, alias in value.items():
                yield Leaf(("aliases", name), Alias, alias)
        elif isinstance(value, tuple):
            for index, row in enumerate(value):
                yield from _below(row, (section.name, index))
        else:
            yield from _below(value, (section.name,))


def _below(table: Struct, path: Path) -> Iterator[Leaf]:
    config = table.__struct_config__
    if config.tag_field is not None:
        yield Leaf((*path, config.tag_field), str, config.tag)
    for field in fields(table):
        value = getattr(table, field.name)
        if isinstance(value, Struct):
            yield from _below(value, (*path, field.name))
        else:
            yield Leaf((*path, field.name), field.type, value)
