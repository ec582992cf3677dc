"""A stream of chunks and a whole answer are two forms of one thing."""

from __future__ import annotations

from io import StringIO
from typing import assert_never

from ports.chat import (
    ChatChunk,
    ChatResponse,
    ChatStream,
    FinishChunk,
    TextChunk,
    ThinkingChunk,
    TokenLogprob,
    ToolCall,
    ToolCallChunk,
)
from ports.errors import BackendProtocolError


async def fold(stream: ChatStream) -> ChatResponse:
    """Read a stream to its end and return what it says in one piece.

    Raises what the stream raises, and `BackendProtocolError` if it ends without its end.
    """
    text, thinking = StringIO(), StringIO()  # a list of so many small pieces would be larger
    signatures: list[str] = []
    calls: list[ToolCall] = []
    logprobs: list[TokenLogprob] = []
    finish: FinishChunk | None = None
    async for batch in stream:
        for chunk in batch:
            match chunk:
                case TextChunk():
                    text.write(chunk.text)
                    logprobs.extend(chunk.logprobs)
                case ThinkingChunk():
                    thinking.write(chunk.text)
                    if chunk.signature:
                        signatures.append(chunk.signature)
                case ToolCallChunk():
                    calls.append(chunk.call)
                case FinishChunk():
                    finish = chunk
                case _:
                    assert_never(chunk)
    if finish is None:
        raise BackendProtocolError("the answer ended before it was complete")
    return ChatResponse(
        text=text.getvalue(),
        thinking=thinking.getvalue(),
        # Of several parts, each with its own, none is the signature of the whole.
        thinking_signature=signatures[0] if len(signatures) == 1 else "",
        tool_calls=tuple(calls),
        logprobs=tuple(logprobs),
        reason=finish.reason,
        usage=finish.usage,
        timing=finish.timing,
        model=finish.model,
        stop_sequence=finish.stop_sequence,
    )


def unfold(answer: ChatResponse) -> list[ChatChunk]:
    """Return a whole answer as the chunks of a stream, for servers that do not stream."""
    chunks: list[ChatChunk] = []
    if answer.thinking or answer.thinking_signature:
        signature = answer.thinking_signature
        chunks.append(ThinkingChunk(text=answer.thinking, signature=signature))
    if answer.text or answer.logprobs:
        chunks.append(TextChunk(text=answer.text, logprobs=answer.logprobs))
    chunks.extend(ToolCallChunk(call=call) for call in answer.tool_calls)
    chunks.append(
        FinishChunk(
            reason=answer.reason,
            usage=answer.usage,
            timing=answer.timing,
            model=answer.model,
            stop_sequence=answer.stop_sequence,
        )
    )
    return chunks
