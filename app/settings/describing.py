"""The effective settings for people to look at."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, Struct
from msgspec.structs import asdict

from app.settings.leaves import Leaf, leaves
from app.settings.loading import Loaded
from app.settings.paths import written
from app.settings.rendering import field_text, toml
from domain.aliases import Alias


class Described(Struct, frozen=True, kw_only=True):
    """One setting: `value` is TOML text, or `***` for a secret."""

    key: str
    value: str
    source: str


def describe(loaded: Loaded) -> list[Described]:
    """List every setting with its value and where that comes from."""
    return [
        Described(
            key=written(leaf.path),
            value=_text(leaf),
            source=loaded.sources[written(leaf.path)],
        )
        for leaf in leaves(loaded.settings)
    ]


def _text(leaf: Leaf) -> str:
    return toml(_alias(leaf.value)) if leaf.kind is Alias else field_text(leaf.kind, leaf.value)


def _alias(alias: Alias) -> object:
    """Write an alias in the shortest form, with the options by their names in the file."""
    options: dict[str, Any] = {
        _OLLAMA.get(name, name): value
        for name, value in asdict(alias.options).items()
        if value is not UNSET and name != "extensions"
    }
    options.update(alias.options.extensions)
    if not options and not alias.system:
        return alias.target
    table: dict[str, object] = {"targets": [alias.target]}
    if options:
        table["options"] = options
    if alias.system:
        table["system"] = alias.system
    return table


_OLLAMA = {"max_tokens": "num_predict"}
