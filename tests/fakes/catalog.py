"""A catalog that a test writes."""

from __future__ import annotations

from collections.abc import Sequence

from ports.catalog import ModelCatalog
from ports.errors import BackendError
from ports.models import ModelInfo


class FakeCatalog(ModelCatalog):
    """Lists `ids` (or whole `ModelInfo`s); raises `error` while that is set."""

    def __init__(self, *models: str | ModelInfo) -> None:
        self.error: BackendError | None = None
        self.expired = 0
        self.offer(*models)

    def offer(self, *models: str | ModelInfo) -> None:
        self._models = tuple(
            ModelInfo(id=model) if isinstance(model, str) else model for model in models
        )

    async def models(self) -> Sequence[ModelInfo]:
        if self.error is not None:
            raise self.error
        return self._models

    def expire(self) -> None:
        self.expired += 1
