"""What stands beside an error: OpenRouter's `metadata`, `availability` (dialects.md 8.7)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def error_type(said: Mapping[str, Any]) -> str:
    """Return the name that OpenRouter gives every kind of error; may be empty."""
    name = _object(said.get("metadata")).get("error_type")
    return name if isinstance(name, str) else ""


def details(said: Mapping[str, Any]) -> str:
    """Return what belongs behind the message: why it was moderated, what the provider said."""
    metadata = _object(said.get("metadata"))
    reasons = metadata.get("reasons")
    moderated = (
        ", ".join(reason for reason in reasons if isinstance(reason, str))
        if isinstance(reasons, list)
        else ""
    )
    return "; ".join(filter(None, (moderated, _words(metadata.get("raw")))))


def wait(said: Mapping[str, Any]) -> float | None:
    """Return after how many seconds it may be tried again, if that is said."""
    seconds = _object(said.get("availability")).get("retry_after")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    return float(seconds) if 0 <= seconds <= _LONGEST else None


_LONGEST = 7 * 24 * 3600


def _words(raw: object) -> str:
    """Find the message in a provider's own error body, or return that as it is."""
    said = raw
    if isinstance(raw, str):
        try:
            said = json.loads(raw)
        except (ValueError, RecursionError):
            return raw
    if isinstance(said, list) and said:
        said = said[0]
    inner = _object(said).get("error", said)
    message = _object(inner).get("message", inner)
    if isinstance(message, str):
        return message
    if isinstance(raw, str):
        return raw
    return in_json(raw) if raw else ""


def in_json(value: object) -> str:
    """Show what is no text; nothing of what is nested too deeply to be printed."""
    try:
        return json.dumps(value)
    except RecursionError:
        return ""


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
