r"""The parts of a `multipart/form-data` body, looked at while they pass (RFC 7578, RFC 2046).

The grammar is kept to the letter, which is how every client writes: the body begins with its
first delimiter, lines end in CRLF, the boundary stands nowhere but in delimiters, and the
headers of a part can be read in one way only. There are servers that also take a bare LF, and
others that take the last of two parts of one name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote

from adapters.dialects.openai.passing.named import (
    MAX_NAME,
    Named,
    oddly_spelled,
    too_long,
    twice,
)
from adapters.dialects.relaying.bodies import OTHERS
from ports.errors import InvalidRequest

MAX_HEAD = 16 * 1024
"""Bytes of the headers of one part."""

_LINE = b"\r\n"
_HEAD_END = b"\r\n\r\n"
_CLOSED = b"--"
_AROUND = " \t\xa0'[]"
"""What some readers take off a name."""
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 - of a header, not a secret
_QUOTED = r'"(?:[^"\\\x00-\x1f\x7f]|\\[^\x00-\x1f\x7f])*"'
_PARAMETER = re.compile(rf"[ \t]*;[ \t]*({_TOKEN})=({_QUOTED}|{_TOKEN})")
_NAME = re.compile(_TOKEN)
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")
_PLAIN = re.compile(r'text/plain(?:\s*;\s*charset="?(?:utf-8|us-ascii)"?)?', re.IGNORECASE)
_BINARY = frozenset({"7bit", "8bit", "binary"})
_LENGTH = re.compile(rb"(?:^|\r\n)content-length:[ \t]*(\d+)", re.IGNORECASE)


def boundary_of(content_type: str) -> bytes:
    """Return the boundary that the header of a form names. Raises `InvalidRequest`."""
    _, semicolon, parameters = content_type.partition(";")
    boundary = _parameters(semicolon + parameters).get("boundary", "")
    if not _BOUNDARY.fullmatch(boundary):
        raise InvalidRequest("the boundary of the form cannot be told from its content type")
    return boundary.encode()


def content_type_of(boundary: bytes) -> str:
    """Return the header of a form in a spelling that everybody reads alike."""
    name = boundary.decode()
    quote = "" if _NAME.fullmatch(name) else '"'
    return f"multipart/form-data; boundary={quote}{name}{quote}"


class FormReader:
    """Finds the part that names the model (`named.ModelReader`)."""

    def __init__(self, boundary: bytes) -> None:
        self.named: Named | None = None
        self.others = False
        self._delimiter = _CLOSED + boundary
        self._held = b""
        """What has come and may be half of something."""
        self._at = 0
        """Where that begins in the body."""
        self._step = self._first
        self._value: Named | None = None
        """Where the value begins of the part that names the model, while that passes."""
        self._closed = False

    def feed(self, data: bytes) -> None:
        """Look at the next piece."""
        self._held += data
        while self._step():
            pass

    def finish(self) -> None:
        """Take what is there as all of it."""
        if not self._closed:
            raise InvalidRequest("the form has no end")

    def spelled(self, name: str) -> bytes:
        """Return a name as it stands in a part."""
        return name.encode()

    def _first(self) -> bool:
        """Take the first delimiter."""
        wanted = self._delimiter + _LINE
        if len(self._held) < len(wanted):
            if not wanted.startswith(self._held):
                raise _odd()
            return False
        if not self._held.startswith(wanted):
            raise _odd()
        self._drop(len(wanted))
        self._step = self._head
        return True

    def _head(self) -> bool:
        """Take the headers of a part."""
        end = self._held.find(_HEAD_END)
        if end < 0:
            if len(self._held) > MAX_HEAD:
                raise _odd()
            return False
        head, begun = self._held[:end], self._at
        self._drop(end + len(_HEAD_END))
        name, is_model = _read_head(head)
        self.others = self.others or name in OTHERS
        if is_model:
            if self.named is not None:
                raise twice()
            told = _LENGTH.search(head)
            length = None if told is None else (begun + told.start(1), begun + told.end(1))
            self._value = Named("", self._at, self._at, length)
        self._step = self._content
        return True

    def _content(self) -> bool:
        """Take the content of a part and the delimiter behind it."""
        found = self._held.find(self._delimiter)
        after = found + len(self._delimiter)
        if found < 0 or len(self._held) < after + len(_LINE):
            self._pass(found)
            return False
        if self._held[max(found - 2, 0) : found] != _LINE:
            raise InvalidRequest("the boundary of the form stands inside a part")
        self._end_value(found - len(_LINE))
        behind = self._held[after : after + len(_LINE)]
        if behind not in {_LINE, _CLOSED}:
            raise _odd()
        self._drop(after + len(_LINE))
        self._step = self._head if behind == _LINE else self._behind
        self._closed = behind == _CLOSED
        return True

    def _behind(self) -> bool:
        """Take what may stand behind the last delimiter: nothing, or the end of the line."""
        if not _LINE.startswith(self._held):
            raise _odd()
        return False

    def _pass(self, found: int) -> None:
        """Let content go that cannot be a part of a delimiter any more."""
        kept = len(self._delimiter) + len(_LINE) - 1
        if self._value is not None:
            if len(self._held) > MAX_NAME + kept:
                raise too_long()
        elif found < 0 and len(self._held) > kept:
            self._drop(len(self._held) - kept)

    def _end_value(self, size: int) -> None:
        if self._value is None:
            return
        if size > MAX_NAME:
            raise too_long()
        try:
            name = self._held[:size].decode()
        except UnicodeDecodeError:
            raise oddly_spelled() from None
        start = self._value.start
        self.named = Named(name, start, start + size, self._value.length)
        self._value = None

    def _drop(self, size: int) -> None:
        self._held = self._held[size:]
        self._at += size


def _read_head(head: bytes) -> tuple[str, bool]:
    """Return what a part is called, as loosely as anybody may read it, and if it is the model."""
    fields = _fields(head)
    kind, semicolon, rest = fields.get("content-disposition", "").partition(";")
    parameters = _parameters(semicolon + rest)
    name = parameters.get("name")
    if kind.strip().lower() != "form-data" or name is None or "name*" in parameters:
        raise _odd()
    bare = unquote(name).replace("\\", "").strip(_AROUND).casefold()
    if bare != "model":
        return bare, False
    encoding = fields.get("content-transfer-encoding", "8bit").lower()
    is_text = encoding in _BINARY and _PLAIN.fullmatch(fields.get("content-type", "text/plain"))
    if name != "model" or parameters.keys() != {"name"} or not is_text:
        raise oddly_spelled()
    return bare, True


def _fields(head: bytes) -> Mapping[str, str]:
    fields: dict[str, str] = {}
    for line in head.decode("latin-1").split("\r\n"):
        name, colon, value = line.partition(":")
        if not colon or not _NAME.fullmatch(name) or "\r" in value or "\n" in value:
            raise _odd()
        if name.lower() in fields:
            raise _odd()
        fields[name.lower()] = value.strip(" \t")
    return fields


def _parameters(text: str) -> Mapping[str, str]:
    """Read what stands behind the value of a header. Raises `InvalidRequest` if it is odd."""
    parameters: dict[str, str] = {}
    at = 0
    while (found := _PARAMETER.match(text, at)) is not None:
        name = found[1].lower()
        if name in parameters:
            raise _odd()
        parameters[name] = found[2].removeprefix('"').removesuffix('"')
        at = found.end()
    if text[at:].strip(" \t;"):
        raise _odd()
    return parameters


def _odd() -> InvalidRequest:
    return InvalidRequest("the form is not written as forms are")
