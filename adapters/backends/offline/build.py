"""From a row of configuration to a running backend."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from msgspec.structs import replace

from adapters.backends.offline.backend import build
from adapters.backends.offline.config import OfflineConfig
from ports.backend import Backend
from ports.clock import Clock


@asynccontextmanager
async def open_backend(config: OfflineConfig, *, clock: Clock) -> AsyncIterator[Backend]:
    """Make the backend; there is nothing to open or to close."""
    backend = build(config.name, pace=config.pace, dimensions=config.dimensions, clock=clock)
    yield replace(backend, models=config.models, any_model=config.any_model)
