"""What a server wants back, unmodified, with the tool calls it made.

OpenRouter's `reasoning_details` and the `extra_content` of Gemini's calls (its thought
signature) have no place in other dialects, so their clients cannot send them back
(docs/wire/dialects.md 8.6 and 11).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from hashlib import sha256

from msgspec import Raw, Struct

from adapters.dialects.openai.tool_fragments import ToolFragments
from ports.chat import ToolCall


class Replay(Struct, frozen=True, kw_only=True):
    """What came beside the calls of one answer. `extra_content` has one entry per call."""

    calls: tuple[ToolCall, ...]
    reasoning_details: Raw | None = None
    extra_content: tuple[Raw | None, ...] = ()

    @property
    def size(self) -> int:
        """Bytes, about."""
        called = sum(len(call.arguments) + len(call.name) + len(call.id) for call in self.calls)
        kept = (self.reasoning_details, *self.extra_content)
        return called + sum(len(bytes(raw)) for raw in kept if raw is not None)


Recall = Callable[[Sequence[ToolCall]], Replay | None]
"""Finds what came with the calls of an earlier assistant message."""


Keep = Callable[[Replay], None]
"""Remembers what came with the calls of an answer."""


def replay_of(
    calls: tuple[ToolCall, ...], reasoning_details: Raw | None, fragments: ToolFragments
) -> Replay | None:
    """Return what must go back with the calls made of fragments, `None` if that is nothing."""
    extra = fragments.extra_content
    if not calls or (reasoning_details is None and extra.count(None) == len(extra)):
        return None
    return Replay(calls=calls, reasoning_details=reasoning_details, extra_content=extra)


def fingerprint(model: str, calls: Sequence[ToolCall]) -> bytes:
    """Return what calls of a model are known by where their ids are gone.

    Arguments count by value: a client may order and space them anew, and write 1.0 as 1.
    """
    named = [model, *(part for call in calls for part in (call.name, canonical(call.arguments)))]
    return sha256(json.dumps(named).encode()).digest()


def canonical(arguments: str) -> str:
    """Spell the JSON text of arguments in the one way in which equal ones are equal texts."""
    try:
        return json.dumps(json.loads(arguments or "{}", parse_float=_number), sort_keys=True)
    except (ValueError, RecursionError):
        return arguments


def _number(text: str) -> float | int:
    value = float(text)
    return int(value) if value.is_integer() else value
