"""Which models exist at an upstream."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from ports.models import ModelInfo


class ModelCatalog(Protocol):
    """Answers "which models exist here, and what are they like"."""

    @abstractmethod
    async def models(self) -> Sequence[ModelInfo]:
        """List the models, in the upstream's order, each id once.

        Cheap to call on every request: while nothing has changed the *same object* comes
        back, so a caller may compare by identity. Raises a `BackendError` only if there is
        no list at all, not even an old one.
        """

    @abstractmethod
    def expire(self) -> None:
        """Say that the list has changed: the next call of `models` asks the upstream first."""
