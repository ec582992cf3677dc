"""What an error inside an answer means (docs/wire/dialects.md 7.8 and 9.1)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from adapters.dialects.upstreams.scrub import scrub
from adapters.dialects.upstreams.statuses import FALLBACK, error_of
from ports.errors import CONTEXT_LENGTH_EXCEEDED, BackendError, BackendRejected

_STATUSES: Mapping[str, int] = MappingProxyType(
    {
        "invalid_request_error": 400,
        "authentication_error": 401,
        "billing_error": 402,
        "permission_error": 403,
        "not_found_error": 400,
        "request_too_large": 413,
        "rate_limit_error": 429,
        "timeout_error": 504,
        "overloaded_error": 529,
    }
)
_TOO_LONG = "prompt is too long"


def decode_inband(said: bytes) -> BackendError:
    """Return what an `error` event or member means, whatever wraps it. Its text is cleaned."""
    try:
        told = _unwrapped(json.loads(said))
    except (ValueError, RecursionError):
        told = {}
    message = told.get("message")
    words = (scrub(message) if isinstance(message, str) else "") or FALLBACK
    if words.startswith(_TOO_LONG):
        return BackendRejected(words, upstream_code=CONTEXT_LENGTH_EXCEEDED)
    return error_of(_STATUSES.get(str(told.get("type")), 500), words)


def _unwrapped(told: Any) -> dict[str, Any]:
    # An event named `error` comes in a list (`EventReader`).
    if isinstance(told, list) and told:
        told = told[0]
    if isinstance(told, dict) and told.get("error"):
        return _unwrapped(told["error"])
    return told if isinstance(told, dict) else {"message": told}
