"""Metrics of one process, or of one worker among several."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from mmap import mmap
from pathlib import Path

from dishka import AsyncContainer
from litestar import Litestar
from loguru import logger
from msgspec import Struct

from adapters.observability.metrics import families, system
from adapters.observability.metrics.exchanges import ExchangeMetrics
from adapters.observability.metrics.requests import RequestMetrics
from adapters.observability.metrics.sampling import Sampler, Sources
from adapters.observability.metrics.sharing import Workers
from adapters.observability.metrics.snapshot import Source
from adapters.observability.metrics.store import SIZE, Store
from app.registry import dialect_of_path
from app.telemetry.instruments import Instruments
from domain.health import Health, State
from ports.clock import Clock


class Meter(Struct, frozen=True, kw_only=True):
    """Where it is counted, and where all of it can be read."""

    store: Store
    sources: Callable[[], Iterable[Source]]
    begun: float
    requests: RequestMetrics


def meter(begun: float, folder: str = "") -> Meter:
    """Set up counting: in the folder that the workers of this server share, or alone.

    `begun` is when the server was started, in Unix time.
    """
    workers = _join(folder) if folder else None
    store = Store(mmap(-1, SIZE)) if workers is None else workers.store
    return Meter(
        store=store,
        sources=(lambda: [Source(series=store.series())]) if workers is None else workers.sources,
        begun=begun,
        requests=RequestMetrics(store, dialect_of_path),
    )


def sampling(
    meter: Meter, instruments: Instruments, clock: Clock
) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    """Make the lifespan hook that reads what nobody tells, while the application runs."""

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        container: AsyncContainer = app.state.dishka_container
        health = await container.get(Health)
        exchanges = await container.get(ExchangeMetrics)
        requests = meter.requests
        sources = Sources(
            system=system.read,
            begun=meter.begun,
            lost_spans=instruments.lost_spans,
            backends=lambda: _up(health),
            running={
                families.LATE_REQUESTS: lambda: requests.requests,
                families.LATE_ERRORS: lambda: requests.failures,
                families.LATE_STREAMED: lambda: requests.streamed_bytes,
                families.LATE_TOKENS: lambda: exchanges.output_tokens,
            },
        )
        sampler = Sampler(meter.store, clock, sources)
        running = asyncio.create_task(sampler.run())
        try:
            yield
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    return lifespan


def _up(health: Health) -> dict[str, bool]:
    states = health.states()
    return {name: it is State.UP for name, it in states.items() if it is not State.UNKNOWN}


def _join(folder: str) -> Workers | None:
    try:
        return Workers(Path(folder))
    except OSError as error:
        logger.error(
            "this worker's metrics cannot be shared, and will be missing where others are asked: "
            "{}",
            error.strerror or error,
        )
        return None
