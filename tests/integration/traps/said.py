"""What a client of any dialect has in its hands when an answer is over."""

from __future__ import annotations

import json
from typing import Any

import httpx
from msgspec import Struct

Event = tuple[str, Any]
"""The name of an event, may be empty, and its data: JSON, or the text `[DONE]`."""


class Called(Struct, frozen=True):
    """A tool call: its name, and the arguments as they are on the wire, a string or an object."""

    name: str
    arguments: Any
    id: str = ""


class Said(Struct, kw_only=True):
    """An answer, read to its end."""

    status: int = 200
    text: str = ""
    thinking: str = ""
    calls: tuple[Called, ...] = ()
    reason: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    model: str = ""
    created: Any = None
    ends: int = 0
    """Marks of a good end; a whole answer with status 200 has one."""
    error: str = ""
    """The message of the error, in the one place where this dialect's clients look for it."""
    pieces: int = 0
    """Lines or events."""


def lines_of(answer: httpx.Response) -> list[dict[str, Any]]:
    """Read a body of lines, as strictly as the clients do: no line is empty."""
    assert answer.content.endswith(b"\n")
    return [json.loads(line) for line in answer.content.removesuffix(b"\n").split(b"\n")]


def events_of(answer: httpx.Response) -> list[Event]:
    """Read a body of events; a comment is none."""
    *found, rest = answer.content.split(b"\n\n")
    assert rest == b""
    return [event for block in found if (event := _event(block)) is not None]


def _event(block: bytes) -> Event | None:
    fields = [line.split(b": ", 1) for line in block.split(b"\n") if not line.startswith(b":")]
    if not fields:
        return None
    named: dict[bytes, bytes] = dict(fields)
    data = named[b"data"]
    name = named.get(b"event", b"").decode()
    return name, "[DONE]" if data == b"[DONE]" else json.loads(data)


def is_streamed(answer: httpx.Response) -> bool:
    """Tell whether an answer came in lines or events."""
    return answer.headers["content-type"] in {"application/x-ndjson", "text/event-stream"}
