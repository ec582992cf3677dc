"""From a row of configuration to a running backend."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager

import httpx

from adapters.backends.catalog import CachedCatalog
from adapters.backends.openai_compatible.backend import OpenAICompatibleChat
from adapters.backends.openai_compatible.catalog import fetching, with_capabilities
from adapters.backends.openai_compatible.config import OpenAICompatibleConfig
from adapters.backends.transport import (
    IDLE_SECONDS,
    PLAIN_IDLE_SECONDS,
    AiohttpTransport,
    environment_proxy,
)
from adapters.backends.upstream import Upstream
from adapters.dialects.openai.errors import decode_error
from ports.backend import Backend
from ports.clock import Clock
from ports.models import ModelInfo


@asynccontextmanager
async def open_backend(
    config: OpenAICompatibleConfig, *, clock: Clock, via: str
) -> AsyncIterator[Backend]:
    """Open the connection pool of one upstream; leaving closes it."""
    async with AiohttpTransport(
        max_connections=config.pool.max,
        max_idle=config.pool.keepalive,
        verify=config.tls_verify,
        proxy=config.proxy.reveal() or environment_proxy(httpx.URL(config.base_url)),
        idle_seconds=IDLE_SECONDS if config.base_url.startswith("https:") else PLAIN_IDLE_SECONDS,
    ) as transport:
        upstream = Upstream(
            transport,
            base_url=config.base_url,
            headers=_headers(config, via),
            timeouts=config.timeout,
            decode_error=decode_error,
            secrets=_secrets(config),
        )
        chat = OpenAICompatibleChat(upstream, profile=config.profile, base_url=config.base_url)
        static = with_capabilities(
            [ModelInfo(id=name) for name in config.static_models], config.capabilities
        )
        catalog = CachedCatalog(
            fetching(
                upstream,
                static=config.static_models,
                capabilities=config.capabilities,
                meet=chat.meet,
            ),
            name=config.name,
            ttl=config.catalog_ttl,
            clock=clock,
            fallback=static if static or config.any_model else None,
        )
        async with aclosing(catalog):
            yield Backend(
                name=config.name,
                kind="openai-compatible",
                catalog=catalog,
                chat=chat,
                any_model=config.any_model,
                models=config.models,
            )


def _secrets(config: OpenAICompatibleConfig) -> Iterator[str]:
    for header in config.headers.values():
        yield header.reveal()
    yield config.api_key.reveal()
    if password := httpx.URL(config.proxy.reveal()).password:
        yield password


def _headers(config: OpenAICompatibleConfig, via: str) -> dict[str, str]:
    headers = {"user-agent": "llamaport", "accept-encoding": "identity", "via": via}
    if config.api_key:
        headers["authorization"] = f"Bearer {config.api_key.reveal()}"
    # The operator's own headers win, whatever their spelling.
    return headers | {name.lower(): value.reveal() for name, value in config.headers.items()}
