"""A streamed completion, neutral chunks to NDJSON lines (docs/wire/ollama-api.md 3.2, 4)."""

from __future__ import annotations

from msgspec import UNSET
from msgspec.structs import asdict

from adapters.dialects.ollama.inbound.lines import AnswerLines
from adapters.dialects.ollama.inbound.metrics import Moments, measure
from adapters.dialects.ollama.replies import WireCompletion, done_reason, encode, encode_calls
from ports.chat import FinishChunk, ToolCall, ToolCallChunk


class GenerateLines(AnswerLines):
    """The lines of a completion. Tool calls wait for the last one."""

    _BEFORE = '","response":'
    _BEHIND = b',"done":false'

    def __init__(self, model: str, started_ns: int, *, alternatives: bool = False) -> None:
        super().__init__(model, started_ns, alternatives=alternatives)
        self._calls: list[ToolCall] = []

    def _call(self, chunk: ToolCallChunk, _start: bytes) -> bytes:
        self._calls.append(chunk.call)
        return b""

    def _last(self, chunk: FinishChunk, created_at: str, moments: Moments) -> bytes:
        return encode(
            WireCompletion(
                model=self._model,
                created_at=created_at,
                done_reason=done_reason(chunk.reason),
                tool_calls=encode_calls(self._calls, with_ids=False) or UNSET,
                **asdict(measure(chunk.usage, chunk.timing, moments)),
            )
        )
