"""Where the text of a JSON object ends, when it comes in pieces."""

from __future__ import annotations

import re

_MARKS = re.compile(r'\\.?|["{}]', re.DOTALL)


class ObjectEnd:
    """Counts braces outside strings, so that each character is looked at once.

    `closed` is true once every brace that was opened is closed again. Nothing else is
    checked: whether it is JSON, the parser says when all of it is here.
    """

    __slots__ = ("_depth", "_escaped", "_quoted", "closed")

    def __init__(self) -> None:
        self._depth = 0
        self._quoted = False
        self._escaped = False
        self.closed = False

    def feed(self, text: str) -> None:
        """Take the next piece."""
        if self._escaped and text:
            text = text[1:]
            self._escaped = False
        for mark in _MARKS.findall(text):
            if mark == '"':
                self._quoted = not self._quoted
            elif mark == "\\":
                self._escaped = True
            elif not self._quoted and mark in {"{", "}"}:
                self._depth += 1 if mark == "{" else -1
                self.closed = self.closed or self._depth <= 0
