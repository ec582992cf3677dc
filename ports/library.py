"""Models that clients made: a name over a model that some backend has."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from ports.chat import Message, Options


class MadeModel(Struct, frozen=True, kw_only=True):
    """A model made with `create` or `cp` (docs/wire/ollama-api.md 2.8). It is kept as it is."""

    name: str
    """Canonical: without a final `:latest`."""
    target: str
    """`backend/id`, what it was made from in the end."""
    options: Options = Options()
    system: str = ""
    template: str = ""
    licenses: tuple[str, ...] = ()
    messages: tuple[Message, ...] = ()
    modified_ns: int = 0
    """When it was made or changed, Unix nanoseconds."""


class ModelStore(Protocol):
    """Keeps made models across restarts and for all workers."""

    @abstractmethod
    def models(self) -> Sequence[MadeModel]:
        """List them, latest change first.

        Cheap to call on every request: the *same object* comes back while nothing changed.
        What cannot be read is logged once and taken as it was last known.
        """

    @abstractmethod
    async def put(self, model: MadeModel, /) -> None:
        """Keep a model, in place of one of the same name (case does not matter).

        It is durable on return. Raises `NotSupported` where nothing can be written.
        """

    @abstractmethod
    async def remove(self, name: str, /) -> bool:
        """Forget a model, tell whether there was one. Raises `NotSupported` like `put`."""

    @abstractmethod
    def changes(self) -> Mapping[str, int]:
        """Count the changes of each backend's own models that `touch` told of, by its name.

        As the last call of `models` found it; the *same object* while nothing changed.
        """

    @abstractmethod
    async def touch(self, backend: str, /) -> None:
        """Tell all workers that a backend's own models have changed. Never raises."""
