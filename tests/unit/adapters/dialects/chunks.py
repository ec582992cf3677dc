"""What chunks say, for tests to look at."""

from __future__ import annotations

from collections.abc import Sequence

from ports.chat import ChatChunk, FinishChunk, TextChunk, ThinkingChunk, ToolCallChunk


def joined(chunks: Sequence[ChatChunk]) -> list[ChatChunk]:
    """The chunks with neighbouring pieces of text or thinking made one."""
    result: list[ChatChunk] = []
    for chunk in chunks:
        match (result[-1] if result else None, chunk):
            case (TextChunk(text=a, logprobs=x), TextChunk(text=b, logprobs=y)):
                result[-1] = TextChunk(text=a + b, logprobs=x + y)
            case (ThinkingChunk(text=a), ThinkingChunk(text=b)):
                result[-1] = ThinkingChunk(text=a + b)
            case _:
                result.append(chunk)
    return result


def text(chunks: Sequence[ChatChunk]) -> str:
    return "".join(chunk.text for chunk in chunks if isinstance(chunk, TextChunk))


def thinking(chunks: Sequence[ChatChunk]) -> str:
    return "".join(chunk.text for chunk in chunks if isinstance(chunk, ThinkingChunk))


def calls(chunks: Sequence[ChatChunk]) -> list[tuple[str, str, str]]:
    made = [chunk.call for chunk in chunks if isinstance(chunk, ToolCallChunk)]
    return [(call.id, call.name, call.arguments) for call in made]


def finish(chunks: Sequence[ChatChunk]) -> FinishChunk:
    """The end, which is there once and last."""
    (end,) = (chunk for chunk in chunks if isinstance(chunk, FinishChunk))
    assert chunks[-1] is end
    return end
