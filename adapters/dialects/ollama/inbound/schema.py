"""Wire Structs of what clients send to `/api/chat` and `/api/show`, and Go's view of them.

Every member may be null, which is as good as absent (docs/wire/ollama-api.md 2.1 to 2.3, 2.8).
"""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, Raw, Struct, UnsetType, field

from adapters.dialects.bodies.body import Body
from adapters.dialects.bodies.gotypes import (
    Anything,
    GoType,
    Int,
    Own,
    Plain,
    Record,
    Slice,
)


class WireCalled(Struct, gc=False):
    """The function of a tool call in a history."""

    index: int | None = None
    name: str | None = None
    arguments: Raw | UnsetType = UNSET


class WireToolCall(Struct, gc=False):
    """A tool call in a history."""

    id: str | None = None
    function: WireCalled | None = None


class WireMessage(Struct, gc=False):
    """A message. `name` is what older clients call `tool_name`; Ollama ignores it, any type."""

    role: str | None = None
    content: str | None = None
    thinking: str | None = None
    images: list[str | None] | None = None
    tool_calls: list[WireToolCall | None] | None = None
    tool_name: str | None = None
    tool_call_id: str | None = None
    name: Any = None


class WireFunction(Struct, gc=False):
    """The function of a tool. Its `parameters` stay verbatim."""

    name: str | None = None
    description: str | None = None
    parameters: Raw | UnsetType = UNSET


class WireTool(Struct, gc=False):
    """A tool."""

    type: str | None = None
    function: WireFunction | None = None


class WireChat(Struct, gc=False):
    """The body of `/api/chat`."""

    model: str | None = None
    messages: list[WireMessage | None] | None = None
    stream: bool | None = None
    format: Raw | UnsetType = UNSET
    keep_alive: Any = None
    tools: list[WireTool | None] | None = None
    options: dict[str, Raw] | None = None
    think: Any = None
    truncate: bool | None = None
    shift: bool | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    debug_render_only: bool | None = field(default=None, name="_debug_render_only")


class WireShow(Struct, gc=False):
    """The body of `/api/show`. `template` is read and ignored, as Ollama does."""

    model: str | None = None
    name: str | None = None
    system: str | None = None
    template: str | None = None
    verbose: bool | None = None
    options: dict[str, Raw] | None = None


_STRING = Plain("string", "string")
_BOOL = Plain("bool", "bool")
_OPTIONS = Plain("object", "map[string]interface {}")

_CALLED = Record("ToolCallFunction", {"index": Int(), "name": _STRING, "arguments": Anything()})
_TOOL_CALL = Record("ToolCall", {"id": _STRING, "function": _CALLED})
_MESSAGE = Record(
    "Alias",  # its decoder calls the type so, to get rid of its own methods
    {
        "role": _STRING,
        "content": _STRING,
        "thinking": _STRING,
        "images": Slice(Plain("string", "api.ImageData"), "[]api.ImageData"),
        "tool_calls": Slice(_TOOL_CALL, "[]api.ToolCall"),
        "tool_name": _STRING,
        "tool_call_id": _STRING,
    },
)
MESSAGES: GoType = Slice(Own(_MESSAGE), "[]api.Message")
"""A list of messages, which other routes have too."""

_FUNCTION = Record(
    "ToolFunction", {"name": _STRING, "description": _STRING, "parameters": Anything()}
)
_TOOL = Record("Tool", {"type": _STRING, "function": _FUNCTION})
_CHAT: dict[str, GoType] = {
    "model": _STRING,
    "messages": MESSAGES,
    "stream": _BOOL,
    "format": Anything(),
    "keep_alive": Anything(),
    "tools": Slice(_TOOL, "api.Tools"),
    "options": _OPTIONS,
    "think": Anything(),
    "truncate": _BOOL,
    "shift": _BOOL,
    "logprobs": _BOOL,
    "top_logprobs": Int(),
    "_debug_render_only": _BOOL,
}
_SHOW: dict[str, GoType] = {
    "model": _STRING,
    "name": _STRING,
    "system": _STRING,
    "template": _STRING,
    "verbose": _BOOL,
    "options": _OPTIONS,
}


def _asks(wire: WireChat) -> object:
    # Objects of .NET and Go, written with the names they have there, stand in bodies that are
    # spelled as they should be: `{"model":"m","messages":[{"Role":"user","Content":"x"}]}`.
    return wire.model and wire.messages and wire.messages[-1] and wire.messages[-1].role


CHAT = Body(WireChat, Record("ChatRequest", _CHAT), asks=_asks)
SHOW = Body(WireShow, Record("ShowRequest", _SHOW), asks=lambda wire: wire.model or wire.name)
