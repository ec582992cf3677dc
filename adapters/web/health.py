"""The routes that tell how this process is. They need no key, and tell strangers one word only."""

from __future__ import annotations

import msgspec
from dishka import FromDishka
from litestar import Controller, HttpMethod, route
from litestar.types import ASGIApp
from msgspec import UNSET, Struct, UnsetType

from adapters.dialects.controlling.asking import AnyRequest
from adapters.dialects.controlling.injection import inject
from adapters.dialects.replies.batches import Reply
from adapters.web.pulse import Pulse
from domain.health import BackendHealth, Condition, Health, Report, State
from ports.caller import STRANGER

_READ = (HttpMethod.GET, HttpMethod.HEAD)
_HEADERS = ((b"content-type", b"application/json"), (b"cache-control", b"no-store"))


class ProgramVersion(Struct, frozen=True):
    """The version of this program itself, not of the Ollama that it stands in for."""

    number: str


class WireError(Struct, frozen=True, kw_only=True):
    """An error of a backend."""

    code: str
    age_seconds: float


class WireBackend(Struct, frozen=True, kw_only=True):
    """One backend, as this process knows it."""

    name: str
    kind: str
    state: State
    last_error: WireError | UnsetType = UNSET
    list_error: str | UnsetType = UNSET


class WireHealth(Struct, frozen=True, kw_only=True):
    """All of it. Strangers get `status` alone."""

    status: Condition
    version: str | UnsetType = UNSET
    uptime_seconds: float | UnsetType = UNSET
    models: int | UnsetType = UNSET
    requests: int | UnsetType = UNSET
    errors: int | UnsetType = UNSET
    backends: tuple[WireBackend, ...] | UnsetType = UNSET


class HealthController(Controller):
    """Tells it from what is known: nothing is asked of a backend but its list of models."""

    @route("/health", http_method=_READ)
    @inject
    async def health(
        self,
        request: AnyRequest,
        health: FromDishka[Health],
        pulse: FromDishka[Pulse],
        version: FromDishka[ProgramVersion],
    ) -> ASGIApp:
        """Tell how well requests can be served; 503 if not at all."""
        report = health.report()
        known = request.scope["state"]["caller"] is not STRANGER
        told = _wire(report, pulse, version) if known else WireHealth(status=report.condition)
        return _reply(told, ok=report.condition is not Condition.UNHEALTHY)

    @route("/health/live", http_method=_READ)
    async def live(self) -> ASGIApp:
        """Tell that the process answers."""
        return _reply({"status": "live"}, ok=True)

    @route("/health/ready", http_method=_READ)
    @inject
    async def ready(self, pulse: FromDishka[Pulse]) -> ASGIApp:
        """Tell whether it is to be given requests; 503 if not."""
        if pulse.draining:
            return _reply({"status": "draining"}, ok=False)
        return _reply({"status": "ready" if pulse.started else "starting"}, ok=pulse.started)


def _wire(report: Report, pulse: Pulse, version: ProgramVersion) -> WireHealth:
    return WireHealth(
        status=report.condition,
        version=version.number,
        uptime_seconds=round(pulse.uptime, 3),
        models=report.models,
        requests=pulse.requests,
        errors=pulse.errors,
        backends=tuple(map(_backend, report.backends)),
    )


def _backend(one: BackendHealth) -> WireBackend:
    error = WireError(code=one.error, age_seconds=round(one.error_age, 3))
    return WireBackend(
        name=one.name,
        kind=one.kind,
        state=one.state,
        last_error=error if one.error else UNSET,
        list_error=one.list_error or UNSET,
    )


def _reply(told: object, *, ok: bool) -> Reply:
    return Reply(msgspec.json.encode(told), _HEADERS, 200 if ok else 503)
