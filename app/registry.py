"""The one place that knows which backend kinds and dialects there are."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import assert_never

from adapters.backends.offline.build import open_backend as open_offline
from adapters.backends.offline.config import OfflineConfig
from adapters.backends.ollama.build import open_backend as open_ollama
from adapters.backends.ollama.config import OllamaConfig
from adapters.backends.openai_compatible.build import open_backend as open_openai_compatible
from adapters.backends.openai_compatible.config import OpenAICompatibleConfig
from adapters.backends.openrouter.build import open_backend as open_openrouter
from adapters.backends.openrouter.config import OpenRouterConfig
from adapters.dialects.anthropic import errors as anthropic_errors
from adapters.dialects.ollama import errors as ollama_errors
from adapters.dialects.ollama.controllers.account import AccountController
from adapters.dialects.ollama.controllers.blobs import BlobsController
from adapters.dialects.ollama.controllers.chat import ChatController
from adapters.dialects.ollama.controllers.embed import EmbedController
from adapters.dialects.ollama.controllers.generate import GenerateController
from adapters.dialects.ollama.controllers.library import LibraryController
from adapters.dialects.ollama.controllers.models import ModelsController
from adapters.dialects.ollama.controllers.running import RunningController
from adapters.dialects.openai import errors as openai_errors
from adapters.dialects.rendered import Rendered
from app.settings import BackendConfig
from ports.backend import Backend
from ports.clock import Clock
from ports.errors import GatewayError, MethodNotAllowed, RouteNotFound

CONTROLLERS = (
    ModelsController,
    ChatController,
    GenerateController,
    EmbedController,
    LibraryController,
    BlobsController,
    RunningController,
    AccountController,
)
"""The routes of every dialect."""


def open_backend(
    config: BackendConfig, *, clock: Clock, via: str
) -> AbstractAsyncContextManager[Backend]:
    """Build one configured backend; leaving the context closes its connections.

    `via` is the value of the `Via` header by which a request that comes back is known.
    """
    match config:
        case OpenAICompatibleConfig():
            return open_openai_compatible(config, clock=clock, via=via)
        case OpenRouterConfig():
            return open_openrouter(config, clock=clock, via=via)
        case OllamaConfig():
            return open_ollama(config, clock=clock, via=via)
        case OfflineConfig():
            return open_offline(config, clock=clock)
        case _:
            assert_never(config)


def render(path: str, error: GatewayError) -> Rendered:
    """Render an error in the dialect that a path belongs to.

    What no route answers is told in plain text, as recorded for every dialect: Ollama's router
    knows none of them (tests/golden/).
    """
    if isinstance(error, RouteNotFound | MethodNotAllowed):
        return ollama_errors.render(error)
    if path.startswith("/v1/messages"):
        return anthropic_errors.render(error)
    if path.startswith("/v1/"):
        return openai_errors.render(error)
    return ollama_errors.render(error)
