"""Progress of pulls, pushes and creates, our own and that of an Ollama server behind us.

docs/wire/ollama-api.md 3.8, 4.2: a line for each step, and `success` or an error at the end.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable

import msgspec
from msgspec import Struct
from msgspec.json import Decoder

from adapters.dialects.ollama.replies import encode
from adapters.dialects.upstreams.scrub import scrub
from adapters.dialects.wire.escaping import escape
from adapters.dialects.wire.framing import LineReader
from ports.errors import BackendError, BackendFailed, BackendProtocolError

PULLING = "pulling manifest"
WRITING = "writing manifest"
SUCCESS = "success"
NO_SUCH_MODEL = "pull model manifest: file does not exist"
"""What the registry's answer to an unknown name becomes; the command looks for it."""

MAX_LINE = 1024 * 1024
"""Bytes of one line, beyond which an upstream is not telling the truth."""


Conceal = Callable[[str], str]
"""See `ports.raw.RawReply`."""


class _Line(Struct):
    """What counts of a line."""

    status: str = ""
    error: str = ""


_LINE = Decoder(_Line)


def encode_progress(*statuses: str, error: str = "") -> bytes:
    """Encode lines of these steps; an `error` is the last of them."""
    lines: list[object] = [{"status": status} for status in statuses]
    if error:
        lines.append({"error": error})
    return b"".join(encode(line) + b"\n" for line in lines)


def encode_success() -> bytes:
    """Encode the answer where no progress was asked for."""
    return encode({"status": SUCCESS})


def succeeded(answer: bytes, conceal: Conceal) -> bytes:
    """Return the answer to work that was done, or raise what it tells instead."""
    said = _read(answer)
    if said.error:
        raise _failure(said.error, conceal)
    if said.status != SUCCESS:
        raise BackendProtocolError("invalid response from upstream")
    return encode_success()


def require_nothing(answer: bytes, conceal: Conceal) -> None:
    """Raise what an answer tells that should be empty."""
    if answer.strip():
        said = _read(answer)
        raise (
            _failure(said.error, conceal)
            if said.error
            else BackendProtocolError("invalid response from upstream")
        )


class ProgressLines:
    """The lines of an upstream, passed on when they are whole.

    An error that it tells becomes an exception, so that its words are made fit for a client
    as all others are.
    """

    def __init__(self, conceal: Conceal = str) -> None:
        self._conceal = conceal
        self._reader = LineReader(MAX_LINE)
        self.done = False
        """Whether the last line told that the work is done: nothing is waited for behind it."""
        self.error: BackendError | None = None
        """What went wrong; `feed` and `finish` have returned the lines before it."""

    def feed(self, data: bytes) -> bytes:
        """Take one network read, return the lines that it completes, perhaps none.

        Nothing follows an `error`.
        """
        try:
            return self._checked(self._reader.feed(data))
        except BackendProtocolError as error:
            self.error = error
            return b""

    def finish(self) -> bytes:
        """Say that the body has ended, return what was still held.

        There is an `error` then if no line told that the work is done.
        """
        rest = self._checked(self._reader.finish())
        if not self.done and self.error is None:
            self.error = BackendProtocolError("the answer ended before it was complete")
        return rest

    def _checked(self, lines: Iterable[bytes]) -> bytes:
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
        said = _read(line)
        if said.error:
            raise _failure(said.error, self._conceal)
        if not said.status:
            raise BackendProtocolError("invalid response from upstream")
        self.done = said.status == SUCCESS
        return self._conceal(escape(line).decode()).encode() + b"\n"


async def passed_on(body: AsyncIterator[bytes], lines: ProgressLines) -> AsyncIterator[bytes]:
    """Pass progress on line by line; a cut one ends in an error, as does a failed one."""
    async for data in body:
        if complete := lines.feed(data):
            yield complete
        if lines.error is not None:
            raise lines.error
        if lines.done:
            return
    if rest := lines.finish():
        yield rest
    if lines.error is not None:
        raise lines.error


def _failure(said: str, conceal: Conceal) -> BackendFailed:
    return BackendFailed(conceal(scrub(said)))


def _read(answer: bytes) -> _Line:
    try:
        if not answer.isascii():
            answer.decode()  # the decoder passes over what it does not know
        return _LINE.decode(answer)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise BackendProtocolError("invalid response from upstream") from error
