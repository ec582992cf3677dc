"""`messages`: the history (docs/wire/ollama-api.md 2.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Raw, UnsetType

from adapters.dialects.bodies.gotypes import not_an_object
from adapters.dialects.ollama.inbound.schema import WireMessage, WireToolCall
from adapters.dialects.requests.images import decode_image
from ports.chat import Message, Part, Role, Text, ToolCall

_ROLES: Final[dict[str, Role]] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
}


def decode_messages(wire: Sequence[WireMessage | None] | None) -> tuple[Message, ...]:
    """Turn the history into neutral messages; null is an empty one.

    Ollama takes any role and leaves it to the template of the model. Upstreams do not: what
    is no role of theirs, or missing, becomes the user's.

    Raises `InvalidRequest` for images that are no base64 and arguments that are no object.
    """
    return tuple(_decode_message(message or WireMessage()) for message in wire or ())


def _decode_message(wire: WireMessage) -> Message:
    role = _ROLES.get((wire.role or "").lower(), "user")
    return Message(
        role=role,
        parts=_parts(wire),
        thinking=wire.thinking or "",
        tool_calls=tuple(_decode_call(call) for call in wire.tool_calls or () if call),
        tool_call_id=wire.tool_call_id or "",
        tool_name=wire.tool_name or (_older_tool_name(wire) if role == "tool" else ""),
    )


def _parts(wire: WireMessage) -> tuple[Part, ...]:
    text: tuple[Part, ...] = (Text(text=wire.content),) if wire.content else ()
    if not wire.images:
        return text
    return (*text, *(decode_image(image) for image in wire.images if image))


def _older_tool_name(wire: WireMessage) -> str:
    return wire.name if isinstance(wire.name, str) else ""


def _decode_call(wire: WireToolCall) -> ToolCall:
    called = wire.function
    return ToolCall(
        id=wire.id or "",
        name=(called and called.name) or "",
        arguments=_arguments(called.arguments) if called else "{}",
    )


def _arguments(raw: Raw | UnsetType) -> str:
    """Keep the object as it was spelled; null and nothing at all are an empty one."""
    text = "null" if isinstance(raw, UnsetType) else bytes(raw).decode()
    if text == "null":
        return "{}"
    if not text.startswith("{"):
        raise not_an_object()
    return text
