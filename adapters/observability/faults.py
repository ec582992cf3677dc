"""How what went wrong is put on a span.

The message of one of our own errors is made for clients, and without secrets. What any other
exception says may hold anything, a prompt or an address: of those only type and place are told.
"""

from __future__ import annotations

from asyncio import CancelledError
from traceback import format_tb

from opentelemetry.trace import Span, StatusCode

from adapters.observability import conventions
from ports.errors import GatewayError


def is_cancellation(error: BaseException | None) -> bool:
    """Tell whether somebody left, rather than something broke."""
    return isinstance(error, CancelledError | GeneratorExit)


def type_of(error: BaseException) -> str:
    """Name the kind of an error: our own by their code."""
    return error.code if isinstance(error, GatewayError) else type(error).__qualname__


def end(span: Span, error: BaseException) -> None:
    """End a span whose work was ended by an error, or by somebody who left."""
    if is_cancellation(error):
        span.set_attribute(conventions.CANCELLED, value=True)
    else:
        fail(span, error)
    span.end()


def fail(span: Span, error: BaseException) -> None:
    """Mark a span as failed by an error, which becomes an event."""
    span.set_attribute(conventions.ERROR_TYPE, type_of(error))
    span.set_status(StatusCode.ERROR)
    tell(span, error)


def tell(span: Span, error: BaseException) -> None:
    """Add an error as an event."""
    about = {conventions.EXCEPTION_TYPE: type(error).__qualname__}
    if isinstance(error, GatewayError):
        about[conventions.EXCEPTION_MESSAGE] = error.message
    else:
        about[conventions.EXCEPTION_STACKTRACE] = "".join(format_tb(error.__traceback__))
    span.add_event(conventions.EXCEPTION, about)
