"""`system` and `messages`: the history (docs/wire/dialects.md 7.2 and 7.3).

One message of a user may hold results of tools and more: the results become messages of their
own in front of the rest. Blocks of a type that has no place here are dropped by its name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import UnsetType

from adapters.dialects.anthropic.inbound.aside import Aside
from adapters.dialects.anthropic.inbound.blocks import decode_content, decode_shown, note_hints
from adapters.dialects.anthropic.inbound.schema import WireBlock, WireMessage, is_there
from adapters.dialects.anthropic.inbound.thoughts import decode_thoughts
from adapters.dialects.anthropic.tool_ids import decode_id
from adapters.dialects.bodies.gotypes import kind_of
from ports.chat import Message, Part, Role, Text, ToolCall
from ports.errors import InvalidRequest

_ROLES: Final[dict[str, Role]] = {
    "system": "system",
    "developer": "system",
    "assistant": "assistant",
}
_FAILED = "Error: "


def decode_messages(
    system: str | Sequence[WireBlock | None] | None,
    wire: Sequence[WireMessage | None],
    aside: Aside,
) -> tuple[Message, ...]:
    """Turn the history into neutral messages, the system's in front.

    Raises `InvalidRequest` for calls without id, name or an object of arguments, for images and
    documents that cannot be read, and where nothing is left of the messages.
    """
    told = tuple(_system(system, aside))
    messages: list[Message] = []
    for position, message in enumerate(wire):
        messages += _decode(message or WireMessage(), position, aside)
    if not messages:
        raise InvalidRequest("messages: there is nothing in them that can be handed on")
    return (*told, *messages)


def _system(system: str | Sequence[WireBlock | None] | None, aside: Aside) -> Iterator[Message]:
    parts = tuple(decode_content(system, aside))
    if parts:
        yield Message(role="system", parts=_only_text(parts))


def _decode(wire: WireMessage, position: int, aside: Aside) -> Iterator[Message]:
    content = wire.content
    if isinstance(content, UnsetType):
        raise InvalidRequest(f"messages.{position}.content is required")
    # As on the native routes, what is no role of an upstream's is the user's.
    role = _ROLES.get((wire.role or "").lower(), "user")
    if not content:
        yield Message(role=role)
    elif isinstance(content, str):
        yield Message(role=role, parts=(Text(text=content),))
    elif role == "assistant":
        yield from _assistant(content, aside)
    else:
        yield from _user(role, content, aside)


def _user(role: Role, blocks: Sequence[WireBlock | None], aside: Aside) -> Iterator[Message]:
    parts: list[Part] = []
    results = 0
    for block in filter(None, blocks):
        if block.type == "tool_result" and role == "user":
            results += 1
            yield _result(block, aside)
        else:
            parts += decode_shown(block, aside)
    if parts or not results:
        yield Message(role=role, parts=_only_text(parts) if role == "system" else tuple(parts))


def _only_text(parts: Sequence[Part]) -> tuple[Part, ...]:
    if not all(isinstance(part, Text) for part in parts):
        raise InvalidRequest("a system prompt may hold text only")
    return tuple(parts)


def _result(block: WireBlock, aside: Aside) -> Message:
    note_hints(block, aside)
    parts = tuple(decode_content(block.content, aside))
    if block.is_error:
        text = parts[0].text if parts and isinstance(parts[0], Text) else ""
        parts = (Text(text=_FAILED + text), *(parts[1:] if text else parts))
    return Message(role="tool", parts=parts, tool_call_id=decode_id(block.tool_use_id or ""))


def _assistant(blocks: Sequence[WireBlock | None], aside: Aside) -> Iterator[Message]:
    parts: list[Part] = []
    blocks_of_thought: list[WireBlock] = []
    calls: list[ToolCall] = []
    for block in filter(None, blocks):
        match block.type:
            case "text":
                parts += decode_shown(block, aside)
            case "thinking" | "redacted_thinking":
                blocks_of_thought.append(block)
            case "tool_use":
                note_hints(block, aside)
                calls.append(_call(block))
            case kind:
                aside.drop(f"content.{kind or 'type'}")
    if parts or blocks_of_thought or calls:
        thoughts = decode_thoughts(blocks_of_thought)
        yield Message(
            role="assistant",
            parts=tuple(parts),
            thinking=thoughts.thinking,
            thinking_signature=thoughts.signature,
            tool_calls=tuple(calls),
            extensions=thoughts.extensions,
        )


def _call(block: WireBlock) -> ToolCall:
    if not block.id:
        raise InvalidRequest("tool_use block missing required 'id' field")
    if not block.name:
        raise InvalidRequest("tool_use block missing required 'name' field")
    return ToolCall(id=decode_id(block.id), name=block.name, arguments=_arguments(block))


def _arguments(block: WireBlock) -> str:
    """Keep the object as it was spelled; null and nothing at all are an empty one."""
    given = block.input
    if isinstance(given, UnsetType) or not is_there(given):
        return "{}"
    if kind_of(given) != "object":
        raise InvalidRequest("tool_use block with an 'input' that is no object")
    return bytes(given).decode()
