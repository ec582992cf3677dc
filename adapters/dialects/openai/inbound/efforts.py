"""How hard to think: `reasoning_effort` and `reasoning.effort` (docs/wire/dialects.md 1.8)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from msgspec.json import Encoder

from ports.chat import Effort
from ports.errors import InvalidRequest

_EFFORTS: Mapping[str, bool | Effort] = MappingProxyType(
    {
        "none": False,
        "minimal": "minimal",
        "low": "low",
        "medium": "medium",
        "high": "high",
        "xhigh": "xhigh",
        "ultra": "max",
        "max": "max",
    }
)
"""What clients say. The outbound codec moves to the nearest effort that its server knows."""

_QUOTE = Encoder().encode


def decode_effort(effort: str) -> bool | Effort:
    """Turn an effort into the neutral choice; `none` is not to think at all.

    Raises `InvalidRequest` with Ollama's text.
    """
    if effort not in _EFFORTS:
        raise InvalidRequest(
            f"invalid reasoning value: {_QUOTE(effort).decode()} (must be "
            '"minimal", "low", "medium", "high", "xhigh", "ultra", "max", or "none")'
        )
    return _EFFORTS[effort]
