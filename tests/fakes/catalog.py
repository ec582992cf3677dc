"""A catalog that a test writes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from ports.catalog import Known, ModelCatalog
from ports.errors import BackendError
from ports.models import ModelInfo


class FakeCatalog(ModelCatalog):
    """Lists `ids` (or whole `ModelInfo`s); has no list while `error` is set.

    While it is silent it says nothing new: what it listed before, or nothing, is not settled.
    """

    def __init__(self, *models: str | ModelInfo) -> None:
        self.error: BackendError | None = None
        self.expired = 0
        self.asked = 0
        """Calls of `models` so far."""
        self.waits = 0
        """Callers of `models` who are waiting."""
        self._speaks = asyncio.Event()
        self._speaks.set()
        self._said: Known | None = None
        self._stale = False
        self.offer(*models)

    def offer(self, *models: str | ModelInfo) -> None:
        self._models = tuple(
            ModelInfo(id=model) if isinstance(model, str) else model for model in models
        )

    def fall_silent(self) -> None:
        self._speaks.clear()

    def speak(self) -> None:
        self._speaks.set()

    def known(self) -> Known:
        known = self._now()
        if self._said is None or known != self._said:
            self._said = known
        return self._said

    def _now(self) -> Known:
        if not self._speaks.is_set():
            said = Known() if self._said is None else self._said
            return Known(models=said.models, error=said.error, settled=said.error is not None)
        if self.error is not None:
            return Known(error=self.error, settled=True)
        return Known(models=self._models, settled=not self._stale)

    async def models(self) -> Sequence[ModelInfo]:
        self.asked += 1
        self.waits += 1
        try:
            await self._speaks.wait()
        finally:
            self.waits -= 1
        self._stale = False
        if self.error is not None:
            raise self.error
        return self._models

    def expire(self) -> None:
        self.expired += 1
        self._stale = True
