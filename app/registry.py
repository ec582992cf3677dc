"""The one place that knows which backend kinds and dialects there are."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from functools import cache
from typing import assert_never

from adapters.backends.offline.config import OfflineConfig
from adapters.backends.ollama.config import OllamaConfig
from adapters.backends.openai_compatible.config import OpenAICompatibleConfig
from adapters.backends.openrouter.config import OpenRouterConfig
from adapters.backends.transport import Wrap
from adapters.dialects.anthropic import errors as anthropic_errors
from adapters.dialects.anthropic.controllers import models as anthropic_models
from adapters.dialects.anthropic.controllers.counting import CountingController
from adapters.dialects.anthropic.controllers.messages import MessagesController
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
from adapters.dialects.openai.controllers import passing
from adapters.dialects.openai.controllers.chat import ChatCompletionsController
from adapters.dialects.openai.controllers.completions import CompletionsController
from adapters.dialects.openai.controllers.embeddings import EmbeddingsController
from adapters.dialects.openai.controllers.models import ModelListController, OtherModels
from adapters.dialects.openai.controllers.responses import ResponsesController
from adapters.dialects.replies.rendered import Rendered
from adapters.observability.metrics.controller import MetricsController
from adapters.web.admission import Scope
from adapters.web.health import HealthController
from adapters.web.reference.controller import ReferenceController
from app.settings import BackendConfig
from ports.backend import Backend
from ports.clock import Clock
from ports.errors import GatewayError, RouteNotFound

CONTROLLERS = (
    ModelsController,
    ChatController,
    GenerateController,
    EmbedController,
    LibraryController,
    BlobsController,
    RunningController,
    AccountController,
    ChatCompletionsController,
    CompletionsController,
    EmbeddingsController,
    ModelListController,
    MessagesController,
    CountingController,
    ResponsesController,
    ReferenceController,
    HealthController,
    MetricsController,
)
"""The routes of every dialect, and those that tell of them."""

further_routes = passing.routes
"""Makes the routes of what is passed on unread, besides which the configuration may name more."""

OTHER_MODELS = OtherModels({anthropic_models.HEADER: anthropic_models})
"""Who lists models at OpenAI's paths in another dialect."""


def open_backend(
    config: BackendConfig, *, clock: Clock, via: str, wrap: Wrap
) -> AbstractAsyncContextManager[Backend]:
    """Build one configured backend; leaving the context closes its connections.

    `via` is the value of the `Via` header by which a request that comes back is known;
    `wrap` is put around the transport of whatever is reached over HTTP.
    """
    # Kinds that are not configured are not loaded: that would be time and memory of every start.
    match config:
        case OpenAICompatibleConfig():
            from adapters.backends.openai_compatible import build as compatible  # noqa: PLC0415

            return compatible.open_backend(config, clock=clock, via=via, wrap=wrap)
        case OpenRouterConfig():
            from adapters.backends.openrouter import build as openrouter  # noqa: PLC0415

            return openrouter.open_backend(config, clock=clock, via=via, wrap=wrap)
        case OllamaConfig():
            from adapters.backends.ollama import build as ollama  # noqa: PLC0415

            return ollama.open_backend(config, clock=clock, via=via, wrap=wrap)
        case OfflineConfig():
            from adapters.backends.offline import build as offline  # noqa: PLC0415

            return offline.open_backend(config, clock=clock)
        case _:
            assert_never(config)


def render(scope: Scope, error: GatewayError) -> Rendered:
    """Render an error in the dialect that the path of a request belongs to."""
    if not _is_below(scope["path"], "/v1"):
        return ollama_errors.render(error)
    if _is_from_anthropic_client(scope, error):
        return anthropic_errors.render(error, request_id=scope["state"]["request_id"])
    return openai_errors.render(error)


@cache
def dialect_of(route: str) -> str:
    """Name the dialect of a route, given by its template: a path would be kept for ever.

    What is no route is `other`.
    """
    return dialect_of_path(route)


def dialect_of_path(path: str) -> str:
    """Name the dialect that a path belongs to, as logs and metrics call it.

    `/v1/models`, which Anthropic's clients ask as well, counts as OpenAI's; what belongs to no
    dialect is `other`.
    """
    if path == "/" or _is_below(path, "/api"):
        return "ollama"
    if _is_below(path, "/v1/messages"):
        return "anthropic"
    if _is_below(path, "/v1/responses"):
        return "responses"
    return "openai" if _is_below(path, "/v1") else "other"


def _is_from_anthropic_client(scope: Scope, error: GatewayError) -> bool:
    """Tell by the path, or by the header that only they send where the path tells nothing."""
    path = scope["path"]
    if _is_below(path, "/v1/messages"):
        return True
    if not (_is_below(path, "/v1/models") or isinstance(error, RouteNotFound)):
        return False
    return any(name == b"anthropic-version" for name, _ in scope["headers"])


def _is_below(path: str, prefix: str) -> bool:
    return path == prefix or path.startswith(f"{prefix}/")
