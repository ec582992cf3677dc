"""Lines of requests: several together, whole, in order, and none that gets stuck."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from io import StringIO
from pathlib import Path
from select import select
from threading import Event, Thread

import pytest
from loguru import logger
from msgspec import Struct

from app.settings import Logging
from app.telemetry import logs
from app.telemetry.lines import MOST_BYTES, Lines, Shared, Sink, Told
from tests.waiting import until

CANARY = chr(99) + "anary"
"""Put together, so that no line of this file that a traceback shows has it."""

SECONDS = 10.0
"""Until a test gives up."""


class Nothing(Struct):
    """No members."""


class Kept:
    """A sink that knows what was written at once."""

    def __init__(self, *, on_write: Callable[[], object] = lambda: None) -> None:
        self.writes: list[str] = []
        self._on_write = on_write

    def write(self, lines: str) -> None:
        self.writes.append(lines)
        self._on_write()

    @property
    def messages(self) -> list[str]:
        return [json.loads(line)["message"] for line in "".join(self.writes).splitlines()]


def told(message: str) -> Told:
    return Told(message, Nothing())


def add(lines: Lines, *messages: str) -> None:
    for message in messages:
        lines.add("INFO", partial(told, message))


def lines_to(*sinks: Sink, now: Callable[[], float] = time.time) -> Lines:
    lines = Lines(now)
    lines.sinks = [Shared(lines, sink) for sink in sinks]
    return lines


async def test_those_of_a_moment_are_written_together_and_soon() -> None:
    one, other = Kept(), Kept()
    lines = lines_to(one, other)

    add(lines, "1", "2", "3")
    assert not one.writes
    await until(lambda: one.writes)
    add(lines, "4")
    await until(lambda: len(one.writes) > 1)

    assert one.messages == other.messages == ["1", "2", "3", "4"]
    assert len(one.writes) == len(other.writes) == 2


def test_without_an_event_loop_a_line_is_written_at_once() -> None:
    sink = Kept()

    add(lines_to(sink), "1")

    assert sink.messages == ["1"]


async def test_once_it_hurries_no_line_waits_nor_one_that_came_before() -> None:
    text = StringIO()
    logs.configure(Logging(format="json"), text)

    logs.write("INFO", partial(told, "1"))
    logs.hurry()
    logs.write("INFO", partial(told, "2"))

    written = [json.loads(line)["message"] for line in text.getvalue().splitlines()]
    assert written == ["1", "2"]


async def test_a_line_has_the_time_of_what_it_tells_not_of_its_writing() -> None:
    sink, times = Kept(), iter([1_000_000_000.0, 1_000_000_000.25])
    lines = lines_to(sink, now=partial(next, times))

    add(lines, "1", "2")
    lines.flush()

    written = [json.loads(line)["time"] for line in sink.writes[0].splitlines()]
    assert [datetime.fromisoformat(at).timestamp() for at in written] == [1e9, 1e9 + 0.25]
    assert all(datetime.fromisoformat(at).utcoffset() is not None for at in written)


@pytest.mark.parametrize("length", [1, 700, 3000, 4096, 70_000])
async def test_what_is_written_at_once_is_what_a_pipe_takes_whole(length: int) -> None:
    sink = Kept()
    lines = lines_to(sink)

    add(lines, *[f"{number}{'é' * length}" for number in range(20)])
    lines.flush()

    assert [int(message.rstrip("é")) for message in sink.messages] == list(range(20))
    assert all(write.endswith("\n") for write in sink.writes)
    for write in sink.writes:
        assert len(write.encode()) <= MOST_BYTES or write.count("\n") == 1
    # As few as can be: with its first line the next one would have been too long.
    for write, after in zip(sink.writes, sink.writes[1:], strict=False):
        assert len(write.encode()) + len(after.splitlines()[0].encode()) + 1 > MOST_BYTES


async def test_a_line_that_cannot_be_told_costs_no_other_one_and_says_so() -> None:
    def untold() -> Told:
        raise LookupError(CANARY)

    sink = Kept()
    lines = lines_to(sink)

    add(lines, "1")
    lines.add("INFO", untold)
    add(lines, "3")
    lines.flush()

    assert sink.messages == ["1", "a line could not be put together", "3"]
    line = json.loads(sink.writes[0].splitlines()[1])
    assert (line["level"], line["exception"]) == ("ERROR", "LookupError")
    assert "in untold" in line["traceback"]
    assert CANARY not in sink.writes[0]


async def test_loguru_s_line_comes_behind_those_that_waited() -> None:
    text = StringIO()
    logs.configure(Logging(format="json"), text)

    logs.write("INFO", partial(told, "1"))
    logger.info("2")
    logs.write("INFO", partial(told, "3"))
    logger.remove()

    assert [json.loads(line)["message"] for line in text.getvalue().splitlines()] == ["1", "2", "3"]


def test_what_waited_in_a_loop_that_has_ended_is_not_in_the_way_of_the_next_one() -> None:
    sink = Kept()
    lines = lines_to(sink)

    async def add_one(name: str, after: Callable[[], Awaitable[None]]) -> None:
        add(lines, name)
        await after()

    asyncio.run(add_one("1", partial(asyncio.sleep, 0)))
    assert not sink.writes
    asyncio.run(add_one("2", partial(until, lambda: sink.writes)))

    assert sink.messages == ["1", "2"]


def test_what_comes_while_another_thread_writes_is_written_by_that_one() -> None:
    is_writing, may_go_on = Event(), Event()

    def wait() -> None:
        is_writing.set()
        may_go_on.wait(SECONDS)

    sink = Kept(on_write=wait)
    lines = lines_to(sink)
    slow = Thread(target=add, args=(lines, "1"))
    slow.start()
    assert is_writing.wait(SECONDS)
    add(lines, "2")  # does not wait
    may_go_on.set()
    slow.join(SECONDS)

    assert sink.messages == ["1", "2"]


async def test_what_a_full_disk_costs_is_told_too_where_loguru_s_line_came_behind_others(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = StringIO()
    logs.configure(Logging(format="json", file="/dev/full"), text)

    logs.write("INFO", partial(told, "1"))
    logger.info("2")
    logger.remove()

    why = "1 lines so far could not be written to logging.file: No space left on device"
    written = [json.loads(line)["message"] for line in text.getvalue().splitlines()]
    assert written == ["1", why, "2"]
    assert capsys.readouterr().err == ""


def test_a_sink_that_complains_waits_for_no_thread_that_waits_for_it(tmp_path: Path) -> None:
    file, text, is_told = tmp_path / "pipe", StringIO(), Event()
    os.mkfifo(file)
    reader = os.open(file, os.O_RDONLY | os.O_NONBLOCK)
    logs.configure(Logging(format="json", file=str(file)), text)

    def tell() -> Told:
        is_told.set()
        return told("1")

    async def log() -> None:
        logs.write("INFO", tell)
        logger.info("2")  # holds loguru's lock of stderr while 1 is written to the file before it

    stuck = Thread(target=logger.info, args=("more than a pipe holds" * 10_000,), daemon=True)
    stuck.start()
    assert select([reader], [], [], SECONDS)[0]
    other = Thread(target=lambda: asyncio.run(log()), daemon=True)
    other.start()
    assert is_told.wait(SECONDS)
    os.close(reader)  # what is stuck fails
    for thread in (stuck, other):
        thread.join(SECONDS)
        assert not thread.is_alive()

    assert "1 lines so far could not be written to logging.file" in text.getvalue()


def test_a_sink_that_complains_does_not_stop_another_thread_that_logs() -> None:
    text = StringIO()
    logs.configure(Logging(format="json", file="/dev/full"), text)
    go = Event()

    def log() -> None:
        go.wait(SECONDS)
        for _ in range(200):
            logger.info("by loguru")

    threads = [Thread(target=log, daemon=True) for _ in range(3)]
    for thread in threads:
        thread.start()
    go.set()
    for _ in range(200):
        logs.write("INFO", partial(told, "past it"))
    for thread in threads:
        thread.join(SECONDS)

    assert not any(thread.is_alive() for thread in threads)
    logger.remove()
    messages = [json.loads(line)["message"] for line in text.getvalue().splitlines()]
    assert messages.count("by loguru") == 600
    assert messages.count("past it") == 200
