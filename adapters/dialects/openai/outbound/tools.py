"""Tools on offer, and whether they may or must be called (docs/wire/dialects.md 1.1 and 1.2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import UNSET, Raw

from adapters.dialects.openai.outbound.profile import Profile
from adapters.dialects.openai.outbound.schema import (
    ChatBody,
    ChosenFunction,
    SentChoice,
    SentFunction,
    SentTool,
)
from ports.chat import ChatRequest, NamedTool, Tool, ToolChoice

_NO_PARAMETERS = Raw(b'{"type":"object","properties":{}}')


def set_tools(body: ChatBody, request: ChatRequest, profile: Profile) -> None:
    """Offer the tools, if there are any.

    An empty list is an error at some servers, and so is any word on calls beside no tools.
    """
    tools = request.tools
    if not tools:
        return
    choice = request.tool_choice
    if isinstance(choice, NamedTool) and not profile.named_choice:
        # One tool and some call of it: that is the call that was wanted.
        tools, choice = _only(choice.name, tools), "required"
    body.tools = _encode(tools, profile)
    if choice is not UNSET:
        body.tool_choice = _encode_choice(choice)
    if profile.parallel_tool_calls:
        body.parallel_tool_calls = request.parallel_tool_calls


def _only(name: str, tools: Iterable[Tool]) -> tuple[Tool, ...]:
    return tuple(tool for tool in tools if tool.name == name)


def _encode_choice(choice: ToolChoice) -> str | SentChoice:
    if isinstance(choice, NamedTool):
        return SentChoice(function=ChosenFunction(name=choice.name))
    return choice


def _encode(tools: Sequence[Tool], profile: Profile) -> list[SentTool]:
    return [
        SentTool(
            function=SentFunction(
                name=tool.name,
                description=tool.description,
                parameters=tool.parameters or _NO_PARAMETERS,
                strict=tool.strict if profile.strict_tools else UNSET,
            )
        )
        for tool in tools
    ]
