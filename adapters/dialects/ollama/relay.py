"""Bytes between an Ollama client and an Ollama server: only the model's name is put right.

Everything else survives: unknown members, the spelling of numbers, the order of keys
(docs/wire/ollama-api.md 8.9).
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec
from msgspec import Raw
from msgspec.json import Decoder

from adapters.dialects.ollama.outbound_errors import decode_line
from adapters.dialects.ollama.replies import encode
from ports.errors import BackendProtocolError, GatewayError

Members = dict[str, Raw]

_MEMBERS = Decoder(Members)
_NEXT_LINE = b"\xc2\x85"
_NEXT_LINE_ESCAPED = b"\\u0085"
_DONE = b'"done":true'
_ERROR = b'{"error":'


def members_of(body: bytes) -> Members | None:
    """Take the outermost object of a body apart, `None` if there is any doubt about it.

    Two spellings of `model` are such a doubt: the server takes keys in any case, and would
    perhaps not take the one that was looked at.
    """
    try:
        members = _MEMBERS.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return None
    return members if [key for key in members if key.lower() == "model"] == ["model"] else None


def model_of(members: Members) -> str | None:
    """Return the model that is asked for, `None` if none is."""
    try:
        model = msgspec.json.decode(members["model"], type=str)
    except msgspec.DecodeError:
        return None
    return model if model.strip() else None


def renamed(body: bytes, members: Members, asked: str, model: str) -> bytes:
    """Return the body with the model named as the upstream does."""
    if asked == model:
        return body
    return msgspec.json.encode(members | {"model": Raw(msgspec.json.encode(model))})


class RelayedLines:
    """A streamed answer, with the model named as the client did.

    Lines go on as soon as they are whole; nobody can read half of one. `error` is an error
    that a line tells of: `feed` has returned the lines before it, and nothing follows.
    """

    __slots__ = ("_asked", "_held", "_last", "_named", "error")

    def __init__(self, *, model: str, asked: str) -> None:
        """Take the model as it was sent upstream, and as the client named it."""
        self._named = _named(model) if model != asked else b""
        self._asked = _named(asked)
        self._held = b""
        self._last = b""
        self.error: GatewayError | None = None

    def feed(self, data: bytes) -> bytes:
        """Take one network read, return the lines that it completes, perhaps none."""
        if self._held:
            data, self._held = self._held + data, b""
        if not data.endswith(b"\n"):
            end = data.rfind(b"\n") + 1
            data, self._held = data[:end], data[end:]
            if not data:
                return b""
        if _NEXT_LINE in data:
            # Valid JSON, but a line separator to clients in Python.
            data = data.replace(_NEXT_LINE, _NEXT_LINE_ESCAPED)
        self._last = data
        if _ERROR in data:
            data = self._until_error(data)
        return self._rename(data) if self._named else data

    def finish(self) -> bytes:
        """Say that the body has ended, return what was still held.

        Raises `BackendProtocolError` if no line said that the answer is complete.
        """
        if self._held and not _is_object(self._held):
            raise BackendProtocolError("the answer ended before it was complete")
        rest = self.feed(b"\n") if self._held else b""
        if self.error is None and _DONE not in self._last[self._last.rfind(b"\n", 0, -1) + 1 :]:
            raise BackendProtocolError("the answer ended before it was complete")
        return rest

    def _until_error(self, data: bytes) -> bytes:
        lines = data.splitlines(keepends=True)
        for number, line in enumerate(lines):
            if line.startswith(_ERROR):
                self.error = decode_line(line)
                return b"".join(lines[:number])
        return data

    def _rename(self, data: bytes) -> bytes:
        if data.count(b"\n") == 1 and data.startswith(self._named):
            return self._asked + data[len(self._named) :]
        return b"".join(
            self._asked + line[len(self._named) :] if line.startswith(self._named) else line
            for line in data.splitlines(keepends=True)
        )


async def relayed(body: AsyncIterator[bytes], lines: RelayedLines) -> AsyncIterator[bytes]:
    """Pass a streamed answer on, line by line; a cut one ends in an error."""
    async for data in body:
        if complete := lines.feed(data):
            yield complete
        if lines.error is not None:
            raise lines.error
    if rest := lines.finish():
        yield rest
    if lines.error is not None:
        raise lines.error


def named_as_asked(body: bytes, *, model: str, asked: str) -> bytes:
    """Return a whole answer with the model named as the client did.

    Raises `BackendProtocolError` if it is none, or one that says that it is not complete.
    """
    try:
        members = _MEMBERS.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise BackendProtocolError("invalid response from upstream") from error
    if bytes(members.get("done", b"")) == b"false":
        raise BackendProtocolError("the answer ended before it was complete")
    if model == asked or "model" not in members:
        return body
    return msgspec.json.encode(members | {"model": Raw(encode(asked))})


def _is_object(line: bytes) -> bool:
    try:
        _MEMBERS.decode(line)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _named(model: str) -> bytes:
    return b'{"model":' + encode(model) + b","
