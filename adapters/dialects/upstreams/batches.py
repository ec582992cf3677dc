"""Neutral chunks in the making, whatever the upstream's dialect."""

from __future__ import annotations

from ports.chat import ChatChunk, TextChunk, ThinkingChunk


class Batch:
    """The chunks of one network read; neighbouring pieces of text, or of thinking, are joined."""

    __slots__ = ("_chunks", "_text", "_thinking")

    def __init__(self) -> None:
        self._chunks: list[ChatChunk] = []
        self._text: list[str] = []
        self._thinking: list[str] = []

    def __bool__(self) -> bool:
        """Tell whether there is anything to take."""
        return bool(self._chunks or self._text or self._thinking)

    def say(self, text: str) -> None:
        """Put a piece of the answer behind what is there; it may be empty."""
        if text:
            if self._thinking:
                self._join()
            self._text.append(text)

    def think(self, thinking: str) -> None:
        """Put a piece of the reasoning behind what is there; it may be empty."""
        if thinking:
            if self._text:
                self._join()
            self._thinking.append(thinking)

    def sign(self, signature: str) -> None:
        """Say that this is the signature of all the reasoning so far."""
        if self._text:
            self._join()
        self._chunks.append(ThinkingChunk(text="".join(self._thinking), signature=signature))
        self._thinking.clear()

    def add(self, chunk: ChatChunk) -> None:
        """Put a whole chunk behind what is there."""
        self._join()
        self._chunks.append(chunk)

    def take(self) -> list[ChatChunk]:
        """Return the chunks, and hold none of them any more."""
        self._join()
        chunks, self._chunks = self._chunks, []
        return chunks

    def _join(self) -> None:
        # At most one of the two holds something: whoever adds to one empties the other.
        if self._thinking:
            self._chunks.append(ThinkingChunk(text="".join(self._thinking)))
            self._thinking.clear()
        if self._text:
            self._chunks.append(TextChunk(text="".join(self._text)))
            self._text.clear()
