"""The start line: what is served where, by whom, and who may come in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from dishka import AsyncContainer
from litestar import Litestar
from loguru import logger

from app import __version__
from app.settings import Settings
from domain.routing import Router

PATIENCE_SECONDS = 3.0
"""How long the start line waits for the backends' model lists."""


def announcing(
    settings: Settings, url: str
) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    """Make the lifespan hook that writes the line, without holding up the start."""

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        container: AsyncContainer = app.state.dishka_container
        router = await container.get(Router)
        line = asyncio.create_task(_announce(router, settings, url))
        try:
            yield
        finally:
            line.cancel()
            await asyncio.gather(line, return_exceptions=True)

    return lifespan


async def _announce(router: Router, settings: Settings, url: str) -> None:
    backends = ", ".join(f"{backend.name} ({backend.kind})" for backend in router.backends)
    logger.bind(url=url).info(
        "llamaport {} serves {} · backends: {} · models: {} · {}",
        __version__,
        url,
        backends,
        await _models(router),
        "a client key is required" if settings.keys else "no client key is required",
    )


async def _models(router: Router) -> str:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            index = await router.index()
            count = len(index.targets)
            silent = sorted(await router.failures())
    except TimeoutError:
        return "not known yet"
    for alias in index.dangling:
        logger.warning("alias {} leads nowhere: no backend has {}", alias.name, alias.target)
    return f"{count} (none from {', '.join(silent)})" if silent else str(count)
