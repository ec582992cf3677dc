"""A client that hangs up ends the work for it, while we wait and in mid-stream alike.

The framework reads nothing while a handler waits, so a disconnect would be noticed only when
the answer is written. Once the whole body was handed out there is nothing left to receive
but the disconnect: a task waits for it and cancels the task that serves the request.
"""

from __future__ import annotations

import asyncio
from asyncio import CancelledError, Task, TimerHandle
from collections.abc import Callable
from types import TracebackType
from typing import Self

from adapters.dialects.replies.batches import Message, Receive

GRACE_SECONDS = 0.05
"""How old a request gets before anybody watches its client: most are answered by then, and a
timer costs a tenth of a task. A hang-up is noticed at most this much later."""


class Hangup:
    """Stands between one request and its connection; an async context around the work.

    Entered by the task that serves the request. When the client hangs up before the answer
    is complete, that task is cancelled and leaving the context swallows the cancellation;
    any other cancellation passes. No task is left when the context has been left.
    """

    __slots__ = (
        "_cancelling",
        "_grace",
        "_now",
        "_receive",
        "_task",
        "_timer",
        "_watcher",
        "gone",
        "over",
        "received",
        "waited_ns",
        "whole_ns",
    )

    def __init__(
        self, receive: Receive, now: Callable[[], int], *, grace: float = GRACE_SECONDS
    ) -> None:
        self._receive = receive
        self._now = now
        self._grace = grace
        self._timer: TimerHandle | None = None
        self._watcher: Task[Message] | None = None
        self.over = False
        """The answer is complete (or nobody works on it): a disconnect means nothing now. Whoever
        sends the answer sets it."""
        self.gone = False
        """The client hung up before that."""
        self.received = 0
        """Bytes of the body so far, as they came."""
        self.waited_ns = 0
        """How long the body was waited for."""
        self.whole_ns = 0
        """When the latest piece of it came; 0 until one has."""

    async def __aenter__(self) -> Self:
        """Remember who serves the request, and how often that was cancelled before."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a request is served by a task")
        self._task = task
        self._cancelling = task.cancelling()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        """Stop watching; swallow the cancellation if it was ours and nobody else's."""
        self.over = True
        if self._timer is not None:
            self._timer.cancel()
        ours = self.gone and self._task.uncancel() <= self._cancelling
        # A task that ended in an error holds its frames, and they this: until it is collected.
        watcher, self._watcher = self._watcher, None
        if watcher is not None:
            await _stop(watcher)
        return ours and isinstance(error, CancelledError)

    async def receive(self) -> Message:
        """Pass on the next message; after the body, the one that says that the client left."""
        if self._timer is not None:
            return await asyncio.shield(self._watch())
        begun = self._now()
        message = await self._receive()
        self.whole_ns = now = self._now()
        self.waited_ns += now - begun
        self.received += len(message.get("body", b""))
        if message["type"] == "http.disconnect":
            await self.leave()
        elif not message.get("more_body", False):
            self._timer = asyncio.get_running_loop().call_later(self._grace, self._watch)
        return message

    async def leave(self) -> None:
        """Take it that the client hung up; the cancellation arrives here in the serving task."""
        self._hang_up()
        await asyncio.sleep(0)

    def _watch(self) -> Task[Message]:
        if self._watcher is None:
            self._watcher = asyncio.create_task(self._wait())
        return self._watcher

    async def _wait(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self._hang_up()
        return message

    def _hang_up(self) -> None:
        if not self.over and not self.gone:
            self.gone = True
            self._task.cancel()


async def _stop(task: Task[Message]) -> None:
    """End a task and see to it that its failure, if it is one, is not reported as unseen."""
    task.cancel()
    await asyncio.wait((task,))
    if not task.cancelled():
        task.exception()
