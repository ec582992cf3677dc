"""Lines of JSON that go to the log's sinks past loguru: one for each request, several at once.

Loguru would look for who calls, make a record of twelve members, and format that for each sink.
Here a request leaves only what its line is to say, and the lines of some milliseconds are put
together and written in one go: what a server does a hundred times a second finds its code and
data cold each time, and that costs more than the work itself.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from threading import Lock, RLock
from typing import Protocol

import msgspec
from loguru import logger
from msgspec import Struct

from app.telemetry.failures import failure_of

TOGETHER_SECONDS = 0.01
"""How long a line waits for others. Whoever kills the process with SIGKILL loses these."""
MOST_BYTES = 4096
"""Of lines in one write: what a pipe takes whole, however many processes write to it (PIPE_BUF in
Linux' pipe(7))."""


class Sink(Protocol):
    """What lines are written to."""

    def write(self, lines: str, /) -> object:
        """Write some, each with its end."""


class Told(Struct, frozen=True, gc=False):
    """What a line says."""

    message: str
    """To people."""
    members: Struct
    """To programs."""


Tell = Callable[[], Told]
"""Puts that together; called when the line is written, in any thread."""


class Lines:
    """The lines that wait to be written, and the sinks of JSON lines they are written to."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self.sinks: list[Shared] = []
        self.least = 0
        """The level, as loguru numbers them, below which nothing is written."""
        self.at_once = False
        """Nothing waits: nobody knows whether there will be time for it."""
        self._waiting: deque[tuple[float, str, Tell]] = deque()
        self._due: asyncio.AbstractEventLoop | None = None
        """The loop that is going to write what waits."""
        self._writing = Lock()

    def add(self, level: str, tell: Tell) -> None:
        """Write a line soon, with the time of now; without a running event loop at once."""
        self._waiting.append((self._now(), level, tell))
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.flush()
        else:
            if self.at_once:
                self.flush()
            elif loop is not self._due:
                self._due = loop
                loop.call_later(TOGETHER_SECONDS, self.flush)

    def flush(self) -> None:
        """Write what waits, unless another thread is about it: then that one does."""
        self._due = None
        # Never waits: this very thread may be about it, further out.
        while self._waiting and self._writing.acquire(blocking=False):
            try:
                for lines in _together(self._told()):
                    for sink in self.sinks:
                        sink.put(lines)
            finally:
                self._writing.release()

    def _told(self) -> Iterator[bytes]:
        while self._waiting:
            at, level, tell = self._waiting.popleft()
            if logger.level(level).no < self.least:
                continue
            time_of_it = datetime.fromtimestamp(at).astimezone()
            try:
                told = tell()
                line = line_of(time_of_it, level, told.message, encode(told.members))
            except Exception as bug:  # noqa: BLE001 - the others' lines are not to be lost by it
                failure = encode(failure_of(bug, content=False))
                line = line_of(time_of_it, "ERROR", "a line could not be put together", failure)
            yield line


class Shared:
    """A sink that loguru and `Lines` take turns with, until loguru stops it.

    What loguru writes comes behind the lines that waited before it. Where nobody reads any more,
    lines are lost: no request may fail for want of its line.
    """

    def __init__(self, lines: Lines, sink: Sink) -> None:
        self._lines = lines
        self._write = sink.write
        self._flush = getattr(sink, "flush", _nothing)
        self._stop = getattr(sink, "stop", _nothing)
        self._lock = RLock()  # a signal may be told of in the middle of a line

    def write(self, line: str, /) -> None:
        """Write one of loguru's."""
        self._lines.flush()
        self.put(line)

    def put(self, lines: str) -> None:
        """Write some, before whatever waits."""
        with self._lock:
            try:
                self._write(lines)
                self._flush()
            except (OSError, ValueError, RuntimeError):
                pass  # a broken pipe, a closed stream, a line in the middle of another one

    def stop(self) -> None:
        """Write what waits, and close it."""
        self._lines.flush()
        self._lines.sinks = [sink for sink in self._lines.sinks if sink is not self]
        self._stop()


def line_of(at: datetime, level: str, message: str, *more: bytes) -> bytes:
    """Return a line of JSON and its end, with the members of the objects `more`."""
    # By hand, since a line is written for each request.
    head = f'{{"time":"{at.isoformat(timespec="microseconds")}","level":"{level}","message":'
    members = [b"," + encoded[1:-1] for encoded in more if encoded != b"{}"]
    return b"".join((head.encode(), encode(message), *members, b"}\n"))


encode = msgspec.json.Encoder(enc_hook=str).encode
"""Encodes anything: what JSON has no form for, as `str` shows it."""


def _together(lines: Iterable[bytes]) -> Iterator[str]:
    """Join lines as long as a pipe takes them whole."""
    some: list[bytes] = []
    size = 0
    for line in lines:
        if some and size + len(line) > MOST_BYTES:
            yield b"".join(some).decode()
            some, size = [], 0
        some.append(line)
        size += len(line)
    if some:
        yield b"".join(some).decode()


def _nothing() -> None:
    """Do nothing."""
