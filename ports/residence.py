"""Which models an upstream holds in memory."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec import Raw, Struct

from ports.chat import NO_EXTENSIONS


class RunningModel(Struct, frozen=True, kw_only=True):
    """A model in memory. `id` is the backend's own."""

    id: str
    expires_ns: int
    """When it will be unloaded, Unix nanoseconds; far in the future for never."""
    extensions: Mapping[str, Raw] = NO_EXTENSIONS
    """What only one vendor tells, by `dialect.field` (`ollama.ps`: the entry, verbatim)."""


class Residence(Protocol):
    """The memory of an upstream that loads and unloads models on request.

    Every method raises only the `GatewayError` tree.
    """

    @abstractmethod
    async def running(self) -> Sequence[RunningModel]:
        """List what is loaded, in the upstream's order."""

    @abstractmethod
    async def load(self, model: str, /, *, keep_alive: float | None = None) -> None:
        """Load a model by its own id, or unload it.

        `keep_alive` is in seconds, negative for ever, 0 to unload, `None` for the upstream's
        default.
        """
