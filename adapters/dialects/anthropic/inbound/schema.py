"""Wire Structs of what clients send to `/v1/messages`, and Go's view of it.

Every member may be null, which is as good as absent. A block is one Struct, whatever its
type: a type that nobody has heard of must not cost the request (docs/wire/dialects.md 7.3).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import UNSET, Raw, Struct, UnsetType
from msgspec.json import Decoder

from adapters.dialects.bodies.body import Body
from adapters.dialects.bodies.gotypes import (
    Anything,
    Fault,
    GoType,
    Int,
    Own,
    Place,
    Plain,
    Record,
    Slice,
    kind_of,
)

Hint = Raw | UnsetType
"""A member that is only looked at for whether it is there."""


class WireSource(Struct, gc=False):
    """Where an image or a document comes from."""

    type: str | None = None
    media_type: str | None = None
    data: str | None = None
    url: str | None = None
    content: str | list[WireBlock | None] | None = None


class WireBlock(Struct, gc=False):
    """One block of content. `source` is a string in search results only."""

    type: str | None = None
    text: str | None = None
    thinking: str | None = None
    signature: str | None = None
    data: str | None = None
    id: str | None = None
    name: str | None = None
    input: Raw | UnsetType = UNSET
    tool_use_id: str | None = None
    content: str | list[WireBlock | None] | WireBlock | None = None
    is_error: bool | None = None
    source: WireSource | str | None = None
    title: str | None = None
    context: str | None = None
    citations: Hint = UNSET
    cache_control: Hint = UNSET


class WireMessage(Struct, gc=False):
    """One turn."""

    role: str | None = None
    content: str | list[WireBlock | None] | UnsetType | None = UNSET


class WireTool(Struct, gc=False):
    """A tool. Without a type, or of type `custom`, it is the client's own."""

    type: str | None = None
    name: str | None = None
    description: str | None = None
    input_schema: Raw | UnsetType = UNSET
    strict: bool | None = None
    cache_control: Hint = UNSET
    allowed_callers: Hint = UNSET
    defer_loading: Hint = UNSET
    eager_input_streaming: Hint = UNSET
    input_examples: Hint = UNSET


class WireChoice(Struct, gc=False):
    """Whether tools may, must or must not be called."""

    type: str | None = None
    name: str | None = None
    disable_parallel_tool_use: bool | None = None


class WireThinking(Struct, gc=False):
    """Whether to think, and for how many tokens."""

    type: str | None = None
    budget_tokens: int | float | None = None
    display: str | None = None


class WireMessages(Struct, gc=False):
    """The body of `/v1/messages`. The hints at its end have no place in the neutral form."""

    model: str | None = None
    max_tokens: int | float | None = None
    messages: list[WireMessage | None] | None = None
    system: str | list[WireBlock | None] | None = None
    stream: bool | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | float | None = None
    stop_sequences: list[str | None] | None = None
    tools: list[WireTool | None] | None = None
    tool_choice: WireChoice | None = None
    thinking: WireThinking | None = None
    output_config: dict[str, Raw] | None = None
    output_format: Raw | UnsetType = UNSET
    """The older place of `output_config.format`."""
    metadata: dict[str, Any] | None = None
    cache_control: Hint = UNSET
    service_tier: Hint = UNSET
    context_management: Hint = UNSET
    container: Hint = UNSET
    mcp_servers: Hint = UNSET
    thread: Hint = UNSET
    """A conversation that the server should hold, or go on with."""


_HINTS = ("service_tier", "context_management", "container", "mcp_servers")
_AS_EVER = frozenset({b'"auto"', b"{}", b"[]"})
"""Values of these that ask for no more than any server does without being asked."""
_MEMBERS = Decoder(dict[str, Raw])


def decode_body(body: bytes) -> tuple[WireMessages, tuple[str, ...]]:
    """Decode a body; beside it return the names of the members that have no place here.

    Raises `InvalidRequest` with Go's text (docs/wire/dialects.md 0.3).
    """
    wire, unknown = _MESSAGES.decode_whole(body)
    return wire, (*_hints(wire), *unknown)


def is_there(hint: Hint) -> bool:
    """Tell whether a member was sent, and not as null."""
    return not isinstance(hint, UnsetType) and kind_of(hint) != "null"


def _hints(wire: WireMessages) -> tuple[str, ...]:
    found = []
    for name in _HINTS:
        raw = getattr(wire, name)
        if raw is not UNSET and is_there(raw) and bytes(raw) not in _AS_EVER:
            found.append(name)
    return tuple(found)


class _Turn:
    """A message, whose decoder keeps its content for later."""

    def faults(self, value: Raw, place: Place, /) -> Iterator[Fault]:
        if kind_of(value) != "object":
            yield from Plain("object", f"{_PACKAGE}.MessageParam").faults(value, place)
            return
        members = _MEMBERS.decode(value)
        yield from _STRING.faults(members.get("role", _NULL), place)
        content = members.get("content", _NULL)
        if kind_of(content) != "string":
            yield from Own(_BLOCKS).faults(content, place)


_NULL = Raw(b"null")
_PACKAGE = "anthropic"
_STRING = Plain("string", "string")
_BOOL = Plain("bool", "bool")
_FLOAT = Plain("number", "float64")


def _record(name: str, fields: dict[str, GoType]) -> Record:
    return Record(name, fields, _PACKAGE)


_BLOCK = _record(
    "ContentBlock",
    {
        "type": _STRING,
        "text": _STRING,
        "thinking": _STRING,
        "signature": _STRING,
        "id": _STRING,
        "name": _STRING,
        "tool_use_id": _STRING,
        "is_error": _BOOL,
    },
)
_BLOCKS = Slice(_BLOCK, f"[]{_PACKAGE}.ContentBlock")
_TOOL = _record("Tool", {"type": _STRING, "name": _STRING, "description": _STRING})
_CHOICE = _record(
    "ToolChoice", {"type": _STRING, "name": _STRING, "disable_parallel_tool_use": _BOOL}
)
_THINKING = _record("ThinkingConfig", {"type": _STRING, "budget_tokens": Int()})
_REQUEST = _record(
    "MessagesRequest",
    {
        "model": _STRING,
        "max_tokens": Int(),
        "messages": Slice(Own(_Turn()), f"[]{_PACKAGE}.MessageParam"),
        "system": Anything(),
        "stream": _BOOL,
        "temperature": _FLOAT,
        "top_p": _FLOAT,
        "top_k": Int(),
        "stop_sequences": Slice(_STRING, "[]string"),
        "tools": Slice(_TOOL, f"[]{_PACKAGE}.Tool"),
        "tool_choice": _CHOICE,
        "thinking": _THINKING,
        "metadata": _record("Metadata", {"user_id": _STRING}),
        "output_config": Plain("object", f"{_PACKAGE}.OutputConfig"),
    },
)

_MESSAGES = Body(WireMessages, _REQUEST, missing="EOF")
