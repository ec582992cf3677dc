"""`think`: off, on, or how hard (docs/wire/ollama-api.md 2.4)."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from ports.chat import Effort
from ports.errors import InvalidRequest

_LEVELS: dict[str, Effort] = {"low": "low", "medium": "medium", "high": "high", "max": "max"}


def decode_think(value: Any) -> bool | Effort | UnsetType:
    """Turn a decoded JSON value into the neutral choice; null leaves it to the model.

    Raises `InvalidRequest` with Ollama's text.
    """
    match value:
        case None:
            return UNSET
        case bool():
            return value
        case str() if value in _LEVELS:
            return _LEVELS[value]
        case str():
            quoted = msgspec.json.encode(value).decode()
            raise InvalidRequest(
                f'invalid think value: {quoted} (must be "high", "medium", "low", "max", true,'
                " or false)"
            )
        case _:
            raise InvalidRequest(
                'think must be a boolean or string ("high", "medium", "low", "max", true, or false)'
            )
