"""Tools on offer, and the choice among them, which Ollama has no word for.

docs/wire/dialects.md 3.3. Nothing here forces a model: it is told, and may do otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import UNSET, UnsetType

from adapters.dialects.history.system_lines import with_line
from adapters.dialects.ollama.outbound.schema import SentTool
from ports.chat import ChatRequest, Message, NamedTool, Tool


def encode_tools(request: ChatRequest) -> Sequence[SentTool] | UnsetType:
    """Return the tools that may be called, their schemas verbatim: of a named one only that."""
    return [SentTool(function=_function(tool)) for tool in _offered(request)] or UNSET


def with_choice(request: ChatRequest) -> Sequence[Message]:
    """Return the messages, with a line for the model where it must call a tool, and has one."""
    if not _offered(request):
        return request.messages
    match request.tool_choice:
        case NamedTool(name=name):
            return with_line(
                request.messages, f"Call the tool {name} now, and answer nothing else."
            )
        case "required":
            return with_line(
                request.messages, "Call one of the tools now, and answer nothing else."
            )
        case _:
            return request.messages


def _offered(request: ChatRequest) -> Sequence[Tool]:
    match request.tool_choice:
        case "none":
            return ()
        case NamedTool(name=name):
            return tuple(tool for tool in request.tools if tool.name == name)
        case _:
            return request.tools


def _function(tool: Tool) -> Mapping[str, Any]:
    function: dict[str, Any] = {"name": tool.name}
    if tool.description:
        function["description"] = tool.description
    if tool.parameters is not None:
        function["parameters"] = tool.parameters
    return function
