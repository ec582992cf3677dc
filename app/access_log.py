"""One line for each finished request."""

from __future__ import annotations

from loguru import logger

from adapters.web.door import Reports, RequestRecord
from ports.errors import BackendError, GatewayError, ModelNotFound

_NS_PER_MS = 1e6


def reports() -> Reports:
    """Tell the log what the front door sees."""
    return Reports(on_finish=_finished, on_hangup=_nothing, on_bug=_bug)


def _finished(record: RequestRecord) -> None:
    error = record.error
    # What an upstream did is the operator's business; what a client did wrong is the client's.
    level = "WARNING" if isinstance(error, BackendError) else "INFO"
    logger.log(
        level,
        "{} {} {} {} {:.1f} ms {} bytes{}{}",
        record.peer or "-",
        record.method,
        record.path,
        record.status or "-",
        record.duration_ns / _NS_PER_MS,
        record.bytes_sent,
        " (client hung up)" if record.cancelled else "",
        "" if error is None else f": {_one_line(error.message)}{_nearest(error)}",
    )


def _one_line(text: str) -> str:
    """A client may name a model as it likes, and must not write our log for it."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:500])


def _nearest(error: GatewayError) -> str:
    if isinstance(error, ModelNotFound) and error.nearest:
        return f" (nearest: {', '.join(error.nearest)})"
    return ""


def _nothing() -> None:
    """Say nothing of its own: the request's line tells of the hang-up."""


def _bug(error: Exception) -> None:
    logger.opt(exception=error).error("a request failed on an error nobody foresaw")
