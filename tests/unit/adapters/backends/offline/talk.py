"""Short ways to write chats and tools for these tests."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Raw

from adapters.backends.offline.backend import OfflineChat
from ports.chat import ChatRequest, ChatResponse, JsonFormat, Message, Role, Text, Tool
from tests.fakes.clock import FakeClock


def raw(value: Any) -> Raw:
    return Raw(msgspec.json.encode(value))


def says(text: str, role: Role = "user", **rest: Any) -> Message:
    return Message(role=role, parts=(Text(text=text),), **rest)


def asks(*messages: Message | str, **rest: Any) -> ChatRequest:
    """A request without thinking, unless the test asks for it."""
    spoken = tuple(says(m) if isinstance(m, str) else m for m in messages)
    return ChatRequest(model="offline", messages=spoken, **{"think": False, **rest})


def tool(name: str, description: str = "", parameters: Any = None) -> Tool:
    given = None if parameters is None else raw(parameters)
    return Tool(name=name, description=description, parameters=given)


def shaped(schema: Any) -> JsonFormat:
    return JsonFormat(schema=raw(schema))


async def answer(request: ChatRequest) -> ChatResponse:
    return await OfflineChat(pace=0, clock=FakeClock()).chat(request)


WEATHER = tool(
    "get_weather",
    "Get the current weather for a city",
    {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
        },
        "required": ["city"],
    },
)
ADDER = tool(
    "add_numbers",
    "Add two numbers",
    {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
        "required": ["a", "b"],
    },
)
