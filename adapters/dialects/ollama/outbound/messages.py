"""Neutral messages as an Ollama server reads them (docs/wire/ollama-api.md 2.3)."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Raw

from adapters.dialects.ollama.outbound.schema import SentCall, SentFunction, SentMessage
from adapters.dialects.tool_pairing import pair
from ports.chat import Message, Text, ToolCall


def encode_messages(messages: Sequence[Message]) -> list[SentMessage]:
    """Return the messages as they are sent, one for one but for tool results.

    Every call has an id and one result behind it, which carries that id and the tool's name.
    Texts of one message are joined by a newline (docs/wire/dialects.md 3.2).

    Raises `InvalidRequest` for arguments that are no JSON object.
    """
    return [_encode(message) for message in pair(messages)]


def _encode(message: Message) -> SentMessage:
    parts = message.parts
    return SentMessage(
        role=message.role,
        content="\n".join([part.text for part in parts if isinstance(part, Text)]),
        thinking=message.thinking,
        images=tuple(part.data for part in parts if not isinstance(part, Text)),
        tool_calls=tuple(_call(index, call) for index, call in enumerate(message.tool_calls)),
        tool_name=message.tool_name,
        tool_call_id=message.tool_call_id,
    )


def _call(index: int, call: ToolCall) -> SentCall:
    arguments = Raw(call.arguments.encode())
    return SentCall(
        id=call.id, function=SentFunction(index=index, name=call.name, arguments=arguments)
    )
