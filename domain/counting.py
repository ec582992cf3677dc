"""How many tokens a prompt takes: counted by the upstream where it can, else estimated."""

from __future__ import annotations

from typing import assert_never

from msgspec import Raw, Struct

from domain.chat import AdmittedChat, Chat
from ports.caller import Caller
from ports.chat import (
    Audio,
    ChatRequest,
    Document,
    ForeignPart,
    Image,
    ImageUrl,
    Message,
    Part,
    Text,
    Tool,
)
from ports.errors import BackendError

CHARACTERS_PER_TOKEN = 4
IMAGE_TOKENS = 1000
DOCUMENT_TOKENS = 3000
"""About what an image, and a few pages, take; sounds are taken for pages."""


class Count(Struct, frozen=True, kw_only=True):
    """Tokens, and whether an upstream counted them."""

    tokens: int
    counted: bool


class CountTokens:
    """Counts what a chat would be asked with."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    async def count(self, request: ChatRequest, caller: Caller) -> Count:
        """Count the prompt of a chat that is not asked. Raises what `Chat.admit` does.

        An upstream that fails to count is no reason to fail: nothing depends on the figure
        being exact.
        """
        admitted = await self._chat.admit(request, caller)
        counted = await _counted(admitted)
        if counted is None:
            return Count(tokens=estimate(admitted.request), counted=False)
        return Count(tokens=counted, counted=True)


async def _counted(admitted: AdmittedChat) -> int | None:
    counter = admitted.target.backend.count
    if counter is None:
        return None
    try:
        return await counter.count(admitted.request)
    except BackendError:
        return None


def estimate(request: ChatRequest) -> int:
    """Return about how many tokens the prompt takes (docs/wire/dialects.md 7.9).

    Characters of messages, tools and schemas by four, and a flat figure for what is no text.
    """
    characters = sum(map(_message, request.messages)) + sum(map(_tool, request.tools))
    if request.format is not None:
        characters += _raw(request.format.schema)
    return max(1, -(-characters // CHARACTERS_PER_TOKEN))


def _message(message: Message) -> int:
    size = len(message.thinking)
    for part in message.parts:
        size += len(part.text) if type(part) is Text else _part(part)
    for call in message.tool_calls:
        size += len(call.name) + len(call.arguments)
    return size


def _part(part: Part) -> int:
    match part:
        case Text():
            return len(part.text)
        case Image() | ImageUrl():
            return IMAGE_TOKENS * CHARACTERS_PER_TOKEN
        case Audio() | Document() | ForeignPart():
            return DOCUMENT_TOKENS * CHARACTERS_PER_TOKEN
        case _:
            assert_never(part)


def _tool(tool: Tool) -> int:
    return len(tool.name) + len(tool.description) + _raw(tool.parameters)


def _raw(json: Raw | None) -> int:
    return 0 if json is None else memoryview(json).nbytes
