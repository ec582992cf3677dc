"""One line for each finished request.

`docs/monitoring.md` lists the fields, and a test compares. None of them holds a key, or what
anybody said to a model.
"""

from __future__ import annotations

from functools import partial

from loguru import logger
from msgspec import Struct

from adapters.observability.exchange_record import CURRENT, ExchangeRecord
from adapters.observability.metrics.requests import REFUSED
from adapters.web.door import Reports, RequestRecord
from app.registry import dialect_of
from app.settings.tree import Level
from app.telemetry import logs
from app.telemetry.lines import Told
from ports.errors import BackendError, BackendRejected, GatewayError, ModelNotFound

_NS_PER_MS = 1e6
_SHOWN = 200
"""Letters of a path or a model's name that are shown: clients may send what they like."""
_MOST_WORDS = 500
"""Letters of an error."""

NOTHING = ExchangeRecord()
"""Of a request for which no upstream was asked."""


def reports(level: Level, *, content: bool = False) -> Reports:
    """Tell the log what the front door sees; what is below `level` is not even put together.

    With `content`, and at the level of whoever looks for a fault, an upstream's own words are
    shown: they may quote what was said to it.
    """
    shows_all = logger.level(level).no <= logger.level("INFO").no
    quotes = content and logger.level(level).no <= logger.level("DEBUG").no

    def finished(record: RequestRecord) -> None:
        # What an upstream did is the operator's business; what a client did wrong is the client's.
        if isinstance(record.error, BackendError):
            _write("WARNING", record, quotes=quotes)
        elif shows_all:
            _write("INFO", record, quotes=quotes)

    return Reports(on_finish=finished, on_bug=_bug)


class RequestLine(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """The members of the line. What is not known has its default, and is left out."""

    request_id: str
    trace_id: str = ""
    peer: str = ""
    client: str = ""
    dialect: str
    method: str
    path: str
    route: str = ""
    model: str = ""
    answered_by: str = ""
    backend: str = ""
    status: int = 0
    error: str = ""
    first_byte_ms: float | None = None
    duration_ms: float
    tokens_in: int | None = None
    tokens_out: int | None = None
    bytes_in: int
    bytes_out: int
    streamed: bool
    cancelled: bool


def line_of(record: RequestRecord, exchange: ExchangeRecord) -> RequestLine:
    """Put together what is known."""
    return RequestLine(
        request_id=record.request_id,
        trace_id=record.trace_id,
        peer=record.peer,
        client=record.client,
        dialect=dialect_of(record.route),
        method=record.method,
        path=record.path[:_SHOWN],
        route=record.route,
        model=_one_line(exchange.asked),
        answered_by=_one_line(exchange.answered or exchange.model),
        backend=exchange.backend,
        status=record.status,
        error=_code_of(record),
        first_byte_ms=_ms(record.first_byte_ns) if record.first_byte_ns else None,
        duration_ms=_ms(record.duration_ns),
        tokens_in=exchange.input_tokens,
        tokens_out=exchange.output_tokens,
        bytes_in=record.bytes_received,
        bytes_out=record.bytes_sent,
        streamed=exchange.streamed,
        cancelled=record.cancelled,
    )


def _write(level: str, record: RequestRecord, *, quotes: bool) -> None:
    logs.write(level, partial(_told, record, CURRENT.get() or NOTHING, quotes=quotes))


def _told(record: RequestRecord, exchange: ExchangeRecord, *, quotes: bool) -> Told:
    line = line_of(record, exchange)
    return Told(_words(line) + _because(record, quotes=quotes), line)


def _words(line: RequestLine) -> str:
    """Return what a person reads."""
    asked = f"{line.method} {line.path} {line.status or '-'}"
    took = f"{line.duration_ms:.1f} ms {line.bytes_out} bytes"
    client = f" {line.client}" if line.client else ""
    where = f" {line.model} -> {line.backend}" if line.backend else ""
    left = " (client hung up)" if line.cancelled else ""
    return (
        f"{line.peer or '-'}{client} {asked} {took}{where}{_tokens(line)} {line.request_id}{left}"
    )


def _code_of(record: RequestRecord) -> str:
    if record.error is None:
        return REFUSED if record.refused else ""
    return record.error.code


def _because(record: RequestRecord, *, quotes: bool) -> str:
    if record.error is None:
        # Neither is shown: no header's value is.
        return ": refused for its Host or Origin" if record.refused else ""
    return f": {_why(record.error, quotes=quotes)}"


def _why(error: GatewayError, *, quotes: bool) -> str:
    if isinstance(error, BackendError) and error.quotes and not quotes:
        if isinstance(error, BackendRejected):
            return f"the backend refused it with {error.status}"
        return f"{error.code}, in the backend's own words"
    return _one_line(error.message, _MOST_WORDS) + _nearest(error)


def _tokens(line: RequestLine) -> str:
    if line.tokens_in is None and line.tokens_out is None:
        return ""
    return f" {line.tokens_in or 0}+{line.tokens_out or 0} tokens"


def _ms(ns: int) -> float:
    return round(ns / _NS_PER_MS, 3)


def _one_line(text: str, most: int = _SHOWN) -> str:
    """A client may name a model as it likes, and must not write our log for it."""
    text = text[:most]
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _nearest(error: GatewayError) -> str:
    if isinstance(error, ModelNotFound) and error.nearest:
        return f" (nearest: {', '.join(error.nearest)})"
    return ""


def _bug(error: Exception) -> None:
    logger.opt(exception=error).error("a request failed on an error nobody foresaw")
