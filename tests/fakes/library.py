"""A store of made models in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ports.errors import NotSupported
from ports.library import MadeModel, ModelStore


class FakeStore(ModelStore):
    """Keeps `models`; refuses changes while `locked` is set."""

    def __init__(self, *models: MadeModel) -> None:
        self._models = models
        self._changes: Mapping[str, int] = {}
        self.locked = False

    def models(self) -> Sequence[MadeModel]:
        return self._models

    async def put(self, model: MadeModel, /) -> None:
        self._require_unlocked()
        self._models = (model, *self._without(model.name))

    async def remove(self, name: str, /) -> bool:
        self._require_unlocked()
        before = self._models
        kept = self._without(name)
        if len(kept) < len(before):
            self._models = kept
        return self._models is not before

    def changes(self) -> Mapping[str, int]:
        return self._changes

    async def touch(self, backend: str, /) -> None:
        if not self.locked:
            self._changes = {**self._changes, backend: self._changes.get(backend, 0) + 1}

    def _without(self, name: str) -> tuple[MadeModel, ...]:
        return tuple(it for it in self._models if it.name.casefold() != name.casefold())

    def _require_unlocked(self) -> None:
        if self.locked:
            raise NotSupported("models cannot be kept here")
