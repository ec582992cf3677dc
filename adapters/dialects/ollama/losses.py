"""What a backend loses of a request, by the names of Ollama's clients (docs/translation.md)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from adapters.dialects.requests.extensions import KEEP_ALIVE, SHIFT, TRUNCATE
from adapters.dialects.requests.options import NAMES as OPTIONS

NAMES: Mapping[str, str] = MappingProxyType(
    {
        **{f"options.{neutral}": f"options.{own}" for neutral, own in OPTIONS.items()},
        KEEP_ALIVE: "keep_alive",
        TRUNCATE: "truncate",
        SHIFT: "shift",
    }
)
"""All others go by the same name on both sides."""
