"""What OpenRouter tells of a model beyond its id (docs/wire/dialects.md 8.3 and 8.4)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from msgspec import Raw

from adapters.dialects.openai.outbound.members import object_in, text_in, words_in
from ports.models import Capability

REASONING = "openrouter.reasoning"
"""The extension that holds the `reasoning` object of a model, as its list has it."""

_INPUTS = (("image", Capability.VISION), ("audio", Capability.AUDIO))
_OUTPUTS = (
    ("text", Capability.COMPLETION),
    ("embeddings", Capability.EMBEDDING),
    ("image", Capability.IMAGE),
)
_REASONING = frozenset({"reasoning", "reasoning_effort", "include_reasoning"})
_NO_FAMILY = frozenset({"", "other", "router"})
_FIGURE = re.compile(
    r"(?<![a-z0-9.])(\d{1,4}(?:\.\d{1,2})?(?:x\d{1,4}(?:\.\d{1,2})?)?)b(?![a-z0-9])"
)


def is_rich(entry: Mapping[str, Any]) -> bool:
    """Tell whether an entry of a list is in OpenRouter's form."""
    return isinstance(entry.get("architecture"), dict)


def capabilities_of(entry: Mapping[str, Any]) -> frozenset[Capability] | None:
    """Read what a model can do; `None` if the list does not say."""
    if not is_rich(entry) or not isinstance(entry.get("supported_parameters"), list):
        return None
    architecture = object_in(entry, "architecture")
    outputs = words_in(architecture, "output_modalities")
    inputs = words_in(architecture, "input_modalities")
    known = {capability for word, capability in _OUTPUTS if word in outputs}
    known |= {capability for word, capability in _INPUTS if word in inputs}
    asked = words_in(entry, "supported_parameters")
    if "tools" in asked:
        known.add(Capability.TOOLS)
    if not _REASONING.isdisjoint(asked) or object_in(entry, "reasoning"):
        known.add(Capability.THINKING)
    if Capability.EMBEDDING in known:
        known.discard(Capability.COMPLETION)
    return frozenset(known)


def author_of(entry: Mapping[str, Any]) -> str:
    """Return who made a model: the part of its id before the slash."""
    author, slash, _ = text_in(entry, "id").partition("/")
    return author.removeprefix("~") if slash else ""


def family_of(entry: Mapping[str, Any]) -> str:
    """Return the family that the list names: the tokenizer's, else the author."""
    tokenizer = text_in(object_in(entry, "architecture"), "tokenizer").lower()
    return author_of(entry) if tokenizer in _NO_FAMILY else tokenizer


def parameter_size_of(entry: Mapping[str, Any]) -> str:
    """Return a figure such as `70B`, if the id has one."""
    found = _FIGURE.search(text_in(entry, "id").rpartition("/")[2].lower())
    return f"{found[1]}B" if found else ""


def facts_of(entry: Mapping[str, Any]) -> dict[str, str | int]:
    """Return the prices, in US dollars for one unit, as they are spelled."""
    pricing = object_in(entry, "pricing")
    return {f"pricing.{name}": price for name, price in pricing.items() if isinstance(price, str)}


def extensions_of(entry: Mapping[str, Any]) -> dict[str, Raw]:
    """Return what the backend must know of how a model reasons."""
    reasoning = object_in(entry, "reasoning")
    return {REASONING: Raw(json.dumps(reasoning).encode())} if reasoning else {}
