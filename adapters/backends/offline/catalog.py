"""The two models of the offline backend, described as what they are."""

from __future__ import annotations

from collections.abc import Sequence

from ports.catalog import Known, ModelCatalog
from ports.models import Capability, ModelInfo

CHAT_MODEL = "offline"
EMBED_MODEL = "offline-embed"
_CREATED = 1_767_225_600  # 2026-01-01: nothing was trained, but clients sort by it


class OfflineCatalog(ModelCatalog):
    """A list that never changes. No sizes and no context lengths: there is no model behind it."""

    def __init__(self, dimensions: int) -> None:
        models = (
            ModelInfo(
                id=CHAT_MODEL,
                created=_CREATED,
                owned_by="llamaport",
                family="offline",
                capabilities=frozenset(
                    {Capability.COMPLETION, Capability.TOOLS, Capability.THINKING}
                ),
            ),
            ModelInfo(
                id=EMBED_MODEL,
                created=_CREATED,
                owned_by="llamaport",
                family="offline",
                embedding_length=dimensions,
                capabilities=frozenset({Capability.EMBEDDING}),
            ),
        )
        self._models = models
        self._known = Known(models=models, settled=True)

    def known(self) -> Known:
        """List both models."""
        return self._known

    async def models(self) -> Sequence[ModelInfo]:
        """List both models."""
        return self._models

    def expire(self) -> None:
        """Nothing here ever changes."""
