"""Cutting a byte stream into server-sent events, or into lines, incrementally.

Bytes are buffered, whole events are cut, and only those are ever decoded: a network chunk is
no line, a line is no character (docs/wire/dialects.md 0.2 and 1.5). The usual read, a run of
`data: …` lines with nothing else in it, is cut by `bytes.split` alone.
"""

from __future__ import annotations

import re

from msgspec import Raw
from msgspec.json import Decoder, Encoder

from adapters.dialects.wire.mending import mend
from ports.errors import BackendProtocolError

MAX_EVENT = 16 * 1024 * 1024
"""Bytes of one unfinished event, beyond which an upstream is not telling the truth."""

_FIELD = b"data: "
_END = b"\n\n"
_BETWEEN = _END + _FIELD
_BOM = b"\xef\xbb\xbf"
_PASSED_OVER = frozenset({b"", b"id", b"retry"})
"""Names of fields without a meaning here; the one of a comment is empty."""
_IS_FIELD = re.compile(rb"[A-Za-z][\w-]*(?::(?! ?[{\[]).*)?", re.DOTALL).fullmatch
"""Others are passed over too, as they must be, but not those that hold what looks like data: that
is the end of a torn line."""
_ANYTHING = Decoder(Raw)
_ENCODER = Encoder()


class EventCutter:
    """Turns network reads into the events they complete, as bytes.

    Every line of theirs ends in LF, whatever it ended in, and every event in a blank one. A
    byte order mark before the first line is no part of it. `idle` is true while the next read
    begins an event, and may be cut by whoever has read it.
    """

    __slots__ = ("_head", "_max_event", "_size", "_skip_lf", "_tail", "idle")

    def __init__(self, max_event: int = MAX_EVENT) -> None:
        self._max_event = max_event
        self._tail: list[bytes] = []
        self._size = 0
        self._skip_lf = False
        self._head: bytes | None = b""
        """What may be the beginning of a byte order mark; `None` once that is decided."""
        self.idle = False

    def cut(self, data: bytes) -> bytes:
        """Take one read, return every event that it completes, in order; there may be none.

        Raises `BackendProtocolError` when an unfinished event has grown beyond its bound.
        """
        if self._head is not None:
            data = self._without_bom(self._head + data)
        if self._skip_lf or b"\r" in data:
            data = self._with_lf(data)
        whole = self._append(data) if self._tail else self._complete(data)
        self.idle = not self._tail and self._head is None and not self._skip_lf
        return whole

    def rest(self) -> bytes:
        """Return a last event that no blank line ended; there may be none."""
        rest = b"".join(self._tail)
        self._tail = []
        self._size = 0
        return rest

    def _append(self, data: bytes) -> bytes:
        # Joining waits until an event can be complete: a huge event in small reads costs
        # one join and not one per read.
        complete = _END in data or (data[:1] == b"\n" and self._tail[-1][-1:] == b"\n")
        return self._complete(self.rest() + data) if complete else self._wait(data)

    def _complete(self, data: bytes) -> bytes:
        if data.endswith(_END):
            return data
        end = data.rfind(_END)
        if end < 0:
            return self._wait(data)
        end += len(_END)
        self._keep(data[end:])
        return data[:end]

    def _wait(self, data: bytes) -> bytes:
        # The bound is looked at here, where nothing is complete that an error would lose.
        self._keep(data)
        if self._size > self._max_event:
            raise BackendProtocolError("the upstream sent an event without an end")
        return b""

    def _keep(self, data: bytes) -> None:
        if data:
            self._size += len(data)
            self._tail.append(data)

    def _without_bom(self, data: bytes) -> bytes:
        if len(data) < len(_BOM) and _BOM.startswith(data):
            self._head = data
            return b""
        self._head = None
        return data.removeprefix(_BOM)

    def _with_lf(self, data: bytes) -> bytes:
        # A CR has already ended its line, so an LF that comes after it is dropped, also when
        # it opens the next read.
        if self._skip_lf and data[:1] == b"\n":
            data = data[1:]
            self._skip_lf = False
        if data:
            self._skip_lf = data[-1:] == b"\r"
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


class EventReader(EventCutter):
    """Turns network reads into the data of the events they complete.

    Several `data:` lines of one event are joined by a newline; comments, `event:`, `id:` and
    `retry:` are passed over, and so are events without data.

    An event named `error`, and one written in a field of that name, is an error whatever its
    data: it comes out as `{"error":[data]}`, data that is not even almost JSON as a string. It
    is a list so that it says something even where the data says nothing.

    `error` is what was wrong with the events themselves: `feed` and `finish` have returned what
    came before it, and nothing follows.
    """

    __slots__ = ("error",)

    def __init__(self, max_event: int = MAX_EVENT) -> None:
        super().__init__(max_event)
        self.error: BackendProtocolError | None = None

    def feed(self, data: bytes) -> list[bytes]:
        """Take one read, return the data of every event that it completes, in order."""
        # By far the most common read is exactly one event, and streams are made of them.
        if self.idle and is_one_event(data):
            return [data[len(_FIELD) : -len(_END)]]
        try:
            whole = self.cut(data)
        except BackendProtocolError as error:
            self.error = error
            return []
        return self._payloads(whole) if whole else []

    def finish(self) -> list[bytes]:
        """Return the data of a last event that no blank line ended."""
        rest = self.rest()
        return self._payloads(rest) if rest else []

    def _payloads(self, events: bytes) -> list[bytes]:
        # The caller has made sure that every line ends in LF.
        if events.startswith(_FIELD) and events.endswith(_END):
            payloads = events[len(_FIELD) : -len(_END)].split(_BETWEEN)
            if events.count(b"\n") == len(_END) * len(payloads):
                return payloads
        payloads = []
        try:
            for event in events.split(_END):
                if payload := payload_of(event):
                    payloads.append(payload)
        except BackendProtocolError as error:
            self.error = error
        return payloads


def is_one_event(data: bytes) -> bool:
    """Tell whether a read is one event of one line of data, and nothing else."""
    # `in` takes twice as long as `find`: it first tries its left side as a number.
    return (
        data.find(b"\n") == len(data) - len(_END)
        and data.endswith(_END)
        and data.startswith(_FIELD)
        and data.find(b"\r") < 0
    )


class LineReader:
    """Turns network reads into the lines they complete, without their ends.

    Lines end in LF or CRLF; blank ones are passed over (docs/wire/dialects.md 3.4).
    """

    __slots__ = ("_max_line", "_size", "tail")

    def __init__(self, max_line: int = MAX_EVENT) -> None:
        self._max_line = max_line
        self.tail: list[bytes] = []
        """The beginning of a line that waits for its end, in the pieces in which it came."""
        self._size = 0

    def feed(self, data: bytes) -> list[bytes]:
        """Take one read, return every line that it completes, in order.

        Raises `BackendProtocolError` when an unfinished line has grown beyond its bound.
        """
        end = data.rfind(b"\n")
        if end < 0:
            # The bound is looked at here, where no line is complete that an error would lose.
            self._keep(data)
            if self._size > self._max_line:
                raise BackendProtocolError("the upstream sent a line without an end")
            return []
        if self.tail:
            # Joined once a line is complete: a huge one in small reads costs one join.
            whole = b"".join((*self.tail, data[:end]))
            self.tail = []
            self._size = 0
        else:
            whole = data[:end]
        if end + 1 < len(data):
            self._keep(data[end + 1 :])
        return _lines(whole)

    def finish(self) -> list[bytes]:
        """Return a last line that nothing ended."""
        rest = b"".join(self.tail)
        self.tail = []
        self._size = 0
        return _lines(rest)

    def _keep(self, data: bytes) -> None:
        self._size += len(data)
        self.tail.append(data)


def _lines(data: bytes) -> list[bytes]:
    if b"\n" not in data and data[:1] == b"{" and data[-1:] == b"}":
        return [data]  # by far the most common read
    return [line for piece in data.split(b"\n") if (line := piece.strip())]


def payload_of(event: bytes) -> bytes:
    """Return the data of one event, whose lines end in LF, as an `EventReader` does.

    Raises `BackendProtocolError` for a line that is none of an event's: something has got lost.
    """
    values = []
    errors = []
    named = b""
    for line in event.split(b"\n"):
        name, _, value = line.partition(b":")
        if name == b"data":
            values.append(value.removeprefix(b" "))
        elif name == b"event":
            named = value.strip()
        elif name == b"error":
            errors.append(value.removeprefix(b" "))
        elif name not in _PASSED_OVER and not _IS_FIELD(line):
            raise BackendProtocolError("the upstream sent what is no event")
    if errors or named == b"error":
        return _error(b"\n".join(errors or values))
    return b"\n".join(values)


def _error(data: bytes) -> bytes:
    try:
        _ANYTHING.decode(data)
    except (ValueError, RecursionError):
        data = _mended(data)
    return b'{"error":[' + data + b"]}"


def _mended(data: bytes) -> bytes:
    try:
        return mend(data)
    except ValueError:
        return _ENCODER.encode(data.decode("utf-8", "replace"))
