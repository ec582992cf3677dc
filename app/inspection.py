"""What the commands `models` and `check --online` ask: the backends, without a server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from dishka import make_async_container

from app import providers
from app.settings import Settings
from app.telemetry.instruments import Instruments
from domain.routing import Router
from ports.errors import BackendError


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


async def asked(settings: Settings) -> dict[str, dict[str, str | int]]:
    """Ask each backend for its models: how many there are, or the error."""
    answers: dict[str, dict[str, str | int]] = {}
    async with _router(settings) as router:
        for backend in router.backends:
            try:
                models = await backend.catalog.models()
            except BackendError as error:
                answers[backend.name] = {"models": 0, "error": error.message}
            else:
                answers[backend.name] = {"models": len(models), "error": ""}
    return answers


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
