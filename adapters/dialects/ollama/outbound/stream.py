"""An Ollama server's stream as neutral chunks (docs/wire/ollama-api.md 3 and 4, dialects.md 3.4).

One object per answer, of `/api/chat` or `/api/generate`: network reads go in, chunks come
out. Nothing waits: tool calls come whole, and the counts stand in the last line.
"""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from adapters.dialects.ollama.outbound.parts import (
    Calls,
    calls_of,
    finish_reason,
    logprobs_of,
    read_line,
    text_of,
    thinking_of,
    timing_of,
    usage_of,
)
from adapters.dialects.ollama.outbound.schema import Line
from adapters.dialects.upstreams.batches import Batch
from adapters.dialects.wire.framing import LineReader
from ports.chat import ChatChunk, Effort, FinishChunk, TextChunk, ToolCallChunk
from ports.errors import BackendError, BackendProtocolError


class AnswerReader:
    """Reads one streamed answer.

    `done` is true once the last line was read and the `FinishChunk` handed out: nothing of
    interest follows. `error` is an error that came behind chunks in the same read: `feed` has
    returned those chunks, and the next call of `feed` or `finish` raises it, so a caller who
    would have to wait for that may look here first.
    """

    __slots__ = ("_batch", "_calls", "_keep_thinking", "_reader", "done", "error")

    stopped = False
    """Nothing is cut off here: the server knows every stop string."""

    def __init__(self, *, think: bool | Effort | UnsetType = UNSET, one_call: bool = False) -> None:
        """Read as `answer.decode_answer` does."""
        self.done = False
        self.error: BackendError | None = None
        self._keep_thinking = think is not False
        self._reader = LineReader()
        self._calls = Calls(only_one=one_call)
        self._batch = Batch()

    def feed(self, data: bytes) -> list[ChatChunk]:
        """Take one network read, return the chunks in it; there may be none.

        Raises the `BackendError` that a line tells of, but never before the chunks that came
        before it were handed out (see `error`).
        """
        lines = self._reader.feed(data)
        read: Line | None = None
        if len(lines) == 1 and not self.done and self.error is None:
            # One line in one read, nearly always a piece of text: the short way.
            read = read_line(lines[0])
            text = _plain_text(read)
            if text:
                return [TextChunk(text=text)]
        return self._collect(lines, read)

    def finish(self) -> list[ChatChunk]:
        """Say that the body has ended, return what was still to come.

        Raises `BackendProtocolError` if no line said that the answer is complete.
        """
        return self._collect(self._reader.finish(), None, last=True)

    def _collect(
        self, lines: list[bytes], read: Line | None, *, last: bool = False
    ) -> list[ChatChunk]:
        """Take the lines; `read` is what the only one says, if that is known already."""
        if self.error is not None:
            raise self.error
        try:
            for line in lines:
                if self.done:
                    break
                self._take(read or read_line(line), line)
            if last and not self.done:
                raise BackendProtocolError("the answer ended before it was complete")
        except BackendError as error:
            if not self._batch:
                raise
            self.error = error
        return self._batch.take()

    def _take(self, line: Line, raw: bytes) -> None:
        thinking, text = thinking_of(line), text_of(line)
        if thinking and self._keep_thinking:
            self._batch.think(thinking)
        if line.logprobs:
            self._batch.add(TextChunk(text=text, logprobs=logprobs_of(line.logprobs)))
        else:
            self._batch.say(text)
        for call in self._calls.take(calls_of(line), raw):
            self._batch.add(ToolCallChunk(call=call))
        if line.done:
            self._end(line)

    def _end(self, line: Line) -> None:
        self._batch.add(
            FinishChunk(
                reason=finish_reason(line, calls=bool(self._calls)),
                usage=usage_of(line),
                timing=timing_of(line),
                model=line.model or "",
            )
        )
        self.done = True


def _plain_text(line: Line) -> str:
    """Return the text of a line that tells of nothing else, as nearly all do; else nothing."""
    if line.done or line.logprobs:
        return ""
    message = line.message
    if message is None:
        return "" if line.thinking or line.tool_calls else line.response or ""
    return "" if message.thinking or message.tool_calls else message.content or ""
