"""The words of a streamed answer: its text and its thinking (docs/wire/dialects.md 2.5, 8.6)."""

from __future__ import annotations

from adapters.dialects.openai.outbound.answer_parts import signatures_of, text_of, thinking_of
from adapters.dialects.openai.outbound.asked import Asked
from adapters.dialects.openai.outbound.schema import ABSENT, ReadMessage
from adapters.dialects.openai.outbound.stop_strings import StopStrings
from adapters.dialects.upstreams.batches import Batch
from adapters.dialects.upstreams.think_tags import Splitter
from ports.chat import TextChunk, TokenLogprob


class Words:
    """Puts the words of one answer into its batch.

    What a client does not want to see of the thinking is left out. Text is held back only where
    it may be the beginning of a tag of thinking or of a stop string; in a `verbatim` answer tags
    are text.
    """

    __slots__ = ("_batch", "_shows_thinking", "_signature", "_splitter", "_stops")

    def __init__(self, batch: Batch, asked: Asked, *, verbatim: bool) -> None:
        self._batch = batch
        self._shows_thinking = asked.think is not False
        self._splitter = None if verbatim else Splitter()
        self._stops = StopStrings(asked.watched) if asked.watched else None
        self._signature = ""

    @property
    def pass_at_once(self) -> bool:
        """Whether text goes into the batch as it comes. Once it does, it always will."""
        return self._splitter is None and self._stops is None

    @property
    def waiting(self) -> bool:
        """Whether some are held back that may be the beginning of a tag."""
        return self._splitter is not None and self._splitter.waiting

    @property
    def stopped_by(self) -> str:
        """The stop string that was found: then no more text comes. Empty for none."""
        return "" if self._stops is None else self._stops.found

    def take(self, delta: ReadMessage, logprobs: tuple[TokenLogprob, ...]) -> None:
        """Take the words of one delta."""
        thinking = thinking_of(delta)
        if thinking:
            # Whoever has a field for its thinking does not put tags into its text.
            self._stop_splitting()
            self._think(thinking)
        if delta.reasoning_details is not ABSENT:
            self._sign(delta)
        text = text_of(delta)
        if text or logprobs:
            self.take_text(text, logprobs)

    def take_text(self, text: str, logprobs: tuple[TokenLogprob, ...]) -> None:
        """Take a piece of the text, in which there may be tags."""
        splitter = self._splitter
        if splitter is not None and text:
            thinking, text = splitter.feed(text)
            self._think(thinking)
            if splitter.settled:
                self._splitter = None
        if logprobs:
            self._batch.add(TextChunk(text=self._before_stop(text), logprobs=logprobs))
        else:
            self._say(text)

    def finish(self) -> None:
        """Say what was held back: the answer is over."""
        self._stop_splitting()
        self.release()

    def release(self) -> None:
        """Say what may have become a stop string, and did not."""
        if self._stops is not None:
            self._batch.say(self._stops.finish())

    def _stop_splitting(self) -> None:
        if self._splitter is not None:
            thinking, text = self._splitter.finish()
            self._splitter = None
            self._think(thinking)
            self._say(text)

    def _say(self, text: str) -> None:
        self._batch.say(self._before_stop(text))

    def _before_stop(self, text: str) -> str:
        return text if self._stops is None else self._stops.feed(text)

    def _think(self, thinking: str) -> None:
        if self._shows_thinking:
            self._batch.think(thinking)

    def _sign(self, delta: ReadMessage) -> None:
        for signature in signatures_of(delta):
            # It is said once, or again with every piece.
            if signature != self._signature and self._shows_thinking:
                self._batch.sign(signature)
            self._signature = signature
