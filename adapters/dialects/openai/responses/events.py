"""A streamed answer as events, in their exact order (docs/wire/dialects.md 6.4).

Items are opened at the first piece of their kind and closed before the next one, so that one is
open at a time; what is closed is told once more, whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import assert_never

from msgspec.structs import replace

from adapters.dialects.openai.inbound.schema_answer import encode_logprobs
from adapters.dialects.openai.responses.create import Create
from adapters.dialects.openai.responses.faults import encode_error, encode_fault
from adapters.dialects.openai.responses.open_items import (
    EventWriter,
    OpenMessage,
    OpenReasoning,
    call_events,
    signature_events,
)
from adapters.dialects.openai.responses.output import (
    INCOMPLETE,
    Calls,
    encode_usage,
    reasoning_item,
)
from adapters.dialects.openai.responses.reply import CallItem, Item, MessageItem, Status
from ports.chat import ChatChunk, FinishChunk, TextChunk, ThinkingChunk, ToolCall, ToolCallChunk
from ports.errors import GatewayError


class ResponseEvents:
    """The events of one stream."""

    def __init__(
        self, create: Create, *, token: str, created_at: int, now: Callable[[], int]
    ) -> None:
        """Take what was asked, what the ids are made of, and when; `now` tells when it ends.

        Times are Unix seconds.
        """
        self._token = token
        self._now = now
        self._reply = replace(create.reply, id=f"resp_{token}", created_at=created_at)
        self._alternatives = create.request.top_logprobs > 0
        self._calls = Calls(create.names)
        self._writer = EventWriter()
        self._begun = False
        self._message: OpenMessage | None = None
        self._reasoning: OpenReasoning | None = None
        self._signature = ""
        """A signature that came when no reasoning was open."""
        self._output: list[Item] = []

    def encode(self, chunks: Sequence[ChatChunk]) -> bytes:
        """Encode one batch; the one with the `FinishChunk` also ends the stream."""
        only = chunks[0]
        if (
            len(chunks) == 1
            and self._message is not None
            and type(only) is TextChunk
            and not only.logprobs
        ):
            return self._message.say(only.text)
        events = [] if self._begun else [*self._begin()]
        for chunk in chunks:
            match chunk:
                case TextChunk():
                    events += self._say(chunk)
                case ThinkingChunk():
                    events += self._think(chunk)
                case ToolCallChunk():
                    events += self._call(chunk.call)
                case FinishChunk():
                    events += self._finish(chunk)
                case _:
                    assert_never(chunk)
        return b"".join(events)

    def fail(self, error: GatewayError) -> bytes:
        """Encode the events that end a broken stream (9.2). What is open stays open.

        Some clients know `error` alone, some the failed response alone.
        """
        told = self._writer.write("error", **encode_error(error))
        if not self._begun:
            return told
        item = self._message or self._reasoning
        unfinished = [] if item is None else [item.item("incomplete")]
        reply = replace(
            self._reply,
            status="failed",
            error=encode_fault(error),
            output=(*self._output, *unfinished),
        )
        return told + self._writer.write("response.failed", response=reply)

    def _begin(self) -> Iterator[bytes]:
        self._begun = True
        yield self._writer.write("response.created", response=self._reply)
        yield self._writer.write("response.in_progress", response=self._reply)

    def _say(self, chunk: TextChunk) -> Iterator[bytes]:
        if self._message is None:
            yield from self._close("completed")
            self._message, opened = self._opened()
            yield opened
        if chunk.logprobs:
            logprobs = encode_logprobs(chunk.logprobs, alternatives=self._alternatives)
            yield self._message.say_with(chunk.text, logprobs.content)
        else:
            yield self._message.say(chunk.text)

    def _opened(self) -> tuple[OpenMessage, bytes]:
        """Return the next message and the events that open it."""
        message = OpenMessage(self._writer, self._next_id("msg"), len(self._output))
        return message, message.open()

    def _think(self, chunk: ThinkingChunk) -> Iterator[bytes]:
        if chunk.text:
            if self._reasoning is None:
                yield from self._close("completed")
                item_id = self._next_id("rs")
                self._reasoning = OpenReasoning(self._writer, item_id, len(self._output))
                yield self._reasoning.open()
            yield self._reasoning.think(chunk.text)
        if chunk.signature:
            if self._reasoning is None:
                self._signature = chunk.signature
            else:
                self._reasoning.signature = chunk.signature

    def _call(self, call: ToolCall) -> Iterator[bytes]:
        yield from self._close("completed")
        item = self._calls.item(self._next_id("fc"), call)
        yield from call_events(self._writer, len(self._output), item)
        self._output.append(item)

    def _finish(self, chunk: FinishChunk) -> Iterator[bytes]:
        details = INCOMPLETE.get(chunk.reason)
        status: Status = "incomplete" if details else "completed"
        yield from self._close(status)
        if not any(isinstance(item, MessageItem | CallItem) for item in self._output):
            # As in a whole answer: a message, be it empty.
            self._message, opened = self._opened()
            yield opened
            yield from self._close(status)
        reply = replace(
            self._reply,
            completed_at=None if details else self._now(),
            status=status,
            incomplete_details=details,
            output=tuple(self._output),
            usage=encode_usage(chunk.usage),
        )
        yield self._writer.write(f"response.{status}", response=reply)

    def _close(self, status: Status) -> Iterator[bytes]:
        """Close what is open, and tell of a signature that came too late for its words."""
        if self._message is not None:
            message, self._message = self._message, None
            said = message.item(status)
            yield message.close(said)
            self._output.append(said)
        if self._reasoning is not None:
            reasoning, self._reasoning = self._reasoning, None
            thought = reasoning.item(status)
            yield reasoning.close(thought)
            self._output.append(thought)
        if self._signature:
            signed = reasoning_item(self._next_id("rs"), "", self._signature)
            yield from signature_events(self._writer, len(self._output), signed)
            self._output.append(signed)
            self._signature = ""

    def _next_id(self, kind: str) -> str:
        return f"{kind}_{self._token}_{len(self._output)}"
