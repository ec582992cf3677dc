"""The settings of llamaport: read once, then a value.

`load` reads them from the file, `.env`, the environment and the flags, `describe` lists them
with their sources. `docs/configuration.md` tells what each key means.
"""

from __future__ import annotations

from app.settings.describing import Described, describe
from app.settings.loading import Loaded, load
from app.settings.problems import Problem, SettingsError
from app.settings.tree import (
    Agents,
    BackendConfig,
    Breaker,
    KeyConfig,
    Limits,
    Logging,
    Models,
    Retry,
    Routing,
    Server,
    Settings,
    Telemetry,
)

__all__ = [
    "Agents",
    "BackendConfig",
    "Breaker",
    "Described",
    "KeyConfig",
    "Limits",
    "Loaded",
    "Logging",
    "Models",
    "Problem",
    "Retry",
    "Routing",
    "Server",
    "Settings",
    "SettingsError",
    "Telemetry",
    "describe",
    "load",
]
