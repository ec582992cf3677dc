from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from adapters.dialects.replies.batches import Receive, Send
from adapters.web.hangup import GRACE_SECONDS, Hangup
from adapters.web.outgoing import Outgoing
from tests.fakes.clock import FakeClock
from tests.unit.adapters.web.client import Connection
from tests.waiting import until

pytestmark = pytest.mark.usefixtures("no_task_is_left_behind")


class Watched(Hangup):
    """A watched client, and the answer that goes out to it."""

    def __init__(self, receive: Receive, send: Send, *, grace: float = GRACE_SECONDS) -> None:
        super().__init__(receive, lambda: 1, grace=grace)
        self.send = Outgoing(send, self, lambda: 1).send


class Referable(Hangup):
    """One that a weak reference can be had of, for it has no slots of its own."""


Work = Callable[[Watched], Awaitable[None]]
HEAD = {"type": "http.response.start", "status": 200, "headers": []}
END = {"type": "http.response.body", "body": b"end"}
PIECE = {"type": "http.response.body", "body": b"piece", "more_body": True}


async def serve(work: Work, hangup: Watched) -> None:
    async with hangup:
        await work(hangup)


def serving(
    work: Work, connection: Connection, *, grace: float = 0.0
) -> tuple[asyncio.Task[None], Watched]:
    hangup = Watched(connection.receive, connection.send, grace=grace)
    return asyncio.create_task(serve(work, hangup)), hangup


class Waiting:
    """Work that reads its body, begins an answer if told to, and waits for good."""

    def __init__(self, *messages: Any) -> None:
        self._messages = messages
        self.waits = False
        self.cancelled = False

    async def __call__(self, hangup: Watched) -> None:
        await hangup.receive()
        for message in self._messages:
            await hangup.send(message)
        self.waits = True
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise


@pytest.mark.parametrize("sent", [(), (HEAD,), (HEAD, PIECE)])
async def test_a_hangup_cancels_work_before_the_first_byte_and_in_the_middle(
    sent: tuple[Any, ...],
) -> None:
    connection, work = Connection(), Waiting(*sent)
    task, hangup = serving(work, connection)
    await until(lambda: work.waits)

    connection.disconnected.set()
    await task

    assert work.cancelled
    assert hangup.gone
    assert task.cancelling() == 0


async def test_a_hangup_during_the_grace_period_is_noticed_at_its_end() -> None:
    connection, work = Connection(), Waiting()
    task, hangup = serving(work, connection, grace=0.01)
    await until(lambda: work.waits)

    connection.disconnected.set()
    await task

    assert hangup.gone


async def test_work_that_does_not_wait_for_anything_is_cancelled_at_its_next_await() -> None:
    connection = Connection()
    steps: list[int] = []

    async def busy(hangup: Watched) -> None:
        await hangup.receive()
        while True:
            steps.append(len(steps))
            await asyncio.sleep(0)

    task, hangup = serving(busy, connection)
    await until(lambda: steps)

    connection.disconnected.set()
    await task

    assert hangup.gone


async def test_a_client_that_goes_while_it_sends_its_body_cancels_the_work() -> None:
    connection = Connection([b"first", b"never comes"])
    seen: list[Any] = []

    async def reading(hangup: Watched) -> None:
        seen.append(await hangup.receive())
        connection.disconnected.set()
        seen.append(await hangup.receive())
        seen.append("read on")

    task, hangup = serving(reading, connection)
    await task

    assert [message["body"] for message in seen] == [b"first"]
    assert hangup.gone


async def test_any_other_cancellation_passes() -> None:
    connection, work = Connection(), Waiting()
    task, hangup = serving(work, connection)
    await until(lambda: work.waits)

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert not hangup.gone


async def test_a_cancellation_from_outside_at_the_same_time_as_a_hangup_passes() -> None:
    connection, work = Connection(), Waiting()
    task, hangup = serving(work, connection)
    await until(lambda: work.waits)

    connection.disconnected.set()
    await until(lambda: hangup.gone, every=0)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_timeout_inside_keeps_its_meaning() -> None:
    connection, seen = Connection(), []

    async def impatient(hangup: Watched) -> None:
        await hangup.receive()
        try:
            async with asyncio.timeout(0.001):
                await asyncio.Event().wait()
        except TimeoutError:
            seen.append("timeout")

    task, hangup = serving(impatient, connection)
    await task

    assert seen == ["timeout"]
    assert not hangup.gone


async def test_a_disconnect_after_the_whole_answer_cancels_nothing() -> None:
    connection, done = Connection(), []

    async def tidying(hangup: Watched) -> None:
        await hangup.receive()
        await hangup.send(HEAD)
        await hangup.send(END)  # the connection says "disconnected" from here on
        for _ in range(5):
            await asyncio.sleep(0)
        assert (await hangup.receive())["type"] == "http.disconnect"
        done.append("tidy")

    task, hangup = serving(tidying, connection)
    await task

    assert done == ["tidy"]
    assert not hangup.gone


async def test_work_that_waits_for_the_disconnect_itself_gets_it() -> None:
    connection, seen = Connection(), []

    async def listening(hangup: Watched) -> None:
        await hangup.receive()
        await hangup.send(HEAD)
        listener = asyncio.create_task(hangup.receive())
        connection.disconnected.set()
        try:
            await asyncio.Event().wait()
        finally:
            seen.append(await listener)

    task, hangup = serving(listening, connection, grace=60)
    await task

    assert seen == [{"type": "http.disconnect"}]
    assert hangup.gone


async def test_a_listener_that_gives_up_does_not_stop_the_watch() -> None:
    connection, work = Connection(), Waiting()

    async def listening(hangup: Watched) -> None:
        await hangup.receive()
        listener = asyncio.create_task(hangup.receive())
        await asyncio.sleep(0)
        listener.cancel()
        work.waits = True
        await asyncio.Event().wait()

    task, hangup = serving(listening, connection)
    await until(lambda: work.waits)

    connection.disconnected.set()
    await task

    assert hangup.gone


@pytest.mark.parametrize("message", [HEAD, PIECE])
async def test_sending_to_a_closed_connection_ends_the_work_and_raises_nothing_out(
    message: dict[str, Any],
) -> None:
    connection, after = Connection(), []

    async def closed(_message: Any) -> None:
        raise ConnectionResetError

    async def sending(hangup: Watched) -> None:
        await hangup.receive()
        await hangup.send(message)
        after.append("went on")

    hangup = Watched(connection.receive, closed)
    await asyncio.create_task(serve(sending, hangup))

    assert not after
    assert hangup.gone


async def test_a_connection_that_closes_at_the_last_byte_is_no_hangup() -> None:
    async def closed(_message: Any) -> None:
        raise BrokenPipeError

    hangup = Watched(Connection().receive, closed)
    await asyncio.create_task(serve(lambda hangup: hangup.send(END), hangup))

    assert not hangup.gone


async def test_work_that_swallows_the_cancellation_leaves_a_clean_task() -> None:
    connection, work = Connection(), Waiting()

    async def stubborn(hangup: Watched) -> None:
        try:
            await work(hangup)
        except asyncio.CancelledError:
            return

    task, hangup = serving(stubborn, connection)
    await until(lambda: work.waits)

    connection.disconnected.set()
    await task

    assert hangup.gone
    assert task.cancelling() == 0


async def test_an_error_of_the_work_passes_and_the_watch_ends() -> None:
    async def failing(hangup: Watched) -> None:
        await hangup.receive()
        await asyncio.sleep(0.001)
        raise ValueError("broken")

    task, _ = serving(failing, Connection())

    with pytest.raises(ValueError, match="broken"):
        await task


async def test_a_server_whose_receive_fails_is_not_reported_as_an_unseen_failure() -> None:
    calls: list[str] = []

    async def receive() -> Any:
        calls.append("receive")
        if len(calls) > 1:
            raise RuntimeError("the server broke")
        return {"type": "http.request", "body": b""}

    async def working(hangup: Watched) -> None:
        await hangup.receive()
        await until(lambda: len(calls) > 1)
        await asyncio.sleep(0)

    hangup = Watched(receive, Connection().send, grace=0)
    await asyncio.create_task(serve(working, hangup))

    assert not hangup.gone


async def test_nothing_of_a_watched_request_waits_to_be_collected() -> None:
    connection, watched = Connection(), asyncio.Event()

    async def receive() -> Any:
        if connection.received:
            watched.set()
        return await connection.receive()

    gc.collect()
    gc.disable()
    try:
        hangup = Referable(receive, lambda: 1, grace=0)
        async with hangup:
            await hangup.receive()
            await watched.wait()
        left = weakref.ref(hangup)
        del hangup
        await asyncio.sleep(0)  # the loop holds what it has just run

        assert left() is None
    finally:
        gc.enable()


async def test_how_long_the_body_was_waited_for_is_told() -> None:
    clock = FakeClock()
    messages = [
        (2, {"type": "http.request", "body": b"ab", "more_body": True}),
        (3, {"type": "http.request", "body": b"c", "more_body": False}),
    ]

    async def receive() -> Any:
        seconds, message = messages.pop(0)
        clock.advance(seconds)
        return message

    hangup = Hangup(receive, clock.monotonic_ns)
    async with hangup:
        clock.advance(10)
        await hangup.receive()
        clock.advance(10)
        await hangup.receive()
        clock.advance(10)

    assert hangup.received == 3
    assert (hangup.waited_ns, hangup.whole_ns) == (5e9, 25e9)
