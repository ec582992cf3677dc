"""Event streams below `/v1`: what they say all in all, event by event.

How a text was cut into events is not compared, so events that only go on with the text of the
one before them are joined to it. Names, their order, and all other members stay.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Iterator
from functools import reduce
from typing import Any

Event = dict[str, Any]
"""An event as it is recorded: its `data`, and its name as `event` where it has one."""

Path = tuple[str | int, ...]

DONE = "[DONE]"

PIECES: tuple[Path, ...] = (
    ("delta",),
    ("delta", "text"),
    ("delta", "thinking"),
    ("delta", "partial_json"),
    ("choices", 0, "text"),
    ("choices", 0, "delta", "content"),
    ("choices", 0, "delta", "reasoning"),
    ("choices", 0, "logprobs", "content"),
)
"""Where the pieces of an answer are in the `data` of any dialect: texts, or lists."""

FIRST: Path = ("choices", 0, "delta", "role")
"""What only the first piece comes with."""


def parsed(raw: str) -> list[Event]:
    """Cut a stream into its events: a line of `data`, with one of `event` before it or not.

    Raises `ValueError` for anything else.
    """
    blocks = raw.split("\n\n")
    if blocks.pop():
        raise ValueError("the last event has no end")
    return [_event(block) for block in blocks]


def _event(block: str) -> Event:
    *names, data = block.split("\n")
    said = _value("data", data)
    event: Event = {"data": said if said == DONE else json.loads(said)}
    return {"event": _value("event", "\n".join(names))} | event if names else event


def _value(field: str, line: str) -> str:
    if not line.startswith(f"{field}: "):
        raise ValueError(f"no {field}: {line}")
    return line.removeprefix(f"{field}: ")


def miscounted(events: Iterable[Event]) -> Iterator[str]:
    """Name the numbers of events, where they do not count from 0."""
    told = [event["data"] for event in events]
    numbers = [data["sequence_number"] for data in told if "sequence_number" in data]
    if numbers != list(range(len(numbers))):
        yield f"sequence numbers {numbers}"


def joined(events: Iterable[Event]) -> list[Event]:
    """Join each event to the one before it where it only goes on with a text.

    Numbers of events are left out: they depend on how texts were cut.
    """
    told: list[Event] = []
    last = ""
    for event in map(_unnumbered, events):
        form = _form(event)
        if form == last and any(True for _ in pieces(event)):
            _join(told[-1], event)
        else:
            told.append(event)
        last = form
    return told


def _unnumbered(event: Event) -> Event:
    kept = copy.deepcopy(event)
    if isinstance(kept["data"], dict):
        kept["data"].pop("sequence_number", None)
    return kept


def _form(event: Event) -> str:
    """Write an event without its pieces."""
    form = copy.deepcopy(event)
    for piece, holder, key in pieces(form):
        holder[key] = type(piece)()
    delta = _at(form["data"], FIRST[:-1])
    if isinstance(delta, dict):
        delta.pop(FIRST[-1], None)
    return json.dumps(form)


def _join(before: Event, event: Event) -> None:
    for (_, holder, key), (piece, _, _) in zip(pieces(before), pieces(event), strict=True):
        holder[key] += piece


def pieces(event: Event) -> Iterator[tuple[Any, Any, str | int]]:
    """Give each piece of an answer in an event, with what holds it and under which key."""
    for path in PIECES:
        holder = _at(event["data"], path[:-1])
        piece = _at(holder, path[-1:])
        if isinstance(piece, str | list):
            yield piece, holder, path[-1]


def _at(value: Any, path: Path) -> Any:
    return reduce(_member, path, value)


def _member(value: Any, key: str | int) -> Any:
    match value, key:
        case dict(), str():
            return value.get(key)
        case list(), int() if key < len(value):
            return value[key]
        case _:
            return None
