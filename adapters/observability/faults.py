"""How what went wrong is put on a span.

The message of one of our own errors is without secrets. Those of an upstream may quote what was
said to it, and are told only where content is wanted. What any other exception says may hold
anything: of those only type and place are told.
"""

from __future__ import annotations

from asyncio import CancelledError
from traceback import format_tb

from opentelemetry.trace import Span, StatusCode

from adapters.observability import conventions
from ports.errors import BackendError, GatewayError

LONGEST = 500
"""Letters of what an error says: it may name what a client has made as long as it likes."""


def is_cancellation(error: BaseException | None) -> bool:
    """Tell whether somebody left, rather than something broke."""
    return isinstance(error, CancelledError | GeneratorExit)


def type_of(error: BaseException) -> str:
    """Name the kind of an error: our own by their code."""
    return error.code if isinstance(error, GatewayError) else type(error).__qualname__


def end(span: Span, error: BaseException | None, *, content: bool = False) -> None:
    """End a span, whether its work ended well, by an error or by somebody who left.

    With `content` an error may be told in an upstream's own words.
    """
    if is_cancellation(error):
        span.set_attribute(conventions.CANCELLED, value=True)
    elif error is not None:
        span.set_attribute(conventions.ERROR_TYPE, type_of(error))
        span.set_status(StatusCode.ERROR, public_message(error, content=content) or None)
        tell(span, error, content=content)
    span.end()


def public_message(error: BaseException, *, content: bool = False) -> str:
    """Return what an error says as far as that may be told; it may be nothing."""
    if not isinstance(error, GatewayError):
        return ""
    quotes = isinstance(error, BackendError) and error.quotes
    return error.message[:LONGEST] if content or not quotes else ""


def tell(span: Span, error: BaseException, *, content: bool = False) -> None:
    """Add an error as an event."""
    about = {conventions.EXCEPTION_TYPE: type(error).__qualname__}
    if message := public_message(error, content=content):
        about[conventions.EXCEPTION_MESSAGE] = message
    if not isinstance(error, GatewayError):
        about[conventions.EXCEPTION_STACKTRACE] = "".join(format_tb(error.__traceback__))
    span.add_event(conventions.EXCEPTION, about)
