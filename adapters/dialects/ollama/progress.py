"""Progress of pulls, pushes and creates, our own and that of an Ollama server behind us.

docs/wire/ollama-api.md 3.8, 4.2: a line for each step, and `success` or an error at the end.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

import msgspec
from msgspec import Struct
from msgspec.json import Decoder

from adapters.dialects.escaping import escape
from adapters.dialects.ollama.replies import encode
from adapters.dialects.scrub import scrub
from ports.errors import BackendFailed, BackendProtocolError

PULLING = "pulling manifest"
WRITING = "writing manifest"
SUCCESS = "success"
NO_SUCH_MODEL = "pull model manifest: file does not exist"
"""What the registry's answer to an unknown name becomes; the command looks for it."""

MAX_LINE = 1024 * 1024
"""Bytes of one line, beyond which an upstream is not telling the truth."""


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


class ProgressLines:
    """The lines of an upstream, passed on when they are whole.

    An error that it tells becomes an exception, so that its words are made fit for a client
    as all others are.
    """

    def __init__(self) -> None:
        self._held = b""
        self._complete = False
        self.error: BackendFailed | None = None
        """What a line told that went wrong; `feed` has returned the lines before it."""

    def feed(self, data: bytes) -> bytes:
        """Take one network read, return the lines that it completes, perhaps none.

        Nothing follows an `error`. Raises `BackendProtocolError` for what is no progress.
        """
        whole, newline, self._held = (self._held + data).rpartition(b"\n")
        if len(self._held) > MAX_LINE:
            raise BackendProtocolError("the upstream sent a line without an end")
        return self._checked(line for line in whole.split(b"\n") if newline)

    def finish(self) -> bytes:
        """Say that the body has ended, return what was still held.

        Raises `BackendProtocolError` if no line told that the work is done.
        """
        rest = self._checked([self._held])
        if not self._complete and self.error is None:
            raise BackendProtocolError("the answer ended before it was complete")
        return rest

    def _checked(self, lines: Iterable[bytes]) -> bytes:
        passed = []
        for line in lines:
            if not line.strip() or self.error is not None:
                continue
            said = _read(line)
            if said.error:
                self.error = BackendFailed(scrub(said.error))
            else:
                self._complete = said.status == SUCCESS
                passed.append(escape(line) + b"\n")
        return b"".join(passed)


async def told(body: AsyncIterator[bytes], lines: ProgressLines) -> AsyncIterator[bytes]:
    """Pass progress on line by line; a cut one ends in an error, as does a failed one."""
    async for data in body:
        if complete := lines.feed(data):
            yield complete
        if lines.error is not None:
            raise lines.error
    if rest := lines.finish():
        yield rest
    if lines.error is not None:
        raise lines.error


def _read(line: bytes) -> _Line:
    try:
        return _LINE.decode(line)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise BackendProtocolError("invalid response from upstream") from error
