"""What became of one HTTP request upstream, written down while it happens.

The door's witness begins a record in the task that serves the request; `Recorder` fills it from
what the core tells. Once the request is over its line in the log is made of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar

from msgspec import Struct

from ports.chat import ChatChunk, ChatResponse, Usage
from ports.observer import Exchange, Observation, Observer, Outcome, Unwatched


class ExchangeRecord(Struct, kw_only=True):
    """Everything is empty, 0 or `None` for a request that no upstream was asked for.

    A request of several prompts asks several times: tokens and pieces are added up, the rest is
    what was told last.
    """

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


CURRENT: ContextVar[ExchangeRecord | None] = ContextVar("exchange_record", default=None)
"""The record of the request whose task, or whose task's task, this is."""


def begin_record() -> ExchangeRecord:
    """Begin the record of a request, in the task that serves it."""
    record = ExchangeRecord()
    CURRENT.set(record)
    return record


class Recorder(Observer):
    """Fills the record of the request in whose task an exchange begins."""

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
        return _Recording(record)


class _Recording(Observation):
    __slots__ = ("_record",)

    content = False

    def __init__(self, record: ExchangeRecord) -> None:
        self._record = record

    def first(self) -> None:
        """Do nothing: the door knows when the client had its first byte."""

    def said(self, piece: Sequence[ChatChunk] | ChatResponse, /) -> None:
        """Do nothing: what is said is nobody's business here."""

    def end(self, outcome: Outcome, error: BaseException | None = None) -> None:  # noqa: ARG002 - of the port
        """Write down who answered, and what it took."""
        record = self._record
        record.answered = outcome.model or record.answered
        record.pieces += outcome.pieces
        _add(record, outcome.usage)


_NOBODY = Unwatched()


def _add(record: ExchangeRecord, usage: Usage) -> None:
    if usage.prompt_tokens is not None:
        record.input_tokens = (record.input_tokens or 0) + usage.prompt_tokens
    if usage.completion_tokens is not None:
        record.output_tokens = (record.output_tokens or 0) + usage.completion_tokens
