"""A streamed chat, neutral chunks to NDJSON lines (docs/wire/ollama-api.md 3.3, 4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from msgspec.structs import asdict

from adapters.dialects.escaping import encode_text
from adapters.dialects.ollama.errors import body_of
from adapters.dialects.ollama.metrics import Moments, measure
from adapters.dialects.ollama.replies import (
    WireAnswer,
    WireReply,
    done_reason,
    encode,
    encode_calls,
    encode_logprobs,
)
from adapters.dialects.ollama.timestamps import Timestamps
from ports.chat import ChatChunk, FinishChunk, TextChunk, ThinkingChunk, ToolCallChunk
from ports.errors import GatewayError

_MESSAGE = b'","message":{"role":"assistant","content":'
_NOT_DONE = b'},"done":false}\n'


class ChatLines:
    """The lines of one stream. Every line ends in a newline, and none is ever empty."""

    def __init__(self, model: str, started_ns: int, *, alternatives: bool = False) -> None:
        """Take the model as the client named it, and when its request came (monotonic).

        `alternatives` tells whether the client asked for other likely tokens.
        """
        self._model = model
        self._alternatives = alternatives
        self._started_ns = started_ns
        self._first_ns: int | None = None
        self._calls = 0
        self._timestamps = Timestamps()
        self._head = b'{"model":' + encode(model) + b',"created_at":"'

    def encode(self, chunks: Sequence[ChatChunk], *, wall_ns: int, monotonic_ns: int) -> bytes:
        """Encode one batch, which came at that time, as one line for each chunk."""
        if self._first_ns is None:
            self._first_ns = monotonic_ns
        created_at = self._timestamps.format(wall_ns)
        start = self._head + created_at.encode() + _MESSAGE
        only = chunks[0]
        if len(chunks) == 1 and type(only) is TextChunk and not only.logprobs:
            return start + encode_text(only.text) + _NOT_DONE
        lines: list[bytes] = []
        for chunk in chunks:
            match chunk:
                case TextChunk() if not chunk.logprobs:
                    lines += start, encode_text(chunk.text), _NOT_DONE
                case TextChunk():
                    lines += start, self._with_logprobs(chunk)
                case ThinkingChunk():
                    lines += start, b'"","thinking":', encode_text(chunk.text), _NOT_DONE
                case ToolCallChunk():
                    lines += start, b'"","tool_calls":', self._call(chunk), _NOT_DONE
                case FinishChunk():
                    moments = self._moments(wall_ns, monotonic_ns)
                    lines.append(self._last(chunk, created_at, moments))
                case _:
                    assert_never(chunk)
        return b"".join(lines)

    def fail(self, error: GatewayError) -> bytes:
        """Encode the line that ends a broken stream. Nothing may follow it."""
        return body_of(error) + b"\n"

    def _with_logprobs(self, chunk: TextChunk) -> bytes:
        logprobs = encode(encode_logprobs(chunk.logprobs, alternatives=self._alternatives))
        return encode_text(chunk.text) + b'},"done":false,"logprobs":' + logprobs + b"}\n"

    def _call(self, chunk: ToolCallChunk) -> bytes:
        index, self._calls = self._calls, self._calls + 1
        return encode(encode_calls((chunk.call,), first_index=index))

    def _last(self, chunk: FinishChunk, created_at: str, moments: Moments) -> bytes:
        reply = WireReply(
            model=self._model,
            created_at=created_at,
            message=WireAnswer(),
            done_reason=done_reason(chunk.reason),
            **asdict(measure(chunk.usage, chunk.timing, moments)),
        )
        return encode(reply) + b"\n"

    def _moments(self, wall_ns: int, monotonic_ns: int) -> Moments:
        return Moments(
            created_at_ns=wall_ns,
            started_ns=self._started_ns,
            first_ns=self._first_ns,
            finished_ns=monotonic_ns,
        )
