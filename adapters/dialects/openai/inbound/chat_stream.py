"""A streamed chat, neutral chunks to `chat.completion.chunk` events (docs/wire/dialects.md 1.4).

The order: the role with the first piece, thinking before text, whole calls, the reason to end,
the tokens for who asked, `[DONE]`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from msgspec import UNSET

from adapters.dialects.openai.errors import event_of
from adapters.dialects.openai.inbound.answer import finish_reason
from adapters.dialects.openai.inbound.chat import Form
from adapters.dialects.openai.inbound.schema_answer import (
    FINGERPRINT,
    Mark,
    WireAnswer,
    encode,
    encode_called,
    encode_calls,
    encode_logprobs,
)
from adapters.dialects.openai.inbound.usage import encode_usage
from adapters.dialects.wire.escaping import encode_text
from ports.chat import (
    ChatChunk,
    FinishChunk,
    TextChunk,
    ThinkingChunk,
    ToolCall,
    ToolCallChunk,
)
from ports.errors import GatewayError

_DATA = b"data: "
_END = b"\n\n"
_DONE = b"data: [DONE]\n\n"
_CHOICE = b'[{"index":0,"delta":'
_UNFINISHED = b',"finish_reason":null'
_CLOSE = b"}]}\n\n"
_TEXT = b'{"content":'
_TEXT_END = b"}" + _UNFINISHED + _CLOSE


class ChatEvents:
    """The events of one answer, batch by batch."""

    __slots__ = ("_calls", "_delta", "_form", "_head", "_started", "_text")

    def __init__(self, mark: Mark, form: Form) -> None:
        """Take what is the same in every event, and how the client wants them."""
        self._form = form
        self._head = _DATA + _head(mark)
        self._delta = self._head + _CHOICE
        self._text = self._delta + _TEXT
        self._started = False
        self._calls = 0

    def encode(self, chunks: Sequence[ChatChunk]) -> bytes:
        """Encode one batch as an event for each chunk; calls in a row share one.

        The `FinishChunk` also ends the stream.
        """
        only = chunks[0]
        if self._started and len(chunks) == 1 and type(only) is TextChunk and not only.logprobs:
            return self._text + encode_text(only.text) + _TEXT_END
        events: list[bytes] = []
        for kind, group in groupby(chunks, type):
            if kind is ToolCallChunk:
                calls = [it.call for it in group if isinstance(it, ToolCallChunk)]
                events.append(self._called(calls))
            else:
                events.extend(self._event(chunk) for chunk in group)
        return b"".join(events)

    def fail(self, error: GatewayError) -> bytes:
        """Encode the event that ends a broken stream (9.2). Nothing may follow it."""
        return event_of(error)

    def _event(self, chunk: ChatChunk) -> bytes:
        match chunk:
            case TextChunk():
                return self._text_piece(chunk)
            case ThinkingChunk() if chunk.text and self._form.reasoning:
                return self._piece(WireAnswer(content="", reasoning=chunk.text))
            case FinishChunk():
                return self._finished(chunk)
            case _:
                return b""

    def _text_piece(self, chunk: TextChunk) -> bytes:
        if not (self._form.logprobs and chunk.logprobs):
            return self._piece(WireAnswer(content=chunk.text)) if chunk.text else b""
        logprobs = encode_logprobs(chunk.logprobs, alternatives=self._form.alternatives)
        behind = _UNFINISHED + b',"logprobs":' + encode(logprobs)
        return self._piece(WireAnswer(content=chunk.text), behind)

    def _called(self, calls: Sequence[ToolCall]) -> bytes:
        first, self._calls = self._calls, self._calls + len(calls)
        if not self._form.legacy:
            return self._piece(WireAnswer(content="", tool_calls=encode_calls(calls, first)))
        # The older form has room for one call. What was not asked for is not lost.
        older = calls[:1] if first == 0 else ()
        rest = encode_calls(calls[len(older) :], first + len(older) - 1)
        called = encode_called(older[0]) if older else UNSET
        return self._piece(WireAnswer(content="", function_call=called, tool_calls=rest or UNSET))

    def _finished(self, chunk: FinishChunk) -> bytes:
        events = [] if self._started else [self._piece(WireAnswer(content=""))]
        reason = finish_reason(chunk.reason, self._form)
        events.append(self._delta + b'{},"finish_reason":' + encode(reason) + _CLOSE)
        if self._form.usage and (usage := encode_usage(chunk.usage)) is not UNSET:
            events.append(self._head + b'[],"usage":' + encode(usage) + b"}" + _END)
        return b"".join((*events, _DONE))

    def _piece(self, answer: WireAnswer, behind: bytes = _UNFINISHED) -> bytes:
        if not self._started:
            self._started = True
            answer.role = "assistant"
        return self._delta + encode(answer) + behind + _CLOSE


def _head(mark: Mark) -> bytes:
    """Encode everything before the choices."""
    members: Iterable[tuple[str, object]] = (
        ("id", mark.id),
        ("object", "chat.completion.chunk"),
        ("created", mark.created),
        ("model", mark.model),
        ("system_fingerprint", FINGERPRINT),
    )
    return encode(dict(members))[:-1] + b',"choices":'
