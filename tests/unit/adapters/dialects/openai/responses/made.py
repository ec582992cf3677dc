"""Requests and streams in the making, and events taken apart again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from adapters.dialects.openai.responses.create import Create, decode_create
from adapters.dialects.openai.responses.events import ResponseEvents
from ports.chat import ChatChunk, ChatRequest

TOKEN = "t0"


def create(**members: Any) -> Create:
    """A decoded body with these members, or with a plain input."""
    return decode_create(body(**members))


def body(**members: Any) -> bytes:
    return json.dumps({"model": "m", "input": "hi"} | members).encode()


def asked(**members: Any) -> ChatRequest:
    return create(**members).request


def events_of(asked_for: Create | None = None) -> ResponseEvents:
    return ResponseEvents(asked_for or create(), token=TOKEN, created_at=7, now=lambda: 9)


def streamed(
    batches: Sequence[Sequence[ChatChunk]], asked_for: Create | None = None
) -> list[dict[str, Any]]:
    """The data of all events that a stream of batches is turned into."""
    events = events_of(asked_for)
    return parsed(b"".join(events.encode(batch) for batch in batches))


def parsed(written: bytes) -> list[dict[str, Any]]:
    """The data of events; each must have a name, which says the same as its type."""
    found = []
    for event in written.decode().split("\n\n")[:-1]:
        name, data = event.split("\n")
        found.append(json.loads(data.removeprefix("data: ")))
        assert name == f"event: {found[-1]['type']}"
    return found


def kinds(events: Sequence[dict[str, Any]]) -> list[str]:
    """The types of events, without their common beginning."""
    return [event["type"].removeprefix("response.") for event in events]
