"""What watches the requests of one process."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable, Callable
from typing import Protocol

from msgspec import Struct

from adapters.backends.transport import Wrap, unwrapped
from adapters.web.admission import Scope
from adapters.web.door import Ending
from ports.observer import Observer


async def _nothing_to_close() -> None:
    """Do nothing."""


class RequestListener(Protocol):
    """Is told of every HTTP request, as `adapters.web.door.Reports` says."""

    @abstractmethod
    def begin(self, scope: Scope, /) -> Ending:
        """Note that one has begun; what is returned is called when it is over."""

    @abstractmethod
    def bug(self, error: Exception, /) -> None:
        """Note an error that nobody foresaw, in the task of its request."""


class Instruments(Struct, frozen=True, kw_only=True):
    """Where the parts of the server tell of their work. As it is, nobody listens."""

    observers: tuple[Observer, ...] = ()
    wrap: Wrap = unwrapped
    """Put around the transport of every upstream."""
    reports: RequestListener | None = None
    lost_spans: Callable[[], int] = int
    """How many never got to the collector, or were refused by it."""
    close: Callable[[], Awaitable[None]] = _nothing_to_close
    """Sends what is left, within a bound."""
