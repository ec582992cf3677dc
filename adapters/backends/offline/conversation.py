"""What the offline backend understands of a chat: who spoke last, and what came with it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from msgspec import Struct

from adapters.backends.offline.turns import Turns, count_words
from ports.chat import Audio, Document, ForeignPart, Image, ImageUrl, Message, Text
from ports.errors import InvalidRequest

_A_MESSAGE = 100  # characters that take as long as a message without any


class ToolResult(Struct, frozen=True, kw_only=True):
    """What a tool answered; `name` may be empty."""

    name: str
    text: str


class Conversation(Struct, frozen=True, kw_only=True):
    """The parts of a chat that an answer depends on."""

    text: str
    """The last user message."""
    text_words: int
    turn: int
    """How many messages the user has sent."""
    system_words: int
    images: tuple[str, ...]
    """The type of each image in the last user message, such as `PNG`, or that it is an address."""
    sounds: tuple[str, ...]
    files: tuple[str, ...]
    results: tuple[ToolResult, ...]
    """What the tools answered, if that is what the chat ends with."""
    words: int
    """Of all messages: what stands for the prompt's tokens."""
    waiting: bool
    """The chat ends with the user's message, so that a tool may be called."""


async def read(messages: Sequence[Message], turns: Turns) -> Conversation:
    """Read a chat. Raises `InvalidRequest` for parts of a kind that is not known here."""
    _check_parts(messages)
    talk = [message for message in messages if message.role != "system"]
    asked = [message for message in talk if message.role == "user"]
    parts = asked[-1].parts if asked else ()
    text = text_of(asked[-1]) if asked else ""
    system_words = await _words([m for m in messages if m.role == "system"], turns)
    return Conversation(
        text=text,
        text_words=await count_words(text, turns),
        turn=len(asked),
        system_words=system_words,
        images=tuple(_look(part) for part in parts if isinstance(part, Image | ImageUrl)),
        sounds=tuple(part.format.upper() for part in parts if isinstance(part, Audio)),
        files=tuple(_kind(part.media_type) for part in parts if isinstance(part, Document)),
        results=_results(talk),
        words=system_words + await _words(talk, turns),
        waiting=bool(talk) and talk[-1].role == "user",
    )


async def _words(messages: Sequence[Message], turns: Turns) -> int:
    words = 0
    for message in messages:
        await turns.after(_A_MESSAGE)
        words += await count_words(text_of(message), turns)
    return words


def text_of(message: Message) -> str:
    """Join the texts of a message."""
    return "\n".join(part.text for part in message.parts if isinstance(part, Text))


def _look(image: Image | ImageUrl) -> str:
    # Nothing is fetched: what lies at an address nobody here has seen.
    return "an address" if isinstance(image, ImageUrl) else _kind(image.media_type)


def _kind(media_type: str) -> str:
    return media_type.rpartition("/")[2].upper() or "unknown type"


def _check_parts(messages: Sequence[Message]) -> None:
    for message in messages:
        for part in message.parts:
            if isinstance(part, ForeignPart):
                kind = part.kind.partition(".")[2]
                raise InvalidRequest(f"{kind} inputs are not supported by this model's backend")


def _results(talk: Sequence[Message]) -> tuple[ToolResult, ...]:
    last = list(takewhile(lambda message: message.role == "tool", reversed(talk)))
    called = {call.id: call.name for message in talk for call in message.tool_calls if call.id}
    return tuple(
        ToolResult(
            name=message.tool_name or called.get(message.tool_call_id, ""),
            text=text_of(message),
        )
        for message in reversed(last)
    )
