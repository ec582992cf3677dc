"""What is asked of the model beyond the messages (docs/wire/dialects.md 3.1)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from msgspec import UNSET, Raw, UnsetType

from adapters.dialects.requests.options import NAMES
from ports.chat import Effort, JsonFormat, Options

_NO_OPTIONS = Options()

LEVELS: Mapping[Effort, str] = MappingProxyType(
    {
        "minimal": "low",
        "low": "low",
        "medium": "medium",
        "high": "high",
        "xhigh": "max",
        "max": "max",
    }
)
"""Ollama knows four levels and refuses any other word; the nearest of its own is sent."""

_JSON = Raw(b'"json"')


def encode_options(options: Options) -> Mapping[str, Any] | UnsetType:
    """Return the options that are set, and those with no neutral name verbatim."""
    if options is _NO_OPTIONS:
        return UNSET
    sent: dict[str, Any] = dict(options.extensions)
    for field, name in NAMES.items():
        value = getattr(options, field)
        if value is not UNSET:
            sent[name] = value
    return sent or UNSET


def encode_think(think: bool | Effort | UnsetType) -> bool | str | UnsetType:  # noqa: FBT001 - a level or a switch, as in the neutral form
    """Return whether, or how hard, to think."""
    return LEVELS[think] if isinstance(think, str) else think


def encode_format(wanted: JsonFormat | None) -> Raw | UnsetType:
    """Ask for JSON, with a schema if there is one."""
    if wanted is None:
        return UNSET
    return _JSON if wanted.schema is None else wanted.schema
