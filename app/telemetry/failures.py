"""What the log tells of an exception that nobody foresaw.

What such an exception says may quote anything: a request, an answer, a key. So its type is told
and the places it came through, and its words only where content is wanted.
"""

from __future__ import annotations

from collections.abc import Iterator
from traceback import format_exception, format_tb

from msgspec import Struct


class Failure(Struct, frozen=True, gc=False):
    """The members of its line."""

    exception: str
    """Its type, and what it says if that may be told."""
    traceback: str


def failure_of(error: BaseException, *, content: bool) -> Failure:
    """Put together what programs read."""
    return Failure(
        exception=f"{_name(error)}: {error}" if content else _name(error),
        traceback=traceback_of(error, content=content),
    )


def traceback_of(error: BaseException, *, content: bool) -> str:
    """Return where it came from, and what it came from, the first one first."""
    if content:
        return "".join(format_exception(error))
    return "".join(f"{''.join(format_tb(it.__traceback__))}{_name(it)}\n" for it in _chain(error))


def _name(error: BaseException) -> str:
    return type(error).__qualname__


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Go through an error and its causes, the first one first; each of them once."""
    found: dict[int, BaseException] = {}
    cause: BaseException | None = error
    while cause is not None and id(cause) not in found:
        found[id(cause)] = cause
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    yield from reversed(found.values())
