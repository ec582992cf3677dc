"""Feeding streams to the reader in the tests."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from adapters.dialects.openai.outbound.asked import Asked
from adapters.dialects.openai.outbound.stream import ChatEvents
from ports.chat import ChatChunk
from ports.errors import BackendError
from tests.unit.adapters.dialects.chunks import joined

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
    events = ChatEvents() if think is None else ChatEvents(Asked(think=think))
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
