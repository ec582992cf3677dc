"""From the settings of a backend that is reached over HTTP to an open upstream."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import httpx

from adapters.backends.config import HttpBackendConfig
from adapters.backends.transport import (
    IDLE_SECONDS,
    PLAIN_IDLE_SECONDS,
    AiohttpTransport,
    Wrap,
    environment_proxy,
)
from adapters.backends.upstream import CLIENT_KEYS, ErrorDecoder, Upstream
from ports.clock import Clock


@asynccontextmanager
async def open_upstream(
    config: HttpBackendConfig, *, via: str, decode_error: ErrorDecoder, clock: Clock, wrap: Wrap
) -> AsyncIterator[Upstream]:
    """Open the connection pool of one upstream; leaving closes it.

    `wrap` is put around its transport.
    """
    encrypted = config.base_url.startswith("https:")
    async with AiohttpTransport(
        max_connections=config.pool.max,
        max_idle=config.pool.keepalive,
        verify=config.tls_verify,
        proxy=config.proxy.reveal() or environment_proxy(httpx.URL(config.base_url)),
        encrypted=encrypted,
        idle_seconds=IDLE_SECONDS if encrypted else PLAIN_IDLE_SECONDS,
    ) as transport:
        yield Upstream(
            wrap(transport),
            base_url=config.base_url,
            headers=_headers(config, via),
            timeouts=config.timeout,
            decode_error=decode_error,
            clock=clock,
            secrets=_secrets(config),
            client_key_in=_client_key_in(config),
        )


def _secrets(config: HttpBackendConfig) -> Iterator[str]:
    for header in config.headers.values():
        yield header.reveal()
    yield config.api_key.reveal()
    if password := httpx.URL(config.proxy.reveal()).password:
        yield password


def _client_key_in(config: HttpBackendConfig) -> tuple[str, ...]:
    if not config.forward_client_key:
        return ()
    own = {name.lower() for name in config.headers}
    return tuple(name for name in CLIENT_KEYS if name not in own)


def _headers(config: HttpBackendConfig, via: str) -> dict[str, str]:
    headers = {"user-agent": "llamaport", "accept-encoding": "identity", "via": via}
    if config.api_key:
        headers["authorization"] = f"Bearer {config.api_key.reveal()}"
    # The operator's own headers win, whatever their spelling.
    return headers | {name.lower(): value.reveal() for name, value in config.headers.items()}
