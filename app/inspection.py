"""What the commands `models` and `check --online` ask: the backends, without a server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from dishka import make_async_container

from app import providers
from app.settings import Settings
from app.telemetry.instruments import Instruments
from domain.routing import Router
from ports.backend import Backend
from ports.errors import NO_ROUTE, BackendError


async def listed(settings: Settings) -> tuple[list[dict[str, str]], list[str]]:
    """Return the models that clients would see, and a line for each thing that is wrong."""
    async with _router(settings) as router:
        index = await router.index()
        rows = [
            {"name": target.name, "backend": target.backend.name, "model": target.model.id}
            for target in index.targets
        ]
        problems = [
            f"backend {name}: {error.message}" for name, error in (await router.failures()).items()
        ]
        problems += [
            f"alias {alias.name} leads nowhere: no backend has {alias.target}"
            for alias in index.dangling
        ]
    return rows, problems


async def catalogs_found(settings: Settings) -> dict[str, dict[str, str | int]]:
    """Ask each backend for its models: how many are offered, and the error where it lists none.

    Those of the settings may be offered then. A server that has no list at all is no error there.
    """
    answers: dict[str, dict[str, str | int]] = {}
    async with _router(settings) as router:
        for backend in router.backends:
            try:
                models = await backend.catalog.models()
            except BackendError as error:
                answers[backend.name] = {"models": 0, "error": error.message}
            else:
                answers[backend.name] = {"models": len(models), "error": _unheard(backend)}
    return answers


def _unheard(backend: Backend) -> str:
    error = backend.catalog.known().unheard
    return "" if error is None or error.upstream_code == NO_ROUTE else error.message


@asynccontextmanager
async def _router(settings: Settings) -> AsyncIterator[Router]:
    container = make_async_container(
        providers.AdapterProvider(),
        providers.UseCaseProvider(),
        context={Settings: settings, Instruments: Instruments()},
    )
    try:
        yield await container.get(Router)
    finally:
        await container.close()
