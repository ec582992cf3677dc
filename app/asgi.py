"""The application: the front door around Litestar around the controllers."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, NoReturn, cast

from dishka import AsyncContainer, Provider, make_async_container
from litestar import Litestar, Request
from litestar.events import BaseEventEmitterBackend
from litestar.exceptions import ImproperlyConfiguredException
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp

from adapters.backends.config import HttpBackendConfig
from adapters.memory.clock import SystemClock
from adapters.web.admission import HouseRules
from adapters.web.cors import Cors
from adapters.web.door import App, FrontDoor
from adapters.web.hosts import HostGuard
from adapters.web.keys import ClientKeys, KeyEntry, digest_of
from adapters.web.peer import TrustedProxies
from adapters.web.pulse import Pulse
from adapters.web.routes import RouteTable
from app import providers
from app.access_log import reports
from app.announcement import announcing
from app.draining import beating
from app.registry import CONTROLLERS, further_routes, render
from app.settings import KeyConfig, Settings
from app.telemetry.instruments import Instruments
from app.telemetry.listening import counted, listened
from app.telemetry.metering import Meter, meter, sampling
from app.telemetry.watching import instruments


def create_app(
    settings: Settings,
    *override_providers: Provider,
    url: str = "",
    metrics: str = "",
    begun: float | None = None,
) -> Litestar:
    """Build the application for `settings`; later providers replace parts of it.

    With a `url` the start line is written once the application runs. `metrics` is the folder in
    which the workers of one server count together, `begun` when that server was started, in Unix
    time; by default now. Raises `CannotExport`.
    """
    clock = SystemClock()
    pulse = Pulse(clock)
    watching = instruments(settings)
    counting = meter(clock.time_ns() / 1e9 if begun is None else begun, metrics)
    container = make_async_container(
        providers.AdapterProvider(),
        providers.UseCaseProvider(),
        *override_providers,
        context={Settings: settings, Pulse: pulse, Instruments: watching, Meter: counting},
    )
    app = Litestar(
        route_handlers=[*CONTROLLERS, *further_routes(settings.routing.relay_paths)],
        exception_handlers={Exception: _leave_it_to_the_door},
        lifespan=[
            _closing(container, watching),
            beating(pulse),
            sampling(counting, watching, clock),
            *([announcing(settings, url)] if url else []),
        ],
        event_emitter_backend=_NoEvents,
        logging_config=None,
        openapi_config=None,
        request_max_body_size=None,
    )
    app.state.dishka_container = container
    # Both sides are ASGI; Litestar's types for it are closed unions that nobody else has.
    inner = cast("App", app.asgi_handler)
    rules = _house_rules(settings, RouteTable(_routes_of(app)))
    log = reports(settings.logging.level, content=settings.telemetry.capture_content)
    told = listened(counted(log, pulse, counting.requests), watching.reports)
    door = FrontDoor(inner, rules, render, told, clock)
    app.asgi_handler = cast("ASGIApp", door)
    return app


class _NoEvents(BaseEventEmitterBackend):
    """Nobody emits any. Litestar's own keeps a task for them, for which anyio loads 1 MB."""

    def emit(self, event_id: str, *_args: Any, **_more: Any) -> NoReturn:
        raise ImproperlyConfiguredException(f"nobody listens for {event_id}")

    async def __aexit__(self, *_exception: object) -> None:
        """End nothing."""


def _house_rules(settings: Settings, routes: RouteTable) -> HouseRules:
    server = settings.server
    return HouseRules(
        hosts=HostGuard(
            server.host, socket.gethostname(), server.allowed_hosts, has_keys=bool(settings.keys)
        ),
        cors=Cors(server.cors_origins),
        keys=ClientKeys.from_configured(_key_entry(key) for key in settings.keys),
        routes=routes,
        proxies=TrustedProxies(server.trusted_proxies),
        max_body=server.max_body,
        instance_id=providers.instance(settings),
        forwards_keys=any(
            isinstance(backend, HttpBackendConfig) and backend.forward_client_key
            for backend in settings.backends
        ),
    )


def _key_entry(key: KeyConfig) -> KeyEntry:
    digest = bytes.fromhex(key.key_sha256.reveal()) or digest_of(key.key.reveal())
    return KeyEntry(name=key.name, digest=digest, models=key.models, admin=key.admin)


def _routes_of(app: Litestar) -> Iterator[tuple[str, Iterable[str]]]:
    """List every path with its methods. OPTIONS, which Litestar adds, is the door's business."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            yield route.path.replace(":str}", "}"), set(route.methods) - {"OPTIONS"}


def _leave_it_to_the_door(_request: Request[Any, Any, Any], error: Exception) -> NoReturn:
    raise error


def _closing(
    container: AsyncContainer, watching: Instruments
) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await container.close()
            await watching.close()

    return lifespan
