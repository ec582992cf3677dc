"""`tools` and `tool_choice`, and the older `functions` and `function_call` (1.1, 1.2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import UNSET, Raw, Struct, UnsetType

from adapters.dialects.openai.inbound.schema import WireChat, WireFunction, WireTool
from ports.chat import NamedTool, Tool, ToolChoice
from ports.errors import InvalidRequest

FUNCTION = "function"


class Tools(Struct, frozen=True, kw_only=True):
    """What the model may call, and whether it must. `dropped` are tools that are no functions."""

    tools: tuple[Tool, ...] = ()
    choice: ToolChoice | UnsetType = UNSET
    dropped: tuple[str, ...] = ()
    legacy: bool = False
    """Whether the client knows functions only, and one call at a time."""


NO_TOOLS = Tools()


def decode_tools(wire: WireChat) -> Tools:
    """Turn tools or functions into neutral ones; the older names count where no newer are.

    Raises `InvalidRequest` for a function without a name, and for a choice that is none.
    """
    if not wire.tools:
        return _decode_functions(wire)
    tools: list[Tool] = []
    dropped: list[str] = []
    for index, tool in enumerate(wire.tools):
        if tool is not None and _is_function(tool):
            tools.append(_tool(tool.function or WireFunction(), f"tools[{index}].function"))
        else:
            dropped.append(f"tools[{index}]")
    return _chosen(tuple(tools), dropped, wire.tool_choice)


def _is_function(tool: WireTool) -> bool:
    # One that says so and is none is a slip: `/v1/responses` has its members beside the type.
    return tool.type == FUNCTION or (tool.function is not None and tool.type in {None, ""})


def _decode_functions(wire: WireChat) -> Tools:
    if not wire.functions:
        return NO_TOOLS if wire.tool_choice is None else _chosen((), [], wire.tool_choice)
    tools = tuple(
        _tool(function or WireFunction(), f"functions[{index}]")
        for index, function in enumerate(wire.functions)
    )
    return Tools(tools=tools, choice=_function_call(wire.function_call), legacy=True)


def _tool(function: WireFunction, place: str) -> Tool:
    if not function.name:
        raise InvalidRequest("a function must have a name", param=f"{place}.name")
    return Tool(
        name=function.name,
        description=function.description or "",
        parameters=decode_parameters(function.parameters, f"{place}.parameters"),
        strict=UNSET if function.strict is None else function.strict,
    )


def decode_parameters(schema: Raw | UnsetType, place: str) -> Raw | None:
    """Return the schema as it was spelled, `None` where there is none.

    Raises `InvalidRequest`, placed there, for what is no object.
    """
    if isinstance(schema, UnsetType) or bytes(schema) == b"null":
        return None
    if not bytes(schema).startswith(b"{"):
        raise InvalidRequest("parameters must be a JSON object", param=place)
    return schema


def _chosen(tools: tuple[Tool, ...], dropped: list[str], choice: Any) -> Tools:
    match choice:
        case None:
            return Tools(tools=tools, dropped=tuple(dropped))
        case "none" | "auto" | "required":
            return Tools(tools=tools, choice=choice, dropped=tuple(dropped))
        case {"type": "function", "function": {"name": str(name)}} | {
            "type": "function",
            "name": str(name),
        }:
            return Tools(tools=tools, choice=NamedTool(name=name), dropped=tuple(dropped))
        case {
            "type": "allowed_tools",
            "allowed_tools": {"mode": "auto" | "required" as mode, "tools": [*listed]},
        }:
            names = _allowed(listed)
            allowed = tuple(tool for tool in tools if tool.name in names)
            return Tools(tools=allowed, choice=mode, dropped=tuple(dropped))
        case {"type": str(kind)} if kind not in {FUNCTION, "allowed_tools"}:
            return Tools(tools=tools, dropped=(*dropped, "tool_choice"))
        case _:
            raise InvalidRequest(
                'must be "none", "auto", "required", or name a function', param="tool_choice"
            )


def _allowed(listed: Sequence[Any]) -> Sequence[str]:
    functions = [tool.get(FUNCTION) for tool in listed if isinstance(tool, dict)]
    return [it["name"] for it in functions if isinstance(it, dict) and "name" in it]


def _function_call(choice: Any) -> ToolChoice | UnsetType:
    match choice:
        case None:
            return UNSET
        case "none":
            return "none"
        case "auto":
            return "auto"
        case {"name": str(name)}:
            return NamedTool(name=name)
        case _:
            raise InvalidRequest(
                'must be "none", "auto", or name a function', param="function_call"
            )
