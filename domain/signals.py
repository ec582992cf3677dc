"""How backends have answered lately, learned from the exchanges that there were anyway."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from ports.chat import ChatChunk, ChatResponse
from ports.clock import Clock
from ports.errors import (
    NO_ROUTE,
    BackendError,
    BackendOverloaded,
    BackendRateLimited,
    BackendRejected,
)
from ports.observer import Exchange, Observation, Observer, Operation, Outcome

NO_FAILURE = (BackendRejected, BackendRateLimited, BackendOverloaded)
"""Answers of a backend that works: it refuses this request, or is busy."""


class Signal(Struct, kw_only=True):
    """What is known of one backend; times by the monotonic clock, `None` for never."""

    succeeded_ns: int | None = None
    failures: int = 0
    """In a row, since the last success."""
    failed_ns: int | None = None
    error: str = ""
    """Code of the last error, if it was one of the backend's."""
    error_ns: int | None = None


class Signals(Observer):
    """Remembers the last success and the last error of each backend."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._of: dict[str, Signal] = {}

    def of(self, backend: str) -> Signal:
        """Return what is known of a backend; it may change under way."""
        return self._of.setdefault(backend, Signal())

    def begin(self, exchange: Exchange, /) -> Observation:
        """Watch one exchange."""
        return _Watch(self.of(exchange.backend), self._clock, exchange.operation)


class _Watch(Observation):
    __slots__ = ("_beside", "_clock", "_signal")

    content = False

    def __init__(self, signal: Signal, clock: Clock, operation: Operation) -> None:
        self._signal = signal
        self._clock = clock
        self._beside = operation is Operation.OTHER

    def began(self) -> None:
        """Do nothing: an answer that has begun may still break."""

    def first(self) -> None:
        """Do nothing."""

    def said(self, piece: Sequence[ChatChunk] | ChatResponse, /) -> None:
        """Do nothing."""

    def end(self, outcome: Outcome, error: BaseException | None = None) -> None:
        """Note how it went. Of a hang-up, or of a fault of ours, nothing can be learned."""
        error = error or outcome.error
        if self._beside and isinstance(error, BackendError) and error.upstream_code == NO_ROUTE:
            return  # it need not have everything that there is beside chats
        signal, now = self._signal, self._clock.monotonic_ns()
        if isinstance(error, BackendError):
            signal.error, signal.error_ns = error.code, now
        if error is None or isinstance(error, NO_FAILURE):
            signal.succeeded_ns, signal.failures = now, 0
        elif isinstance(error, BackendError):
            signal.failures += 1
            signal.failed_ns = now
