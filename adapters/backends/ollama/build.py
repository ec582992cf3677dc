"""From a row of configuration to a running backend."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

from adapters.backends.catalog import CachedCatalog
from adapters.backends.connection import open_upstream
from adapters.backends.ollama.backend import OllamaBackend
from adapters.backends.ollama.catalog import OllamaModels
from adapters.backends.ollama.config import OllamaConfig
from adapters.backends.ollama.residence import OllamaResidence
from adapters.backends.raw import UpstreamRaw
from adapters.backends.transport import Wrap, unwrapped
from adapters.dialects.ollama.outbound.errors import decode_error
from ports.backend import Backend
from ports.clock import Clock
from ports.raw import OLLAMA


@asynccontextmanager
async def open_backend(
    config: OllamaConfig, *, clock: Clock, via: str, wrap: Wrap = unwrapped
) -> AsyncIterator[Backend]:
    """Open the connection pool of one server; leaving closes it."""
    async with open_upstream(
        config, via=via, decode_error=decode_error, clock=clock, wrap=wrap
    ) as upstream:
        answering = OllamaBackend(upstream)
        catalog = CachedCatalog(
            OllamaModels(upstream, capabilities=config.capabilities).fetch,
            name=config.name,
            ttl=config.catalog_ttl,
            clock=clock,
            fallback=() if config.any_model else None,
        )
        async with aclosing(catalog):
            yield Backend(
                name=config.name,
                kind="ollama",
                catalog=catalog,
                chat=answering,
                generate=answering,
                embed=answering,
                residence=OllamaResidence(upstream),
                raw=UpstreamRaw(upstream),
                native=frozenset({OLLAMA}),
                renders_prompts=True,
                any_model=config.any_model,
                models=config.models,
            )
