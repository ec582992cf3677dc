"""How long one exchange may take, with one timer for all of it.

`asyncio.timeout` around every read would set and cancel a timer per streamed chunk. Here a
wait only notes when it began and what is waited for, and the one timer looks at that note when
it goes off.
"""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from msgspec import Struct

from ports.errors import BackendError, BackendTimeout


class Timeouts(Struct, frozen=True, kw_only=True):
    """Seconds; 0 means without end.

    `connect` for a connection to come about, `first_byte` from the request to the first
    event of the answer, `idle` between two pieces of it, `total` for everything.
    """

    connect: float = 5.0
    first_byte: float = 600.0
    idle: float = 300.0
    total: float = 0.0


class WaitCancelled(asyncio.CancelledError):
    """A wait was cancelled by whoever cancels; `reason` is the error if it was for want of time."""

    def __init__(self, reason: BackendError) -> None:
        super().__init__()
        self.reason = reason


class Patience:
    """Bounds the waits of one exchange.

    A wait is for a future (`watch`), which gets a `BackendTimeout` when that takes too long, or
    whatever a `with patience:` block waits for, which is cancelled and raises the same.
    `started()` is called once the first event is here: from then on `idle` counts. `end()`
    must be called when the exchange is over.
    """

    __slots__ = (
        "_began",
        "_end",
        "_expired",
        "_first",
        "_idle",
        "_loop",
        "_task",
        "_timer",
        "_waiter",
    )

    def __init__(self, timeouts: Timeouts) -> None:
        self._loop = asyncio.get_running_loop()
        now = self._loop.time()
        self._first = now + (timeouts.first_byte or _NEVER)
        self._idle = timeouts.idle or _NEVER
        self._end = now + (timeouts.total or _NEVER)
        self._began = now
        self._task: asyncio.Task[object] | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._expired = False
        self._timer: asyncio.TimerHandle | None = None

    def asked(self, seconds: float) -> None:
        """Begin to count so many seconds now, 0 for as many as it takes.

        For a request that goes out in pieces: while one is being taken, and from the last one on.
        """
        now = self._loop.time()
        self._first = now + (seconds or _NEVER)
        self.end()
        self._arm(now)

    def started(self) -> None:
        """Stop counting `first_byte`, begin counting `idle`."""
        self._first = 0.0

    def end(self) -> None:
        """Count no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def watch(self, waiter: asyncio.Future[None]) -> None:
        """Begin to wait for a future; the wait ends when that is done, however."""
        # Once per event: what can be computed when the timer goes off is computed there.
        self._waiter = waiter
        self._began = self._loop.time()
        if self._timer is None:
            self._arm(self._began)

    def unwatch(self) -> None:
        """Wait for no future any more, and keep none."""
        self._waiter = None

    def again(self) -> None:
        """Go on waiting for the same future: something has come."""
        self._began = self._loop.time()

    def __enter__(self) -> Self:
        """Begin to wait for whatever this task waits for."""
        self._task = _current_task(self._loop)
        self._began = self._loop.time()
        if self._timer is None:
            self._arm(self._began)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the wait, and turn our own cancellation into `BackendTimeout`, or what says more."""
        task, self._task = self._task, None
        if self._expired and isinstance(error, asyncio.CancelledError) and task is not None:
            self._expired = False
            if task.uncancel() == 0:
                raise (
                    error.reason if isinstance(error, WaitCancelled) else _timed_out()
                ) from error

    def _due(self) -> float:
        return min(self._end, self._first or self._began + self._idle)

    def _arm(self, now: float) -> None:
        # Never further away than one idle time: `started()` may then leave the timer alone.
        when = min(self._due(), now + self._idle)
        if when < _FAR:
            self._timer = self._loop.call_at(when, self._look)

    def _look(self) -> None:
        self._timer = None
        waiter = None if self._waiter is None or self._waiter.done() else self._waiter
        if waiter is None and self._task is None:
            return  # nobody waits for the upstream now; the next wait arms again
        now = self._loop.time()
        if now < self._due():
            self._arm(now)
        elif waiter is not None:
            waiter.set_exception(_timed_out())
        elif self._task is not None:
            self._expired = True
            self._task.cancel()


def _timed_out() -> BackendTimeout:
    return BackendTimeout("upstream timed out")


_current_task = asyncio.current_task

_NEVER = 1e12
_FAR = _NEVER / 2
