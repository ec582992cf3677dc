"""Several observers as one."""

from __future__ import annotations

from collections.abc import Sequence

from ports.chat import ChatChunk, ChatResponse
from ports.observer import Exchange, Observation, Observer, Outcome, Unwatched


class Observers(Observer):
    """Tells each of them everything, in order, but what is said only to those who want it."""

    def __init__(self, *observers: Observer) -> None:
        self._observers = observers

    def begin(self, exchange: Exchange, /) -> Observation:
        """Watch with all of them that look."""
        begun = [observer.begin(exchange) for observer in self._observers]
        return _Observations([one for one in begun if type(one) is not Unwatched])


class _Observations(Observation):
    def __init__(self, observations: Sequence[Observation]) -> None:
        self._all = observations
        self._curious = [one for one in observations if one.content]
        self.content = bool(self._curious)

    def began(self) -> None:
        """Tell all of them."""
        for one in self._all:
            one.began()

    def first(self) -> None:
        """Tell all of them."""
        for one in self._all:
            one.first()

    def said(self, piece: Sequence[ChatChunk] | ChatResponse, /) -> None:
        """Tell those who want to know."""
        for one in self._curious:
            one.said(piece)

    def end(self, outcome: Outcome, error: BaseException | None = None) -> None:
        """Tell all of them."""
        for one in self._all:
            one.end(outcome, error)
