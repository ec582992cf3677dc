"""Where a client's name leads."""

from __future__ import annotations

from msgspec import Struct

from domain.aliases import Alias
from ports.backend import Backend
from ports.models import ModelInfo
from ports.observer import Why


class Target(Struct, frozen=True, kw_only=True):
    """Where a name leads. `name` is the listed one; `model.id` is the backend's own."""

    name: str
    backend: Backend
    model: ModelInfo
    alias: Alias | None = None
    why: Why = Why.LISTED

    @property
    def qualified(self) -> str:
        """The name that is unique among all backends: `backend/id`."""
        return f"{self.backend.name}/{self.model.id}"

    @property
    def created(self) -> int | None:
        """When what has this name was made, Unix seconds; `None` if nobody knows."""
        if self.alias is None or self.alias.modified_ns is None:
            return self.model.created
        return self.alias.modified_ns // 1_000_000_000
