"""Streamed completions, neutral chunks to `text_completion` events (docs/wire/dialects.md 5.2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from msgspec import UNSET

from adapters.dialects.openai.errors import render
from adapters.dialects.openai.inbound.completions import PromptsForm
from adapters.dialects.openai.inbound.completions_answer import finish_reason
from adapters.dialects.openai.inbound.completions_logprobs import encode_columns
from adapters.dialects.openai.inbound.schema_answer import FINGERPRINT, Mark, encode
from adapters.dialects.openai.inbound.usage import added, encode_usage
from adapters.dialects.wire.escaping import encode_text, escape
from ports.chat import ChatChunk, FinishChunk, TextChunk, ThinkingChunk, ToolCallChunk, Usage
from ports.errors import GatewayError

_DATA = b"data: "
_END = b"}\n\n"
_DONE = b"data: [DONE]\n\n"
_TEXT = b'{"text":'


class CompletionEvents:
    """The events of one stream, whose choices come one after the other.

    Each choice begins with its echo, if the client wants that. The thinking of a model has no
    place in a completion: its pieces become pieces without text, as at Ollama's server, so that
    a client sees that something happens.
    """

    __slots__ = (
        "_before",
        "_behind",
        "_echo",
        "_end",
        "_form",
        "_index",
        "_offset",
        "_start",
        "_tail",
        "_usages",
    )

    def __init__(self, mark: Mark, form: PromptsForm) -> None:
        """Take what is the same in every event, and how the client wants them."""
        self._form = form
        self._usages: list[Usage] = []
        members = {"id": mark.id, "object": "text_completion", "created": mark.created}
        named = {"model": mark.model, "system_fingerprint": FINGERPRINT}
        self._start = _DATA + encode(members)[:-1] + b',"choices":['
        self._tail = b"]," + encode(named)[1:-1]
        self._end = self._tail + (b',"usage":null' if form.usage else b"") + _END
        self._before = self._start + _TEXT
        self._index = 0
        self._offset = 0
        self._echo = form.echoes[0]
        self._behind = self._ended(b"null")

    def encode(self, chunks: Sequence[ChatChunk]) -> bytes:
        """Encode one batch; the `FinishChunk` of the last choice also ends the stream."""
        only = chunks[0]
        if len(chunks) == 1 and type(only) is TextChunk and not (only.logprobs or self._echo):
            self._offset += len(only.text)
            return self._before + encode_text(only.text) + self._behind
        return b"".join([self._echoed() + self._event(chunk) for chunk in chunks])

    def fail(self, error: GatewayError) -> bytes:
        """Encode the event that ends a broken stream (9.2). Nothing may follow it."""
        return _DATA + escape(render(error).body) + b"\n\n"

    def _echoed(self) -> bytes:
        echo, self._echo = self._echo, ""
        return self._text(echo) if echo else b""

    def _event(self, chunk: ChatChunk) -> bytes:
        match chunk:
            case TextChunk() if self._form.logprobs and chunk.logprobs:
                return self._with_logprobs(chunk)
            case TextChunk():
                return self._text(chunk.text) if chunk.text else b""
            case ThinkingChunk():
                return self._text("")
            case ToolCallChunk():
                return b""  # no tool was offered
            case FinishChunk():
                return self._finish(chunk)
            case _:
                assert_never(chunk)

    def _text(self, text: str) -> bytes:
        self._offset += len(text)
        return self._before + encode_text(text) + self._behind

    def _with_logprobs(self, chunk: TextChunk) -> bytes:
        columns = encode_columns(
            chunk.logprobs, offset=self._offset, alternatives=self._form.alternatives
        )
        self._offset += len(chunk.text)
        ending = self._ended(b'null,"logprobs":' + encode(columns))
        return self._before + encode_text(chunk.text) + ending

    def _ended(self, reason: bytes) -> bytes:
        """Return what stands behind the text of an event."""
        return b',"index":%d,"finish_reason":%b}%b' % (self._index, reason, self._end)

    def _finish(self, chunk: FinishChunk) -> bytes:
        self._usages.append(chunk.usage)
        last = self._before + b'""' + self._ended(encode(finish_reason(chunk.reason)))
        if self._index + 1 == len(self._form.echoes):
            return last + self._counted() + _DONE
        self._index += 1
        self._offset = 0
        self._echo = self._form.echoes[self._index]
        self._behind = self._ended(b"null")
        return last

    def _counted(self) -> bytes:
        usage = encode_usage(added(self._usages)) if self._form.usage else UNSET
        if usage is UNSET:
            return b""
        return b"".join((self._start, self._tail, b',"usage":', encode(usage), _END))
