"""What the operator says that models can do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from msgspec.structs import replace

from ports.models import Capability, ModelInfo

CapabilityGlobs = Mapping[str, Sequence[Capability]]


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
