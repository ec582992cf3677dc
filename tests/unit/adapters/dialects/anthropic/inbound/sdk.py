"""Anthropic's own client library as the judge of a stream."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from anthropic._streaming import SSEDecoder
from anthropic.lib.streaming._messages import accumulate_event
from anthropic.types import RawMessageStreamEvent
from pydantic import TypeAdapter

_EVENT: TypeAdapter[Any] = TypeAdapter(RawMessageStreamEvent)

Event = tuple[str, dict[str, Any]]


def events(*reads: bytes) -> list[Event]:
    """The events of a stream, each with its name."""
    found = SSEDecoder().iter_bytes(iter(reads))
    return [(event.event or "", json.loads(event.data)) for event in found]


def message(said: Iterable[Event]) -> dict[str, Any]:
    """What the library makes of the events, each checked against its types."""
    snapshot: Any = None
    buffers: dict[int, bytes] = {}
    for name, data in said:
        assert name == data["type"]
        snapshot = accumulate_event(
            event=_EVENT.validate_python(data, strict=True),
            current_snapshot=snapshot,
            json_bufs=buffers,
        )
    made: dict[str, Any] = snapshot.to_dict(mode="json", exclude_unset=True)
    made.pop("stop_details", None)  # its own, always empty
    return made
