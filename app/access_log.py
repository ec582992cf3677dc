"""One line for each finished request.

`docs/monitoring.md` lists the fields, and a test compares. None of them holds a key, or what
anybody said to a model.
"""

from __future__ import annotations

from loguru import logger

from adapters.observability.exchange_record import CURRENT, ExchangeRecord, begin_record
from adapters.web.admission import Scope
from adapters.web.door import Ending, Reports, RequestRecord
from app.registry import dialect_of
from app.settings.tree import Level
from ports.errors import BackendError, BackendRejected, GatewayError, ModelNotFound

_NS_PER_MS = 1e6
_SHOWN = 200
"""Letters of a model's name that are shown: clients may name one as they like."""


def reports(level: Level) -> Reports:
    """Tell the log what the front door sees; what is below `level` is not even put together."""
    shows_all = logger.level(level).no <= logger.level("INFO").no

    def finished(record: RequestRecord) -> None:
        # What an upstream did is the operator's business; what a client did wrong is the client's.
        if isinstance(record.error, BackendError):
            _write("WARNING", record)
        elif shows_all:
            _write("INFO", record)

    return Reports(on_begin=_begun, on_finish=finished, on_hangup=_nothing, on_bug=_bug)


def fields(record: RequestRecord, exchange: ExchangeRecord) -> dict[str, object]:
    """Return what is known; what is not is absent."""
    error = record.error
    told: dict[str, object] = {
        "request_id": record.request_id,
        "trace_id": record.trace_id,
        "peer": record.peer,
        "client": record.client,
        "dialect": dialect_of(record.route),
        "method": record.method,
        "path": record.path,
        "route": record.route,
        "model": _one_line(exchange.asked[:_SHOWN]),
        "answered_by": _one_line((exchange.answered or exchange.model)[:_SHOWN]),
        "backend": exchange.backend,
        "status": record.status or "",
        "error": "" if error is None else error.code,
        "first_byte_ms": _ms(record.first_byte_ns) or "",
        "duration_ms": _ms(record.duration_ns),
        "tokens_in": exchange.input_tokens,
        "tokens_out": exchange.output_tokens,
        "bytes_in": record.bytes_received,
        "bytes_out": record.bytes_sent,
        "streamed": exchange.streamed,
        "cancelled": record.cancelled,
    }
    return {name: value for name, value in told.items() if value is not None and value != ""}


def _begun(_scope: Scope) -> Ending:
    begin_record()
    return _no_more


def _no_more(_record: RequestRecord) -> None:
    """Say nothing: the line is written already."""


def _write(level: str, record: RequestRecord) -> None:
    exchange = CURRENT.get() or ExchangeRecord()
    logger.bind(_members=fields(record, exchange)).log(level, "{}", _line(record, exchange))


def _line(record: RequestRecord, exchange: ExchangeRecord) -> str:
    """Return what a person reads."""
    tokens = _tokens(exchange)
    parts = [
        record.peer or "-",
        *([record.client] if record.client else []),
        f"{record.method} {record.path} {record.status or '-'}",
        f"{record.duration_ns / _NS_PER_MS:.1f} ms",
        f"{record.bytes_sent} bytes",
        *([_one_line(f"{exchange.asked[:_SHOWN]} -> {exchange.backend}")] * bool(exchange.backend)),
        *([tokens] if tokens else []),
        record.request_id,
        *(["(client hung up)"] if record.cancelled else []),
    ]
    error = record.error
    why = "" if error is None else f": {_why(error)}{_nearest(error)}"
    return " ".join(parts) + why


def _why(error: GatewayError) -> str:
    """Return the error's words, but not a backend's about a request: those quote it."""
    if isinstance(error, BackendRejected):
        return f"the backend refused it with {error.status}"
    return _one_line(error.message)


def _tokens(exchange: ExchangeRecord) -> str:
    if exchange.input_tokens is None and exchange.output_tokens is None:
        return ""
    return f"{exchange.input_tokens or 0}+{exchange.output_tokens or 0} tokens"


def _ms(ns: int) -> float:
    return round(ns / _NS_PER_MS, 3)


def _one_line(text: str) -> str:
    """A client may name a model as it likes, and must not write our log for it."""
    text = text[:500]
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _nearest(error: GatewayError) -> str:
    if isinstance(error, ModelNotFound) and error.nearest:
        return f" (nearest: {', '.join(error.nearest)})"
    return ""


def _nothing() -> None:
    """Say nothing of its own: the request's line tells of the hang-up."""


def _bug(error: Exception) -> None:
    logger.opt(exception=error).error("a request failed on an error nobody foresaw")
