"""Noticing the signal that ends the server before the server acts on it.

uvicorn takes SIGTERM and SIGINT, and closes its listener a tenth of a second later; the
application hears of it only when the last request is over. So the application looks first.

What still runs when `server.drain` is over is ended, and a second SIGINT ends everything at once.
Both are what was asked for, but uvicorn logs them as errors, the second with a traceback.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import FrameType
from typing import Any

from litestar import Litestar

from adapters.web.pulse import Pulse
from app.telemetry import logs

SIGNALS = (signal.SIGTERM, signal.SIGINT)

Handler = Callable[[int, FrameType | None], Any]


def beating(pulse: Pulse) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    """Make the lifespan hook that says when the application has started and when it drains."""

    @asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncIterator[None]:
        ending = Ending(pulse)
        before = _look_first(ending)
        _listen(ending)
        pulse.started = True
        try:
            yield
        finally:
            pulse.draining = True
            logs.flush()
            for number, handler in before.items():
                signal.signal(number, handler)

    return lifespan


class Ending(logging.Filter):
    """Knows how the server ends, and says in our words what uvicorn would call an error of it."""

    def __init__(self, pulse: Pulse) -> None:
        super().__init__()
        self._pulse = pulse
        self._at_once = False

    def noticed(self, number: int) -> None:
        """Take note of a signal."""
        logs.hurry()  # uvicorn ends a worker by the signal itself: nothing runs behind the lifespan
        self._at_once |= self._pulse.draining and number == signal.SIGINT
        self._pulse.draining = True

    def filter(self, record: logging.LogRecord) -> bool:
        """Let a line of uvicorn's pass, perhaps with other words, or keep it back."""
        if not self._pulse.draining:
            return True
        if record.msg == _CANCELLED:
            record.levelno, record.levelname = logging.WARNING, "WARNING"
            record.msg = "requests that were not over within server.drain are ended: %s"
        # The error that is the last line of a stream does not reach a client that does not read.
        return record.msg != _UNFINISHED and not self._at_once


def _listen(ending: Ending) -> None:
    log = logging.getLogger("uvicorn.error")
    for before in [it for it in log.filters if isinstance(it, Ending)]:
        log.removeFilter(before)
    log.addFilter(ending)


_CANCELLED = "Cancel %s running task(s), timeout graceful shutdown exceeded"
_UNFINISHED = "ASGI callable returned without completing response."


def _look_first(ending: Ending) -> dict[int, Handler]:
    """Stand before the handlers there are; return them."""
    before: dict[int, Handler] = {}
    if threading.current_thread() is not threading.main_thread():
        return before  # signals are no business of other threads
    for number in SIGNALS:
        handler = signal.getsignal(number)
        if callable(handler):
            before[number] = handler
            signal.signal(number, _noticing(ending, handler))
    return before


def _noticing(ending: Ending, handler: Handler) -> Handler:
    def noticed(number: int, frame: FrameType | None) -> None:
        ending.noticed(number)
        handler(number, frame)

    return noticed
