"""An observer that remembers."""

from __future__ import annotations

from collections.abc import Sequence

from ports.chat import ChatChunk, ChatResponse
from ports.observer import Exchange, Observation, Observer, Outcome


class FakeObservation(Observation):
    """What one exchange told, in order."""

    def __init__(self, exchange: Exchange, *, content: bool) -> None:
        self.exchange = exchange
        self.content = content
        self.told: list[str] = []
        self.pieces: list[Sequence[ChatChunk] | ChatResponse] = []
        self.outcome: Outcome | None = None
        self.error: BaseException | None = None

    def began(self) -> None:
        self.told.append("began")

    def first(self) -> None:
        self.told.append("first")

    def said(self, piece: Sequence[ChatChunk] | ChatResponse, /) -> None:
        self.pieces.append(piece)

    def end(self, outcome: Outcome, error: BaseException | None = None) -> None:
        self.told.append("end")
        self.outcome = outcome
        self.error = error


class FakeObserver(Observer):
    """Keeps every observation."""

    def __init__(self, *, content: bool = False) -> None:
        self._content = content
        self.seen: list[FakeObservation] = []

    @property
    def only(self) -> FakeObservation:
        """The one exchange that there was."""
        (seen,) = self.seen
        return seen

    def begin(self, exchange: Exchange, /) -> Observation:
        self.seen.append(FakeObservation(exchange, content=self._content))
        return self.seen[-1]
