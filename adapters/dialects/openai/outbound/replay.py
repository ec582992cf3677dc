"""What a server wants back, unmodified, with the tool calls it made.

OpenRouter's `reasoning_details` and the `extra_content` of Gemini's calls (its thought
signature) have no place in other dialects, so their clients cannot send them back
(docs/wire/dialects.md 8.6 and 11).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from hashlib import blake2b

from msgspec import Raw, Struct
from msgspec.msgpack import Encoder

from adapters.dialects.openai.outbound.tool_fragments import ToolFragments
from ports.chat import Message, Text, ToolCall


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


Replays = Iterator[Replay | None]
"""For every assistant message with calls, in order: what came with it, if that is known."""


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


class Conversation:
    """What one client said to a model so far, as a digest that grows message by message.

    Of an assistant's turn only the calls count, without their ids: clients drop ids, thinking
    and empty fields, and tell words and calls in one message or in two. Everything else counts
    as it was sent, because a client sends it again as it was. So equal digests mean that the
    same client has said the same words, named the same calls and given the same results:
    whatever a model has thought about that, it has thought for this client and about this.
    """

    __slots__ = ("_hash",)

    def __init__(self, caller: str, model: str) -> None:
        self._hash = blake2b(_PACK((caller, model)), digest_size=32)

    @property
    def digest(self) -> bytes:
        """What the conversation is known by, its last message included."""
        return self._hash.digest()

    def add(self, message: Message) -> None:
        """Take the next message.

        Arguments count by value: a client may order and space them anew, and write 1.0 as 1.
        """
        if message.role != "assistant":
            parts = [part for part in message.parts if not isinstance(part, Text) or part.text]
            self._hash.update(_PACK((message.role, parts)))
        if message.tool_calls:
            calls = [(call.name, canonical(call.arguments)) for call in message.tool_calls]
            self._hash.update(_PACK(calls))


def canonical(arguments: str) -> str:
    """Spell the JSON text of arguments in the one way in which equal ones are equal texts."""
    try:
        return json.dumps(json.loads(arguments or "{}", parse_float=_number), sort_keys=True)
    except (ValueError, RecursionError):
        return arguments


_PACK = Encoder().encode
"""Every value tells its own length, so no two sequences of them are the same bytes."""


def _number(text: str) -> float | int:
    value = float(text)
    return int(value) if value.is_integer() else value
