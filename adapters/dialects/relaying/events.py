"""A streamed answer in events, on its way to a client that speaks the upstream's dialect.

Bytes pass but for what the dialect puts right. What every dialect has in common is here: events
go on as soon as they are whole, an error or a cut ends the answer, and characters that are line
ends to clients in Python are escaped (docs/wire/dialects.md 0.2).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from adapters.dialects.relaying.exchange import Conceal, concealed, cut_off, no_answer
from adapters.dialects.wire.framing import MAX_EVENT, EventCutter, payload_of
from ports.errors import BackendError
from ports.raw import RawReply

END = b"\n\n"
DATA = b"data: "

_LAST = (b"}", b"]")
"""How the data of a whole event ends."""

_LINE_ENDS = (
    ("\u0085".encode(), rb"\u0085"),
    ("\u2028".encode(), rb"\u2028"),
    ("\u2029".encode(), rb"\u2029"),
)


class RelayedEvents(ABC):
    """One answer: network reads go in, whole events come out (`relaying.exchange.Passing`).

    Comments pass as well. What comes before the first piece of an answer waits for it: that
    decides about the status.
    """

    __slots__ = ("_cutter", "_held", "_waiting", "conceal", "done", "error", "pieces", "started")

    _mark: ClassVar[bytes] = b""
    """What ends a good answer whose server has left that out, where one may."""

    def __init__(self) -> None:
        self.conceal: Conceal = str
        """Known when the answer is here."""
        self._cutter = EventCutter()
        self._waiting: list[bytes] = []
        self._held = 0
        """Bytes that have come before the first piece."""
        self.started = False
        """Whether a piece of an answer has come; `_event` says so."""
        self.done = False
        self.error: BackendError | None = None
        self.pieces = 0
        """How many reads there were."""

    def meet(self, reply: RawReply) -> None:
        """Take the head of the answer."""
        self.conceal = reply.conceal

    def feed(self, data: bytes) -> bytes:
        """Take one network read, return the events that it completes, perhaps none."""
        self.pieces += 1
        try:
            return self._passed(self._cutter.cut(data))
        except BackendError as error:
            self.error = error
            return b""

    def finish(self) -> bytes:
        """Say that the body has ended, return an event that no blank line ended, and the mark.

        There is an `error` then unless the answer was complete.
        """
        rest = self._cutter.rest()
        if rest.rstrip().endswith(_LAST):
            rest = self._passed(rest)
        elif _is_torn(rest):
            self.error = cut_off()
            return b""
        else:
            rest = b""
        if not self.done and self.error is None:
            self.error = self._missing()
            self.done = self.error is None
            rest += self._mark if self.done else b""
        return rest

    def says(self, passed: bytes) -> bool:
        """Tell whether the model says something in these events."""
        return any(
            self._says(payload) for event in passed.split(END) if (payload := payload_of(event))
        )

    @abstractmethod
    def _says(self, payload: bytes) -> bool:
        """Tell whether the model says something in the data of an event."""

    @abstractmethod
    def _event(self, payload: bytes) -> bytes:
        """Return the data of an event as the client gets it, empty if it does not.

        Sets `started` with the first piece of an answer, `done` behind the last one. Raises the
        error that it tells of.
        """

    @abstractmethod
    def _missing(self) -> BackendError | None:
        """Tell what is wrong with an answer that ends here, `None` if it is complete."""

    def _run(self, _whole: bytes, start: int) -> tuple[bytes, int]:
        """Return what goes on of a run of events that need not be read, and where it ends."""
        return b"", start

    def _passed(self, whole: bytes) -> bytes:
        passed = self._waiting
        start = 0
        while start < len(whole) and not self.done and self.error is None:
            run, start = self._run(whole, start)
            if run:
                passed.append(run)
                continue
            end = whole.find(END, start)
            event = whole[start : end if end >= 0 else None].strip(b"\n")
            start = end + len(END) if end >= 0 else len(whole)
            if event:
                try:
                    passed.append(self._kept(event))
                except BackendError as error:
                    self.error = concealed(error, self.conceal)
        if not self.started:
            self._held += len(whole)
            if self._held > MAX_EVENT:
                self.error = self.error or no_answer()
            return b""
        self._waiting = []
        return b"".join(passed)

    def _kept(self, event: bytes) -> bytes:
        payload = payload_of(event)
        if payload:
            kept = self._event(payload)
            if not kept:
                return b""
            if kept is not payload:
                event = _replaced(event, payload, kept)
        elif not event.startswith(b":"):
            return b""
        return (event if event.isascii() else on_one_line(event)) + END


def _is_torn(rest: bytes) -> bool:
    """Tell whether what no blank line ended is more than blank lines and comments."""
    return any(line and not line.startswith(b":") for line in rest.split(b"\n"))


def on_one_line(text: bytes) -> bytes:
    """Escape what JSON may hold and clients in Python take for a line end, and mend its UTF-8."""
    try:
        text.decode()
    except UnicodeDecodeError:
        text = text.decode("utf-8", "replace").encode()
    for character, escaped in _LINE_ENDS:
        text = text.replace(character, escaped)
    return text


def _replaced(event: bytes, payload: bytes, kept: bytes) -> bytes:
    """Put other data into an event, whose name and comments stay."""
    if event.count(payload) == 1:
        return event.replace(payload, kept)
    others = [line for line in event.split(b"\n") if line.partition(b":")[0] != b"data"]
    return b"\n".join((*others, *(DATA + line for line in kept.split(b"\n"))))
