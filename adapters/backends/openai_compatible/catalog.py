"""Which models an OpenAI-compatible server has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase

from msgspec.structs import replace

from adapters.backends.catalog import Fetch
from adapters.backends.upstream import Upstream
from adapters.dialects.openai.outbound import decode_models
from ports.models import Capability, ModelInfo

PATH = "models"

LIST_SECONDS = 10.0
"""How long a model list may take, all in all."""

CapabilityGlobs = Mapping[str, Sequence[Capability]]


def fetching(
    upstream: Upstream,
    *,
    static: Sequence[str],
    capabilities: CapabilityGlobs,
    meet: Callable[[Sequence[ModelInfo]], None],
) -> Fetch:
    """Make the function that asks `GET /models`.

    Its list is followed by the static ids that it lacks. `meet` sees what the server itself
    said: who owns a model tells what kind of server it is.
    """

    async def fetch() -> Sequence[ModelInfo]:
        listed = decode_models(await upstream.get(PATH, within=LIST_SECONDS))
        meet(listed)
        known = {model.id for model in listed}
        return with_capabilities(
            [*listed, *(ModelInfo(id=name) for name in static if name not in known)], capabilities
        )

    return fetch


def with_capabilities(
    models: Sequence[ModelInfo], configured: CapabilityGlobs
) -> tuple[ModelInfo, ...]:
    """Fill in configured capabilities where the catalog is silent; the first glob wins."""
    return tuple(
        replace(model, capabilities=_configured(model.id, configured))
        if model.capabilities is None
        else model
        for model in models
    )


def _configured(model: str, configured: CapabilityGlobs) -> frozenset[Capability] | None:
    for glob, capabilities in configured.items():
        if fnmatchcase(model, glob):
            # Whoever names what a model can do beside chatting need not name chatting.
            embeds = Capability.EMBEDDING in capabilities
            return frozenset(capabilities) | (set() if embeds else {Capability.COMPLETION})
    return None
