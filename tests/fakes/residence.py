"""A memory that a test fills."""

from __future__ import annotations

from collections.abc import Sequence

from ports.errors import GatewayError
from ports.residence import Residence, RunningModel


class FakeResidence(Residence):
    """Holds `models`; keeps what was to be loaded, by id; raises `error` while that is set."""

    def __init__(self, *models: RunningModel) -> None:
        self.models = models
        self.loaded: list[tuple[str, float | None]] = []
        self.error: GatewayError | None = None

    async def running(self) -> Sequence[RunningModel]:
        if self.error is not None:
            raise self.error
        return self.models

    async def load(self, model: str, /, *, keep_alive: float | None = None) -> None:
        if self.error is not None:
            raise self.error
        self.loaded.append((model, keep_alive))
