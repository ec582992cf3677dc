"""Members of a request that only an Ollama server acts on, handed through to one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Raw

from adapters.dialects.requests.durations import decode_keep_alive
from ports.chat import NO_EXTENSIONS

KEEP_ALIVE = "ollama.keep_alive"
TRUNCATE = "ollama.truncate"
SHIFT = "ollama.shift"


def decode_extensions(
    *, keep_alive: Any = None, truncate: bool | None = None, shift: bool | None = None
) -> Mapping[str, Raw]:
    """Collect the members that were sent, as JSON; null is as good as absent."""
    if keep_alive is None and truncate is None and shift is None:
        return NO_EXTENSIONS
    members = {KEEP_ALIVE: keep_alive, TRUNCATE: truncate, SHIFT: shift}
    return {
        name: Raw(msgspec.json.encode(value))
        for name, value in members.items()
        if value is not None
    }


def keep_alive_of(extensions: Mapping[str, Raw]) -> float | None:
    """Return how long the model shall stay, as `decode_keep_alive` does."""
    sent = extensions.get(KEEP_ALIVE)
    return None if sent is None else decode_keep_alive(msgspec.json.decode(sent))
