"""Setting up what watches: once in each process that serves."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping

from app.settings.tree import Settings
from app.telemetry import otlp, variables
from app.telemetry.instruments import Instruments


def instruments(settings: Settings, environ: Mapping[str, str] = os.environ) -> Instruments:
    """Set up what the settings, and OpenTelemetry's own variables, ask for.

    Raises `app.telemetry.otlp.CannotExport`.
    """
    if not otlp.wanted(settings.telemetry, environ):
        return Instruments()
    otlp.check(settings.telemetry, environ)
    variables.drop_empty(os.environ)
    try:
        # It costs memory and time that a server without traces should not pay.
        from app.telemetry.tracing import traced  # noqa: PLC0415

        return traced(settings, environ)
    except KeyError as error:
        raise otlp.CannotExport(f"a variable OTEL_…: there is no {error}") from error
    except (ValueError, RuntimeError) as error:
        raise otlp.CannotExport(f"a variable OTEL_…: {error}") from error


def rehearse(settings: Settings) -> None:
    """Set it up once, where workers are to be started: each would fail, and be replaced.

    Raises `app.telemetry.otlp.CannotExport`.
    """
    asyncio.run(_closed(instruments(settings)))


async def _closed(watching: Instruments) -> None:
    await watching.close()
