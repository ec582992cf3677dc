"""A JSON object that is too large to be held, looked at while it passes.

Only the outermost object is read: its keys, and the text behind `model`. The rest is followed as
far as that needs: strings, and how deep they are nested. Outside of strings nothing passes that
JSON does not have there, no comments above all, which would let two readers find different
strings.
"""

from __future__ import annotations

import re

import msgspec
from msgspec.json import Decoder

from adapters.dialects.openai.passing.named import (
    MAX_NAME,
    Named,
    oddly_spelled,
    too_long,
    twice,
)
from adapters.dialects.relaying.bodies import OTHERS
from ports.errors import InvalidRequest

_TEXT = Decoder(str)
_INSIDE = re.compile(rb'["\\]')
_OUTERMOST = re.compile(rb"[^\s0-9A-Za-z+.-]")
_DEEPER = re.compile(rb"[^\s0-9A-Za-z+.:,-]")
_ANYTHING = re.compile(rb"[^\s]")
_QUOTE, _BACKSLASH, _COLON, _COMMA = b'"\\:,'
_OPENING, _CLOSING = b"{[", b"}]"


class ObjectReader:
    """Finds the model in an object (`named.ModelReader`)."""

    def __init__(self) -> None:
        self.named: Named | None = None
        self.others = False
        self._at = 0
        """Bytes of the pieces before this one."""
        self._depth = 0
        self._begun = False
        self._quoted = False
        self._escaped = False
        self._start = 0
        """Where the last string of the outermost object begins."""
        self._spelled = b""
        """That string as far as it has come, its quotes included, cut behind its bound."""
        self._key: str | None = None
        """The key whose value is being read."""

    def feed(self, data: bytes) -> None:
        """Look at the next piece."""
        at = 0
        while at < len(data):
            at = self._inside(data, at) if self._quoted else self._outside(data, at)
        self._at += len(data)

    def finish(self) -> None:
        """Take what is there as all of it."""
        if not self._begun or self._depth:
            raise _no_object()

    def spelled(self, name: str) -> bytes:
        """Return a name as a string."""
        return msgspec.json.encode(name)

    def _inside(self, data: bytes, at: int) -> int:
        """Follow a string as far as it goes in this piece; return where that is."""
        if self._escaped:
            self._escaped = False
            self._keep(data, at, at + 1)
            return at + 1
        found = _INSIDE.search(data, at)
        end = len(data) if found is None else found.end()
        self._keep(data, at, end)
        if found is not None:
            self._escaped = data[found.start()] == _BACKSLASH
            self._quoted = self._escaped
            if not self._quoted and self._depth == 1:
                self._end_string(self._at + end)
        return end

    def _outside(self, data: bytes, at: int) -> int:
        """Go to the next mark outside of strings; return the place behind it."""
        pattern = _DEEPER if self._depth > 1 else _OUTERMOST if self._depth else _ANYTHING
        found = pattern.search(data, at)
        if found is None:
            return len(data)
        mark = data[found.start()]
        if mark in _OPENING:
            self._open(mark)
        elif mark in _CLOSING and self._depth:
            self._depth -= 1
        elif mark == _QUOTE and self._depth:
            self._quoted = True
            self._start, self._spelled = self._at + found.start(), b'"'
        elif mark == _COLON and self._depth == 1 and self._key is None:
            self._begin_value()
        elif mark == _COMMA and self._depth == 1:
            self._key, self._spelled = None, b""
        else:
            raise _no_object()
        return found.end()

    def _open(self, mark: int) -> None:
        if not self._depth and (self._begun or mark != _OPENING[0]):
            raise _no_object()
        self._begun = True
        self._depth += 1

    def _begin_value(self) -> None:
        """Take the last string as a key."""
        self._key = _decoded(self._spelled) if len(self._spelled) <= MAX_NAME else ""
        loosely = self._key.casefold()
        self.others = self.others or loosely in OTHERS
        if loosely == "model":
            if self._key != "model":
                raise oddly_spelled()
            if self.named is not None:
                raise twice()
            self.named = Named("", 0, 0)  # what follows may be no string

    def _end_string(self, end: int) -> None:
        if self._key == "model":
            if len(self._spelled) > MAX_NAME:
                raise too_long()
            self.named = Named(_decoded(self._spelled), self._start, end)
            self._key = ""  # there is no second value behind it

    def _keep(self, data: bytes, start: int, end: int) -> None:
        if self._depth == 1 and len(self._spelled) <= MAX_NAME:
            self._spelled += data[start : min(end, start + MAX_NAME)]


def _decoded(spelled: bytes) -> str:
    try:
        return _TEXT.decode(spelled)
    except ValueError:
        raise _no_object() from None


def _no_object() -> InvalidRequest:
    return InvalidRequest("the body is not a JSON object")
