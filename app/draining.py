"""Noticing the signal that ends the server before the server acts on it.

uvicorn takes SIGTERM and SIGINT, and closes its listener a tenth of a second later; the
application hears of it only when the last request is over. So the application looks first.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import FrameType
from typing import Any

from litestar import Litestar

from adapters.web.pulse import Pulse

SIGNALS = (signal.SIGTERM, signal.SIGINT)

Handler = Callable[[int, FrameType | None], Any]


def beating(pulse: Pulse) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    """Make the lifespan hook that says when the application has started and when it drains."""

    @asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncIterator[None]:
        before = _look_first(pulse)
        pulse.started = True
        try:
            yield
        finally:
            pulse.draining = True
            for number, handler in before.items():
                signal.signal(number, handler)

    return lifespan


def _look_first(pulse: Pulse) -> dict[int, Handler]:
    """Stand before the handlers there are; return them."""
    before: dict[int, Handler] = {}
    if threading.current_thread() is not threading.main_thread():
        return before  # signals are no business of other threads
    for number in SIGNALS:
        handler = signal.getsignal(number)
        if callable(handler):
            before[number] = handler
            signal.signal(number, _noticing(pulse, handler))
    return before


def _noticing(pulse: Pulse, handler: Handler) -> Handler:
    def noticed(number: int, frame: FrameType | None) -> None:
        pulse.draining = True
        handler(number, frame)

    return noticed
