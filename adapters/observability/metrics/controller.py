"""The routes that tell numbers. They need a key where there are keys."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

import msgspec
from dishka import FromDishka
from litestar import Controller, HttpMethod, route
from litestar.types import ASGIApp
from msgspec import Struct

from adapters.dialects.controlling.asking import AnyRequest
from adapters.dialects.controlling.injection import inject
from adapters.dialects.replies.batches import Reply
from adapters.observability.metrics.snapshot import Source, merged
from adapters.observability.metrics.summary import Summary, summarize

_READ = (HttpMethod.GET, HttpMethod.HEAD)
_FRESH = (b"cache-control", b"no-store")
_JSON = ((b"content-type", b"application/json"), _FRESH)
_UNHEALTHY = "unhealthy"


class Teller(Struct, frozen=True, kw_only=True):
    """Where the numbers come from."""

    sources: Callable[[], Iterable[Source]]
    """Every worker. Is called in a thread."""
    condition: Callable[[], str]
    """How well requests can be served: `healthy`, `degraded`, `unhealthy`."""


class MetricsHealth(Struct, frozen=True, kw_only=True):
    """The few numbers that tell how it goes."""

    status: str
    uptime_seconds: float
    requests: int
    active: int
    per_second: float
    error_rate: float
    p95_seconds: float | None


class MetricsController(Controller):
    """Tells them. Putting them together is done beside the event loop."""

    @route(["/metrics", "/v1/metrics/prometheus"], http_method=_READ)
    @inject
    async def prometheus(self, request: AnyRequest, teller: FromDishka[Teller]) -> ASGIApp:
        """Tell them to Prometheus."""
        accept = request.headers.get("accept", "")
        text, media_type = await asyncio.to_thread(_exposed, teller, accept)
        return Reply(text, ((b"content-type", media_type.encode()), _FRESH))

    @route("/v1/metrics", http_method=_READ)
    @inject
    async def summary(self, teller: FromDishka[Teller]) -> ASGIApp:
        """Tell them to everybody else."""
        summary = await asyncio.to_thread(_summarized, teller)
        return Reply(msgspec.json.encode(summary), _JSON)

    @route("/v1/metrics/health", http_method=_READ)
    @inject
    async def health(self, teller: FromDishka[Teller]) -> ASGIApp:
        """Tell the few that matter; 503 if no backend can be used."""
        status = teller.condition()
        told = _health(status, await asyncio.to_thread(_summarized, teller))
        return Reply(msgspec.json.encode(told), _JSON, 503 if status == _UNHEALTHY else 200)


def _exposed(teller: Teller, accept: str) -> tuple[bytes, str]:
    # It brings a library that a server nobody scrapes does not need.
    from adapters.observability.metrics.exposition import expose  # noqa: PLC0415

    return expose(merged(teller.sources()), accept)


def _summarized(teller: Teller) -> Summary:
    return summarize(merged(teller.sources()))


def _health(status: str, summary: Summary) -> MetricsHealth:
    requests = summary.requests
    return MetricsHealth(
        status=status,
        uptime_seconds=summary.uptime_seconds,
        requests=requests.total,
        active=requests.active,
        per_second=requests.per_second,
        error_rate=requests.error_rate,
        p95_seconds=requests.duration_seconds.p95,
    )
