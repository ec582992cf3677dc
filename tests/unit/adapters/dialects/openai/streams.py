"""Feeding streams to the reader in the tests."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from adapters.dialects.openai.outbound_stream import ChatEvents
from ports.chat import ChatChunk, FinishChunk, TextChunk, ThinkingChunk, ToolCallChunk
from ports.errors import BackendError

DONE = b"data: [DONE]\n\n"


def event(said: Any) -> bytes:
    return b"data: " + json.dumps(said).encode() + b"\n\n"


def delta(finish: str | None = None, **fields: Any) -> bytes:
    """One event with one choice."""
    choice = {"index": 0, "delta": fields, "finish_reason": finish}
    return event({"id": "c1", "model": "m1", "choices": [choice]})


def call(index: int | None = None, arguments: Any = None, **fields: Any) -> dict[str, Any]:
    """A piece of a tool call; `name` goes where it belongs."""
    function = {"name": fields.pop("name", None), "arguments": arguments}
    whole = {"index": index, **fields, "function": function}
    return {key: value for key, value in whole.items() if value is not None}


def reads_of(stream: bytes, size: int) -> list[bytes]:
    return [stream[i : i + size] for i in range(0, len(stream), size)]


def read(reads: Iterable[bytes], think: Any = None) -> list[ChatChunk]:
    """Everything that a stream says. Raises what the reader raises."""
    events = ChatEvents() if think is None else ChatEvents(think=think)
    chunks = [chunk for data in reads for chunk in events.feed(data)]
    return chunks + events.finish()


def outcome(reads: Iterable[bytes]) -> tuple[list[ChatChunk], str]:
    """What came, neighbours joined, and the error that ended it, if any."""
    events = ChatEvents()
    chunks: list[ChatChunk] = []
    try:
        for data in reads:
            chunks += events.feed(data)
        chunks += events.finish()
    except BackendError as error:
        return joined(chunks), f"{type(error).__name__}: {error.message}"
    return joined(chunks), ""


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
