"""What of a request an upstream cannot be told, as far as all codecs look at it alike.

A loss has the name of its field in `ports.chat.ChatRequest`, or that of its extension.
docs/translation.md has all of them, and what counts as none.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence

from msgspec import Raw, Struct

from adapters.dialects.requests.extensions import KEEP_ALIVE, SHIFT, TRUNCATE
from ports.chat import ChatRequest, Image, ImageUrl, Message, NamedTool, Text

_NO_LOSSES = frozenset(
    {
        KEEP_ALIVE,
        "anthropic.user_id",
        "openai.cache_control",
        "openai.prompt_cache_key",
        "openai.prompt_cache_options",
        "openai.prompt_cache_retention",
    }
)
"""What this server acts on itself (how long a model stands in the list of those that run), and
what no answer depends on though some clients send it every time: hints for a vendor's cache, which
servers that have one use unasked, and which of its accounts a vendor shall book the request on."""

_AS_EVER: Mapping[str, bytes] = {TRUNCATE: b"false", SHIFT: b"false"}
"""What is so anyway where nobody cuts a prompt: one that is too long is refused."""

_NULL = b"null"


def lost_extensions(extensions: Mapping[str, Raw], taken: Container[str]) -> list[str]:
    """Name the extensions of a request that an upstream does not take."""
    return [
        name
        for name, raw in extensions.items()
        if name not in taken
        and name not in _NO_LOSSES
        and bytes(raw) not in {_NULL, _AS_EVER.get(name)}
    ]


class Heard(Struct, frozen=True, kw_only=True, gc=False):
    """What an upstream is told of a history beside words, calls and what they are about."""

    authors: bool = False
    details: bool = False
    """How closely to look at an image."""
    thinking: bool = False
    signatures: bool = False
    extensions: frozenset[str] = frozenset()


def demands_call(request: ChatRequest) -> bool:
    """Tell whether a tool must be called, be there one or not."""
    return request.tool_choice == "required" or isinstance(request.tool_choice, NamedTool)


def lost_in_messages(messages: Sequence[Message], heard: Heard) -> list[str]:
    """Name what an upstream is not told of a history.

    Of thinking only the present turn counts, behind the last word of the user: what a model
    thought before that its own template leaves out, and no client gains by sending it.
    """
    lost: dict[str, None] = {}
    thoughtful = False
    for message in messages:
        if message.author and not heard.authors:
            lost["messages.author"] = None
        if not heard.details and _is_detailed(message):
            lost["messages.parts.detail"] = None
        if message.thinking or message.thinking_signature or message.extensions:
            thoughtful = True
    if thoughtful:
        lost |= dict.fromkeys(_lost_thoughts(messages, heard))
    return list(lost)


def _lost_thoughts(messages: Sequence[Message], heard: Heard) -> Iterator[str]:
    for message in _present_turn(messages):
        if message.thinking and not heard.thinking:
            yield "messages.thinking"
        if message.thinking_signature and not heard.signatures:
            yield "messages.thinking_signature"
        for name in message.extensions:
            if name not in heard.extensions:
                yield f"messages.{name}"


def _is_detailed(message: Message) -> bool:
    for part in message.parts:
        if type(part) is Text:
            continue
        if isinstance(part, Image | ImageUrl) and part.detail not in {"", "auto"}:
            return True
    return False


def _present_turn(messages: Sequence[Message]) -> Sequence[Message]:
    at = len(messages)
    while at and messages[at - 1].role != "user":
        at -= 1
    return messages[at:]
