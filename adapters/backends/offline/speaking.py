"""From a whole reply to the chunks of a stream: word by word, cut where the options say.

A word is up to 32 characters with up to 32 of white space before it, or such white space
alone; it stands for a token everywhere, in limits and in the usage.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from msgspec import UNSET

from adapters.backends.offline.reply import Reply
from adapters.backends.offline.turns import Turns
from ports.chat import (
    ChatChunk,
    FinishChunk,
    FinishReason,
    Options,
    TextChunk,
    ThinkingChunk,
    ToolCall,
    ToolCallChunk,
    Usage,
)

_WORD = re.compile(r"\s{0,32}+\S{1,32}|\s{1,32}")


def speak(reply: Reply, options: Options, model: str) -> Iterator[ChatChunk]:
    """Yield the chunks of a stream, the `FinishChunk` last.

    `max_tokens` counts words of thinking and answer together, and a tool call whole.
    """
    limit = options.max_tokens
    budget = _Budget(None if limit is UNSET or limit < 0 else limit)
    for word in budget.words(reply.thinking):
        yield ThinkingChunk(text=word)
    thought = budget.spent
    for word in budget.words(reply.text):
        yield TextChunk(text=word)
    for call in budget.calls(reply.calls):
        yield ToolCallChunk(call=call)
    yield FinishChunk(
        reason=_reason(reply, exhausted=budget.exhausted),
        usage=Usage(
            prompt_tokens=reply.prompt_words,
            completion_tokens=budget.spent,
            reasoning_tokens=thought,
        ),
        model=model,
        stop_sequence="" if budget.exhausted else reply.stop,
    )


class _Budget:
    """How many words may still be spoken. `exhausted` once something had to be left out."""

    def __init__(self, limit: int | None) -> None:
        self._limit = limit
        self.spent = 0
        self.exhausted = False

    def words(self, text: str) -> Iterator[str]:
        for word in _WORD.finditer(text):
            if not self._afford(1):
                return
            yield word[0]

    def calls(self, calls: tuple[ToolCall, ...]) -> Iterator[ToolCall]:
        for call in calls:
            # A call that is cut is no call: one that does not fit is left out whole.
            if not self._afford(1 + sum(1 for _ in _WORD.finditer(call.arguments))):
                return
            yield call

    def _afford(self, words: int) -> bool:
        if self._limit is not None and self.spent + words > self._limit:
            self.exhausted = True
        if self.exhausted:
            return False
        self.spent += words
        return True


async def before_stop(text: str, options: Options, turns: Turns) -> tuple[str, str]:
    """Return the part of an answer before the earliest of the `stop` texts, and which that was."""
    end, found = len(text), ""
    for stop in () if options.stop is UNSET else options.stop:
        at = text.find(stop, 0, end + len(stop)) if stop else -1
        await turns.after(end)
        if 0 <= at < end:
            end, found = at, stop
    return text[:end], found


def _reason(reply: Reply, *, exhausted: bool) -> FinishReason:
    if exhausted:
        return FinishReason.LENGTH
    return FinishReason.TOOL_CALLS if reply.calls else FinishReason.STOP


def in_batches(chunks: Iterator[ChatChunk], size: int) -> Iterator[list[ChatChunk]]:
    """Group chunks; no batch is empty."""
    while batch := list(islice(chunks, size)):
        yield batch
