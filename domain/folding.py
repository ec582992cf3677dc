"""A stream of chunks and a whole answer are two forms of one thing."""

from __future__ import annotations

from typing import assert_never

from ports.chat import (
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
    text: list[str] = []
    thinking: list[str] = []
    calls: list[ToolCall] = []
    logprobs: list[TokenLogprob] = []
    finish: FinishChunk | None = None
    async for batch in stream:
        for chunk in batch:
            match chunk:
                case TextChunk():
                    text.append(chunk.text)
                    logprobs.extend(chunk.logprobs)
                case ThinkingChunk():
                    thinking.append(chunk.text)
                case ToolCallChunk():
                    calls.append(chunk.call)
                case FinishChunk():
                    finish = chunk
                case _:
                    assert_never(chunk)
    if finish is None:
        raise BackendProtocolError("the answer ended before it was complete")
    return ChatResponse(
        text="".join(text),
        thinking="".join(thinking),
        tool_calls=tuple(calls),
        logprobs=tuple(logprobs),
        reason=finish.reason,
        usage=finish.usage,
        timing=finish.timing,
        model=finish.model,
    )
