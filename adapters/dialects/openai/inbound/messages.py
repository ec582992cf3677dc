"""`messages`: the history (docs/wire/dialects.md 1.2, 3.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from msgspec import Raw, Struct, UnsetType
from msgspec.json import Decoder, Encoder

from adapters.dialects.openai.inbound.parts import decode_parts
from adapters.dialects.openai.inbound.schema import WireCalled, WireMessage, WireToolCall
from adapters.dialects.openai.inbound.tools import FUNCTION
from adapters.dialects.openai.inbound.vendor import PREFIX
from ports.chat import NO_EXTENSIONS, Message, Part, Role, Text, ToolCall
from ports.errors import InvalidRequest

REASONING_DETAILS = PREFIX + "reasoning_details"

_ROLES: Mapping[str, Role] = MappingProxyType(
    {
        "system": "system",
        "developer": "system",
        "user": "user",
        "assistant": "assistant",
        "tool": "tool",
        "function": "tool",
    }
)
_ENCODER = Encoder()


class _Detail(Struct, gc=False):
    text: str | None = None
    summary: str | None = None


_DETAILS = Decoder(list[_Detail])


def decode_messages(wire: Sequence[WireMessage | None]) -> tuple[Message, ...]:
    """Turn the history into neutral messages, one for one.

    Raises `InvalidRequest`, placed at the message.
    """
    messages: list[Message] = []
    for index, message in enumerate(wire):
        try:
            messages.append(_decode(message or WireMessage()))
        except InvalidRequest as error:
            raise error.within(f"messages[{index}]") from error
    return tuple(messages)


def dropped_of(wire: Sequence[WireMessage | None]) -> tuple[str, ...]:
    """Name what of the history cannot be kept: sounds that lie at OpenAI."""
    return tuple(
        f"messages[{index}].audio"
        for index, message in enumerate(wire)
        if message is not None and message.audio is not None
    )


def _decode(wire: WireMessage) -> Message:
    role = _ROLES.get(wire.role or "")
    if role is None:
        known = ", ".join(_ROLES)
        raise InvalidRequest(f"a message must have a role, one of: {known}", param="role")
    if role == "assistant":
        return _turn(wire)
    if role == "tool":
        return Message(
            role=role,
            parts=_parts(wire),
            tool_call_id=wire.tool_call_id or "",
            tool_name=wire.name or "",
        )
    return Message(role=role, parts=_parts(wire), author=wire.name or "")


def _turn(wire: WireMessage) -> Message:
    details = _details(wire.reasoning_details)
    return Message(
        role="assistant",
        parts=_parts(wire),
        thinking=wire.reasoning or wire.reasoning_content or _words_in(details),
        tool_calls=_calls(wire),
        author=wire.name or "",
        extensions=NO_EXTENSIONS if details is None else {REASONING_DETAILS: details},
    )


def _parts(wire: WireMessage) -> tuple[Part, ...]:
    said, refusal = wire.content or "", wire.refusal
    if isinstance(said, str):
        parts: tuple[Part, ...] = (Text(text=said),) if said else ()
    else:
        parts = decode_parts(said)
    return (*parts, Text(text=refusal)) if refusal else parts


def _details(details: Raw | UnsetType) -> Raw | None:
    if isinstance(details, UnsetType) or bytes(details) in {b"null", b"[]"}:
        return None
    return details


def _words_in(details: Raw | None) -> str:
    """Return the words in OpenRouter's `reasoning_details`; there may be none."""
    if details is None:
        return ""
    try:
        return "".join(detail.text or detail.summary or "" for detail in _DETAILS.decode(details))
    except ValueError:
        return ""


def _calls(wire: WireMessage) -> tuple[ToolCall, ...]:
    if wire.function_call is not None and not wire.tool_calls:
        return (_call("", wire.function_call, "function_call"),)
    return tuple(
        _tool_call(call, f"tool_calls[{index}]")
        for index, call in enumerate(wire.tool_calls or ())
        if call is not None
    )


def _tool_call(call: WireToolCall, place: str) -> ToolCall:
    if call.function is None or call.type not in {None, "", FUNCTION}:
        raise InvalidRequest("only calls of functions can be translated", param=place)
    return _call(call.id or "", call.function, f"{place}.function")


def _call(call_id: str, called: WireCalled, place: str) -> ToolCall:
    if not called.name:
        raise InvalidRequest("a call must name its function", param=f"{place}.name")
    arguments = called.arguments or ""
    if not isinstance(arguments, str):
        arguments = _ENCODER.encode(arguments).decode()
    return ToolCall(id=call_id, name=called.name, arguments=arguments)
