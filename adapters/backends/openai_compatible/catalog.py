"""Which models an OpenAI-compatible server has."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from loguru import logger
from msgspec.structs import replace

from adapters.backends.capabilities import CapabilityGlobs, with_capabilities
from adapters.backends.catalog import Fetch
from adapters.backends.upstream import Upstream
from adapters.dialects.openai.outbound.request import decode_models
from ports.errors import BackendError
from ports.models import Capability, ModelInfo

PATH = "models"

LIST_SECONDS = 10.0
"""How long a model list may take, all in all."""


def fetching(
    upstream: Upstream,
    *,
    static: Sequence[str],
    capabilities: CapabilityGlobs,
    meet: Callable[[Sequence[ModelInfo]], None],
    embedders: str = "",
) -> Fetch:
    """Make the function that asks `GET /models`.

    Its list is followed by what `embedders` lists, the path of a list of its own, and by the
    static ids that both lack. `meet` sees what the server itself said: who owns a model tells
    what kind of server it is.
    """
    embedding = _Embedders(upstream, embedders)

    async def fetch() -> Sequence[ModelInfo]:
        listed = decode_models(await upstream.get(PATH, within=LIST_SECONDS))
        meet(listed)
        further = await embedding.list() if embedders else ()
        models = {model.id: model for model in listed}
        for model in (*further, *map(_unknown, static)):
            models.setdefault(model.id, model)
        return with_capabilities(tuple(models.values()), capabilities)

    return fetch


class _Embedders:
    """The list of models that embed, where it stands apart. Without it the others still count."""

    def __init__(self, upstream: Upstream, path: str) -> None:
        self._upstream = upstream
        self._path = path
        self._known: Sequence[ModelInfo] = ()
        self._failed = False

    async def list(self) -> Sequence[ModelInfo]:
        """Return the list, or the last one that could be read."""
        try:
            body = await self._upstream.get(self._path, within=LIST_SECONDS)
            self._known = [_embedder(model) for model in decode_models(body)]
        except BackendError as error:
            if not self._failed:
                logger.warning("the list of models at {} is missing: {}", self._path, error.message)
            self._failed = True
        else:
            self._failed = False
        return self._known


def _unknown(name: str) -> ModelInfo:
    return ModelInfo(id=name)


def _embedder(model: ModelInfo) -> ModelInfo:
    if model.capabilities is not None:
        return model
    return replace(model, capabilities=frozenset({Capability.EMBEDDING}))
