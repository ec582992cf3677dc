"""A streamed answer of an Ollama server, on its way to an Ollama client."""

from __future__ import annotations

import msgspec
from msgspec import Raw

from adapters.dialects.ollama.relay.exchange import raise_error, read_members
from adapters.dialects.ollama.relay.tap import called_in, outcome_of, says
from adapters.dialects.ollama.replies import encode
from adapters.dialects.relaying.bodies import Members
from adapters.dialects.relaying.events import on_one_line
from adapters.dialects.relaying.exchange import Conceal, cut_off
from adapters.dialects.wire.escaping import splits
from adapters.dialects.wire.framing import LineReader
from ports.errors import BackendError, BackendProtocolError
from ports.observer import Outcome

_HEAD = b'{"model":'
_TRUE = b"true"

# What a line holds, as Ollama writes it, that is more than a piece of an answer. Quotes inside
# texts are escaped, so only a tool's arguments can hold the same by chance; then the line is
# looked at for nothing.
_ERROR = b'"error":'
_DONE = b'"done":true'
_CALLS = b'"tool_calls":'
_MORE = b',"done":false}\n'
"""How nearly every line ends but the last: such a one needs no search for `_DONE`."""


class RelayedLines:
    """A streamed answer, with the model named as the client did.

    Lines go on as soon as they are whole; nobody can read half of one. `done` is true once
    the last line of a good answer was returned. `error` is what went wrong instead: `feed` and
    `finish` have returned the lines before it, and nothing follows.
    """

    __slots__ = (
        *("_asked", "_called", "_last", "_named", "_pieces", "_reader", "_renames"),
        *("conceal", "done", "error"),
    )

    def __init__(self, *, model: str, asked: str) -> None:
        """Take the model as it was sent upstream, and as the client named it."""
        self._renames = model != asked
        self._named = _named(model)
        self._asked = _named(asked)
        self.conceal: Conceal = str
        """Set once the answer is there."""
        self._reader = LineReader()
        self._last: Members = {}
        """Of the line that says that it is the last one."""
        self._called: list[str] = []
        """Names of the tools that the lines call."""
        self._pieces = 0
        self.done = False
        self.error: BackendError | None = None

    def feed(self, data: bytes) -> bytes:
        """Take one network read, return the lines that it completes, perhaps none."""
        self._pieces += 1
        # By far the most common read: one line, a piece of the answer.
        find = data.find
        if (
            data.startswith(self._named)
            and find(b"\n") == len(data) - 1
            and (data.endswith(_MORE) or (data.endswith(b"}\n") and find(_DONE) < 0))
            and find(_ERROR) < 0
            and find(_CALLS) < 0
            and (data.isascii() or _is_plain(data))
            and not self._reader.tail
        ):
            return self._asked + data[len(self._named) :] if self._renames else data
        try:
            return self._passed(self._reader.feed(data))
        except BackendError as error:
            self.error = error
            return b""

    def outcome(self) -> Outcome:
        """Tell what was read of the answer."""
        return outcome_of(self._last, tools=self._called, pieces=self._pieces, error=self.error)

    def finish(self) -> bytes:
        """Say that the body has ended, return what was still held.

        There is an `error` then if no line said that the answer is complete.
        """
        held = self._reader.finish()
        rest = self._passed(held) if all(map(_is_whole, held)) else b""
        if not self.done and self.error is None:
            self.error = cut_off()
        return rest

    def says(self, passed: bytes) -> bool:
        """Tell whether the model says something in these lines."""
        return any(map(says, passed.splitlines()))

    def _passed(self, lines: list[bytes]) -> bytes:
        passed = []
        for line in lines:
            if self.done or self.error is not None:
                break
            try:
                passed.append(self._line(line))
            except BackendError as error:
                self.error = error
        return b"".join(passed)

    def _line(self, line: bytes) -> bytes:
        if line.find(_CALLS) >= 0:
            self._called += called_in(line)
        if line.startswith(self._named) and line.endswith(b"}") and _is_piece(line):
            return self._asked + line[len(self._named) :] + b"\n"
        members = read_members(line)
        raise_error(members, self.conceal)
        if "done" not in members:
            raise BackendProtocolError("invalid response from upstream")
        self.done = bytes(members["done"]) == _TRUE
        if self.done:
            self._last = members
        if line.startswith(self._named):
            line = self._asked + line[len(self._named) :]
        elif self._renames and "model" in members:
            line = msgspec.json.encode(members | {"model": Raw(self._asked[len(_HEAD) : -1])})
        # Ollama itself escapes two of the three line ends of clients in Python, others none.
        return (line if line.isascii() else on_one_line(line)) + b"\n"


def _is_piece(line: bytes) -> bool:
    """Tell whether a line as Ollama writes them holds a piece of an answer and nothing else."""
    # `in` takes twice as long as `find`: it first tries its left side as a number.
    return line.find(_DONE) < 0 and line.find(_ERROR) < 0 and (line.isascii() or _is_plain(line))


def _is_plain(line: bytes) -> bool:
    try:
        return not splits(line.decode())
    except UnicodeDecodeError:
        return False


def _is_whole(line: bytes) -> bool:
    try:
        read_members(line)
    except BackendProtocolError:
        return False
    return True


def _named(model: str) -> bytes:
    return _HEAD + encode(model) + b","
