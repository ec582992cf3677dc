"""Which models exist at an upstream."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from ports.errors import BackendError
from ports.models import ModelInfo


class Known(Struct, frozen=True, kw_only=True):
    """What is known of an upstream's list at one moment."""

    models: Sequence[ModelInfo] | None = None
    """The latest list; `None` if there is none, not even an old one."""
    error: BackendError | None = None
    """Why there is none, where the upstream was asked and failed."""
    unheard: BackendError | None = None
    """Why the upstream has told none, where a list of the settings stands in for its own."""
    settled: bool = False
    """Whether the upstream has spoken since the list was last said to have changed. `False`
    means that waiting may tell more."""


class ModelCatalog(Protocol):
    """Answers "which models exist here, and what are they like"."""

    @abstractmethod
    def known(self) -> Known:
        """Return what is known without waiting, and have it renewed if it is time to.

        To be called on the event loop. Cheap to call on every request: while nothing has
        changed the *same object* comes back, and in it the same list.
        """

    @abstractmethod
    async def models(self) -> Sequence[ModelInfo]:
        """List the models, in the upstream's order, each id once. Waits where that tells more.

        While nothing has changed the *same object* comes back. Raises a `BackendError` only if
        there is no list at all, not even an old one. Afterwards `known` knows at least this.
        """

    @abstractmethod
    def expire(self) -> None:
        """Say that the list has changed: the next call of `models` asks the upstream first.

        Until it has answered, `known` keeps the old list, and that is not settled.
        """
