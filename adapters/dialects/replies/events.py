"""Answers as server-sent events (docs/wire/dialects.md 0.2).

The head waits for the first event, so that a refusal keeps its status; where the operator
sets `server.keepalive` it waits no longer than that, and comments go out instead, or what else
the dialect has for a sign of life.
"""

from __future__ import annotations

import asyncio
from asyncio import Task, TimerHandle
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from types import TracebackType
from typing import NewType, TypeVar

from adapters.dialects.replies.batches import BatchReply, Head, Header, Send
from ports.errors import GatewayError

T = TypeVar("T")

Keepalive = NewType("Keepalive", float)
"""Seconds without a first event after which a stream gives a sign of life, and again and again
after as many; 0: never."""

COMMENT = b": keepalive\n\n"
HEADERS: tuple[Header, ...] = (
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
)


class EventReply(BatchReply[T]):
    """A body of events, which opens what they come from itself.

    Entering `opening` waits for the first batch. What it raises leaves `send_to`, for the
    door to answer with its status; once a `sign` of life went out, it is the stream's last event.
    """

    __slots__ = ("_keepalive", "_opening", "_sign")

    def __init__(  # noqa: PLR0913 - all but three by keyword
        self,
        opening: AbstractAsyncContextManager[AsyncIterator[T]],
        encode: Callable[[T], bytes],
        fail: Callable[[GatewayError], bytes],
        *,
        keepalive: Keepalive,
        headers: Iterable[Header] = (),
        sign: bytes = COMMENT,
    ) -> None:
        super().__init__(encode, fail, headers=(*HEADERS, *headers), exchange=AsyncExitStack())
        self._opening = opening
        self._keepalive = keepalive
        self._sign = sign

    async def _begin(self, head: Head, send: Send) -> AsyncIterator[T]:
        opening = self._exchange.enter_async_context(self._opening)
        if self._keepalive:
            async with _Signs(head, send, self._keepalive, self._sign):
                batches = await opening
        else:
            batches = await opening
        await head.send()
        return batches


class _Signs:
    """Sends the head, then signs of life, while the block inside waits too long."""

    __slots__ = ("_every", "_head", "_over", "_send", "_sign", "_task", "_timer")

    def __init__(self, head: Head, send: Send, every: float, sign: bytes) -> None:
        self._head = head
        self._send = send
        self._every = every
        self._sign = sign
        self._over = asyncio.Event()
        self._task: Task[None] | None = None
        self._timer: TimerHandle | None = None

    async def __aenter__(self) -> None:
        """Begin to wait; most blocks are left before there is a task."""
        self._timer = asyncio.get_running_loop().call_later(self._every, self._start)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Let a sign that is being sent go out whole; nothing is sent after that."""
        if self._timer is not None:
            self._timer.cancel()
        self._over.set()
        if self._task is None:
            return
        if kind is asyncio.CancelledError:
            self._task.cancel()  # it may be stuck in a client that reads nothing
            await asyncio.wait((self._task,))
        else:
            await self._task

    def _start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        await self._head.send()
        while not self._over.is_set():
            await self._send({"type": "http.response.body", "body": self._sign, "more_body": True})
            try:
                async with asyncio.timeout(self._every):
                    await self._over.wait()
            except TimeoutError:
                continue
