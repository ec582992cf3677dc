"""Reading members of JSON that may hold anything: what is of another kind is not there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def object_in(parent: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return an object, empty where there is none."""
    value = parent.get(key)
    return value if isinstance(value, dict) else {}


def text_in(parent: Mapping[str, Any], key: str) -> str:
    """Return a string, empty where there is none."""
    value = parent.get(key)
    return value if isinstance(value, str) else ""


def words_in(parent: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """Return the strings of a list, in their order."""
    value = parent.get(key)
    return tuple(filter(_is_text, value)) if isinstance(value, list) else ()


def count_in(parent: Mapping[str, Any], key: str) -> int | None:
    """Return a whole number from 0 on."""
    value = parent.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value < 2**63 else None


def positive_in(parent: Mapping[str, Any], key: str) -> int | None:
    """Return a whole number above 0."""
    return count_in(parent, key) or None


def _is_text(value: object) -> bool:
    return isinstance(value, str)
