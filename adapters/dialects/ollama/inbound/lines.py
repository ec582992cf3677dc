"""A streamed answer as NDJSON lines: what `/api/chat` and `/api/generate` have in common.

docs/wire/ollama-api.md 4. The routes differ in where the text stands and in how it ends.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar, assert_never

from adapters.dialects.ollama.errors import body_of
from adapters.dialects.ollama.inbound.metrics import Moments
from adapters.dialects.ollama.logprobs import encode_logprobs
from adapters.dialects.ollama.replies import encode
from adapters.dialects.wire.escaping import encode_text
from adapters.dialects.wire.timestamps import Timestamps
from ports.chat import ChatChunk, FinishChunk, TextChunk, ThinkingChunk, ToolCallChunk
from ports.errors import GatewayError

_THINKING = b'"","thinking":'
_END = b"}\n"


class AnswerLines(ABC):
    """The lines of one stream. Every line ends in a newline, and none is ever empty."""

    _BEFORE: ClassVar[str]
    """What stands between the time and the text."""
    _BEHIND: ClassVar[bytes]
    """What stands between the text and the end of the line."""

    def __init__(self, model: str, started_ns: int, *, alternatives: bool = False) -> None:
        """Take the model as the client named it, and when its request came (monotonic).

        `alternatives` tells whether the client asked for other likely tokens.
        """
        self._model = model
        self._alternatives = alternatives
        self._started_ns = started_ns
        self._first_ns: int | None = None
        self._timestamps = Timestamps()
        self._head = f'{{"model":{encode(model).decode()},"created_at":"'
        self._before = self._BEFORE
        self._ending = self._BEHIND + _END

    def encode(self, chunks: Sequence[ChatChunk], *, wall_ns: int, monotonic_ns: int) -> bytes:
        """Encode one batch, which came at that time, as one line for each chunk.

        Chunks that have no line of their own here may leave nothing.
        """
        if self._first_ns is None:
            self._first_ns = monotonic_ns
        created_at = self._timestamps.format(wall_ns)
        start = f"{self._head}{created_at}{self._before}".encode()
        only = chunks[0]
        if len(chunks) == 1 and type(only) is TextChunk and not only.logprobs:
            return start + encode_text(only.text) + self._ending
        lines: list[bytes] = []
        for chunk in chunks:
            match chunk:
                case TextChunk() if not chunk.logprobs:
                    lines += start, encode_text(chunk.text), self._ending
                case TextChunk():
                    lines += start, self._with_logprobs(chunk)
                case ThinkingChunk() if not chunk.text:
                    pass  # a signature, which has no place here
                case ThinkingChunk():
                    lines += start, _THINKING, encode_text(chunk.text), self._ending
                case ToolCallChunk():
                    lines.append(self._call(chunk, start))
                case FinishChunk():
                    moments = self._moments(wall_ns, monotonic_ns)
                    lines.append(self._last(chunk, created_at, moments) + b"\n")
                case _:
                    assert_never(chunk)
        return b"".join(lines)

    def fail(self, error: GatewayError) -> bytes:
        """Encode the line that ends a broken stream. Nothing may follow it."""
        return body_of(error) + b"\n"

    @abstractmethod
    def _call(self, chunk: ToolCallChunk, start: bytes) -> bytes:
        """Encode the line of a tool call; `start` is what stands before its text."""

    @abstractmethod
    def _last(self, chunk: FinishChunk, created_at: str, moments: Moments) -> bytes:
        """Encode the object of the last line."""

    def _with_logprobs(self, chunk: TextChunk) -> bytes:
        logprobs = encode(encode_logprobs(chunk.logprobs, alternatives=self._alternatives))
        return encode_text(chunk.text) + self._BEHIND + b',"logprobs":' + logprobs + _END

    def _moments(self, wall_ns: int, monotonic_ns: int) -> Moments:
        return Moments(
            created_at_ns=wall_ns,
            started_ns=self._started_ns,
            first_ns=self._first_ns,
            finished_ns=monotonic_ns,
        )
