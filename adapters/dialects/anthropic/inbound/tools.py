"""`tools` and `tool_choice` (docs/wire/dialects.md 7.2).

Tools that Anthropic's own servers run, or whose schemas only its models know, have a type
and are dropped; a request that insists on one of them is refused.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import UNSET, Raw, UnsetType

from adapters.dialects.anthropic.inbound.aside import Aside
from adapters.dialects.anthropic.inbound.schema import WireChoice, WireTool, is_there
from adapters.dialects.bodies.gotypes import kind_of
from ports.chat import NamedTool, Tool, ToolChoice
from ports.errors import InvalidRequest

_OWN = frozenset({None, "", "custom"})
_HINTS = ("allowed_callers", "defer_loading", "eager_input_streaming", "input_examples")


def decode_tools(
    wire: Sequence[WireTool | None] | None, choice: WireChoice | None, aside: Aside
) -> tuple[Tool, ...]:
    """Turn the tools into neutral ones; others are dropped by their type.

    Raises `InvalidRequest` for a tool without a name or with a schema that is no object, and
    if `choice` insists on a tool that would be dropped.
    """
    tools: list[Tool] = []
    foreign = ""
    for position, tool in enumerate(wire or ()):
        if tool is None:
            continue
        if tool.type in _OWN:
            tools.append(_tool(tool, position, aside))
        elif choice is not None and choice.type == "tool" and choice.name == tool.name:
            raise _demanded(tool.type)
        else:
            foreign = tool.type or ""
            aside.drop(f"tools.{foreign}")
    if foreign and not tools and choice is not None and choice.type == "any":
        raise _demanded(foreign)
    return tuple(tools)


def _demanded(kind: str | None) -> InvalidRequest:
    return InvalidRequest(f"tool_choice demands a tool of type {kind}: not supported")


def decode_choice(wire: WireChoice | None) -> ToolChoice | UnsetType:
    """Turn `tool_choice` into the neutral choice. Raises `InvalidRequest` for an unknown one."""
    match wire:
        case None | WireChoice(type=None | ""):
            return UNSET
        case WireChoice(type="auto"):
            return "auto"
        case WireChoice(type="any"):
            return "required"
        case WireChoice(type="none"):
            return "none"
        case WireChoice(type="tool", name=str() as name) if name:
            return NamedTool(name=name)
        case WireChoice(type="tool"):
            raise InvalidRequest("tool_choice.name is required with type tool")
        case _:
            raise InvalidRequest(
                f"invalid tool_choice type: {wire.type} (must be auto, any, tool or none)"
            )


def decode_parallel(wire: WireChoice | None) -> bool | UnsetType:
    """Tell whether several calls at once were forbidden; that they may be is the default."""
    return False if wire is not None and wire.disable_parallel_tool_use else UNSET


def _tool(wire: WireTool, position: int, aside: Aside) -> Tool:
    if not wire.name:
        raise InvalidRequest(f"tools.{position}.name is required")
    aside.cache(wire.cache_control)
    for name in _HINTS:
        if is_there(getattr(wire, name)):
            aside.drop(f"tools.{name}")
    return Tool(
        name=wire.name,
        description=wire.description or "",
        parameters=_schema(wire, position),
        strict=UNSET if wire.strict is None else wire.strict,
    )


def _schema(wire: WireTool, position: int) -> Raw | None:
    schema = wire.input_schema
    if isinstance(schema, UnsetType) or not is_there(schema):
        return None
    if kind_of(schema) != "object":
        raise InvalidRequest(f"tools.{position}.input_schema must be an object")
    return schema
