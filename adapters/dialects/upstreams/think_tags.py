"""Thinking that comes as tagged text at the start of an answer (docs/wire/dialects.md 2.5)."""

from __future__ import annotations

from enum import Enum, auto

OPENING = "<think>"
CLOSING = "</think>"


class _State(Enum):
    START = auto()
    """Nothing but white space and perhaps a part of the opening tag so far."""
    THINKING_START = auto()
    """The opening tag was here; white space after it is eaten."""
    THINKING = auto()
    TEXT_START = auto()
    """The closing tag was here; white space after it is eaten."""
    TEXT = auto()


class Splitter:
    """Splits text that comes in pieces into thinking and answer.

    The opening tag counts only at the start of the answer, white space before it allowed.
    What could still become a tag is held back; nothing else is ever delayed.
    """

    __slots__ = ("_close", "_held", "_open", "_space", "_state")

    def __init__(self, opening: str = OPENING, closing: str = CLOSING) -> None:
        self._open = opening
        self._close = closing
        self._held = ""
        self._space: list[str] = []
        """White space before anything else, in pieces: an endless run of it is joined once."""
        self._state = _State.START

    @property
    def settled(self) -> bool:
        """Whether everything from here on is answer text, so that splitting may stop."""
        return self._state is _State.TEXT

    @property
    def waiting(self) -> bool:
        """Whether anything is held back."""
        return bool(self._held or self._space)

    def feed(self, text: str) -> tuple[str, str]:
        """Take the next piece, return (thinking, answer) as far as they are certain."""
        text = self._held + text
        self._held = ""
        thinking = ""
        if self._state is _State.START:
            text = self._start(text)
        if self._state is _State.THINKING_START:
            text = text.lstrip()
            if text:
                self._state = _State.THINKING
        if self._state is _State.THINKING:
            thinking, text = self._think(text)
        if self._state is _State.TEXT_START:
            text = text.lstrip()
            if text:
                self._state = _State.TEXT
        return thinking, text

    def finish(self) -> tuple[str, str]:
        """Return what was held back: part of a tag that never became one."""
        held, self._held = self._held, ""
        return (held, "") if self._state is _State.THINKING else ("", self._spaced(held))

    def _start(self, text: str) -> str:
        head = text.lstrip()
        if len(head) < len(text):
            self._space.append(text[: len(text) - len(head)])
        if head.startswith(self._open):
            self._state = _State.THINKING_START
            self._space.clear()
            return head[len(self._open) :]
        if self._open.startswith(head):
            self._held = head
            return ""
        self._state = _State.TEXT
        return self._spaced(head)

    def _spaced(self, text: str) -> str:
        space = "".join(self._space)
        self._space.clear()
        return space + text

    def _think(self, text: str) -> tuple[str, str]:
        thinking, found, rest = text.partition(self._close)
        if found:
            self._state = _State.TEXT_START
            return thinking, rest
        held = _overlap(text, self._close)
        self._held = text[len(text) - held :]
        return text[: len(text) - held], ""


def split(text: str) -> tuple[str, str]:
    """Split a whole answer into (thinking, answer)."""
    if not text.lstrip().startswith(OPENING):
        return "", text
    splitter = Splitter()
    thinking, answer = splitter.feed(text)
    more_thinking, more_answer = splitter.finish()
    return thinking + more_thinking, answer + more_answer


def _overlap(text: str, tag: str) -> int:
    """Length of the longest end of `text` with which `tag` begins."""
    for size in range(min(len(text), len(tag) - 1), 0, -1):
        if text.endswith(tag[:size]):
            return size
    return 0
