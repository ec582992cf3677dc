"""Neutral messages as an Ollama server reads them (docs/wire/ollama-api.md 2.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from msgspec import Raw

from adapters.dialects.history.tool_pairing import pair
from adapters.dialects.ollama.outbound.schema import SentCall, SentFunction, SentMessage
from ports.chat import Audio, Document, ForeignPart, Image, ImageUrl, Message, Text, ToolCall
from ports.errors import InvalidRequest


def encode_messages(messages: Sequence[Message]) -> list[SentMessage]:
    """Return the messages as they are sent, one for one but for tool results.

    Every call has an id and one result behind it, which carries that id and the tool's name.
    Texts of one message are joined by a newline (docs/wire/dialects.md 3.2).

    Raises `InvalidRequest` for arguments that are no JSON object, and for what is neither text,
    image nor sound by value.
    """
    return [_encode(message) for message in pair(messages)]


def _encode(message: Message) -> SentMessage:
    parts = message.parts
    return SentMessage(
        role=message.role,
        content="\n".join([part.text for part in parts if isinstance(part, Text)]),
        thinking=message.thinking,
        images=tuple(_bytes(part) for part in parts if not isinstance(part, Text)),
        tool_calls=tuple(_call(index, call) for index, call in enumerate(message.tool_calls)),
        tool_name=message.tool_name,
        tool_call_id=message.tool_call_id,
    )


def _bytes(part: Image | ImageUrl | Audio | Document | ForeignPart) -> bytes:
    match part:
        case Image() | Audio():
            return part.data
        case ImageUrl():
            raise InvalidRequest(
                "image URLs are not currently supported, please use base64 encoded data instead"
            )
        case Document():
            raise InvalidRequest("file inputs are not supported by this model's backend")
        case ForeignPart():
            kind = part.kind.partition(".")[2]
            raise InvalidRequest(f"{kind} inputs are not supported by this model's backend")
        case _:
            assert_never(part)


def _call(index: int, call: ToolCall) -> SentCall:
    arguments = Raw(call.arguments.encode())
    return SentCall(
        id=call.id, function=SentFunction(index=index, name=call.name, arguments=arguments)
    )
