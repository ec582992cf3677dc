"""A streamed chat, neutral chunks to NDJSON lines (docs/wire/ollama-api.md 3.3, 4)."""

from __future__ import annotations

from msgspec.structs import asdict

from adapters.dialects.ollama.inbound.lines import AnswerLines
from adapters.dialects.ollama.inbound.metrics import Moments, measure
from adapters.dialects.ollama.replies import (
    WireAnswer,
    WireReply,
    done_reason,
    encode,
    encode_calls,
)
from ports.chat import FinishChunk, ToolCallChunk


class ChatLines(AnswerLines):
    """The lines of a chat. Each tool call has one of its own."""

    _BEFORE = '","message":{"role":"assistant","content":'
    _BEHIND = b'},"done":false'

    _calls = 0

    def _call(self, chunk: ToolCallChunk, start: bytes) -> bytes:
        index, self._calls = self._calls, self._calls + 1
        call = encode(encode_calls((chunk.call,), first_index=index))
        return start + b'"","tool_calls":' + call + self._ending

    def _last(self, chunk: FinishChunk, created_at: str, moments: Moments) -> bytes:
        return encode(
            WireReply(
                model=self._model,
                created_at=created_at,
                message=WireAnswer(),
                done_reason=done_reason(chunk.reason),
                **asdict(measure(chunk.usage, chunk.timing, moments)),
            )
        )
