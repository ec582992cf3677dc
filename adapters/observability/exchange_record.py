"""What became of one HTTP request upstream, written down while it happens.

The door's witness begins a record in the task that serves the request; `Recorder` fills it from
what the core tells. Once the request is over its line in the log is made of it.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Protocol

from msgspec import Struct

from ports.chat import ChatChunk, ChatResponse, Usage
from ports.clock import Clock
from ports.observer import Exchange, Observation, Observer, Outcome, Unwatched


class ExchangeRecord(Struct, kw_only=True):
    """Everything is empty, 0 or `None` for a request that no upstream was asked for.

    A request of several prompts asks several times: tokens and pieces are added up, the rest is
    what was told last.
    """

    dialect: str = ""
    """Of the client, as logs and metrics call it."""
    asked: str = ""
    """The model as the client named it."""
    backend: str = ""
    model: str = ""
    """The upstream's own id of it."""
    answered: str = ""
    """The one that the upstream says has answered."""
    streamed: bool = False
    relayed: bool = False
    input_tokens: int | None = None
    output_tokens: int | None = None
    pieces: int = 0
    waited_ns: int = 0
    """How long the request has waited for upstreams: for whole answers, for the beginning of a
    stream. Exchanges at the same time count once."""
    waiting: int = 0
    """Exchanges that are waited for now."""
    waiting_since_ns: int = 0
    is_begun: bool = False
    """A stream has begun: what is waited for from here on, its client does not wait for alone."""


class Timed(Struct, frozen=True, kw_only=True, gc=False):
    """When an exchange began, had its first piece and was over, by the monotonic clock."""

    begun_ns: int
    first_ns: int
    """0 if it never came."""
    ended_ns: int


class ExchangeListener(Protocol):
    """Is told of the exchanges of requests; must be quick and must not raise."""

    @abstractmethod
    def begun(self, exchange: Exchange, record: ExchangeRecord, /) -> None:
        """Note one that is about to be sent."""

    @abstractmethod
    def ended(
        self,
        exchange: Exchange,
        record: ExchangeRecord,
        outcome: Outcome,
        error: BaseException | None,
        times: Timed,
        /,
    ) -> None:
        """Note one that is over."""


CURRENT: ContextVar[ExchangeRecord | None] = ContextVar("exchange_record", default=None)
"""The record of the request whose task, or whose task's task, this is."""


def begin_record() -> ExchangeRecord:
    """Begin the record of a request, in the task that serves it."""
    record = ExchangeRecord()
    CURRENT.set(record)
    return record


class Recorder(Observer):
    """Fills the record of the request in whose task an exchange begins, and tells listeners."""

    def __init__(self, clock: Clock, *listeners: ExchangeListener) -> None:
        self._now = clock.monotonic_ns
        self._listeners = listeners

    def begin(self, exchange: Exchange, /) -> Observation:
        """Write down where it goes; outside of requests there is nothing to fill."""
        record = CURRENT.get()
        if record is None:
            return _NOBODY
        record.asked = exchange.asked
        record.backend = exchange.backend
        record.model = exchange.model
        record.streamed = exchange.streamed
        record.relayed = exchange.relayed
        for listener in self._listeners:
            listener.begun(exchange, record)
        return _Recording(record, exchange, self._now, self._listeners)


class _Recording(Observation):
    __slots__ = ("_begun", "_exchange", "_first", "_listeners", "_now", "_record", "_waits")

    content = False

    def __init__(
        self,
        record: ExchangeRecord,
        exchange: Exchange,
        now: Callable[[], int],
        listeners: Sequence[ExchangeListener],
    ) -> None:
        self._record = record
        self._exchange = exchange
        self._now = now
        self._listeners = listeners
        self._first = 0
        self._begun = begun = now()
        self._waits = not record.is_begun
        if self._waits:
            if not record.waiting:
                record.waiting_since_ns = begun
            record.waiting += 1

    def began(self) -> None:
        """Wait no more for a stream."""
        if self._exchange.streamed:
            self._record.is_begun = True
            self._stop_waiting(self._now())

    def first(self) -> None:
        """Note when the first piece came."""
        self._first = self._now()

    def said(self, piece: Sequence[ChatChunk] | ChatResponse, /) -> None:
        """Do nothing: what is said is nobody's business here."""

    def end(self, outcome: Outcome, error: BaseException | None = None) -> None:
        """Write down who answered, and what it took."""
        now, record = self._now(), self._record
        self._stop_waiting(now)
        record.answered = outcome.model or record.answered
        record.pieces += outcome.pieces
        _add(record, outcome.usage)
        times = Timed(begun_ns=self._begun, first_ns=self._first, ended_ns=now)
        for listener in self._listeners:
            listener.ended(self._exchange, record, outcome, error, times)

    def _stop_waiting(self, now: int) -> None:
        if self._waits:
            self._waits = False
            record = self._record
            record.waiting -= 1
            if not record.waiting:
                record.waited_ns += now - record.waiting_since_ns


_NOBODY = Unwatched()


def _add(record: ExchangeRecord, usage: Usage) -> None:
    if usage.prompt_tokens is not None:
        record.input_tokens = (record.input_tokens or 0) + usage.prompt_tokens
    if usage.completion_tokens is not None:
        record.output_tokens = (record.output_tokens or 0) + usage.completion_tokens
