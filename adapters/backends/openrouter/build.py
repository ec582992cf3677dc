"""From a row of configuration to a running backend."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Final

from adapters.backends.openai_compatible.build import Kind, open_kind
from adapters.backends.openrouter.config import OpenRouterConfig
from adapters.backends.transport import Wrap, unwrapped
from ports.backend import Backend
from ports.clock import Clock

KIND: Final = Kind(
    name="openrouter",
    profile="openrouter",
    embedders="embeddings/models",
    variants=(":nitro", ":floor", ":online"),
)
"""See docs/wire/dialects.md 8; the profile is in `adapters/dialects/openai/outbound/servers.py`."""


def open_backend(
    config: OpenRouterConfig, *, clock: Clock, via: str, wrap: Wrap = unwrapped
) -> AbstractAsyncContextManager[Backend]:
    """Open the connection pool; leaving closes it."""
    return open_kind(config, KIND, clock=clock, via=via, wrap=wrap)
