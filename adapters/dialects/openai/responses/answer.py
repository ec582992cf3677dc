"""Whole answers (docs/wire/dialects.md 6.3)."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from adapters.dialects.openai.inbound.schema_answer import encode, encode_logprobs
from adapters.dialects.openai.responses.create import Create
from adapters.dialects.openai.responses.output import (
    INCOMPLETE,
    Calls,
    encode_usage,
    message_item,
    reasoning_item,
)
from adapters.dialects.openai.responses.reply import Item, Status
from ports.chat import ChatResponse


def encode_response(
    create: Create, response: ChatResponse, *, token: str, created_at: int, completed_at: int
) -> bytes:
    """Encode the answer to a request, with the newline that Ollama ends it with.

    The ids in it are made of `token`. Times are Unix seconds.
    """
    details = INCOMPLETE.get(response.reason)
    status: Status = "incomplete" if details else "completed"
    reply = replace(
        create.reply,
        id=f"resp_{token}",
        created_at=created_at,
        completed_at=None if details else completed_at,
        status=status,
        incomplete_details=details,
        output=tuple(_items(create, response, token, status)),
        usage=encode_usage(response.usage),
    )
    return encode(reply) + b"\n"


class WireCount(Struct, frozen=True, gc=False):
    """The answer of `/v1/responses/input_tokens`."""

    input_tokens: int
    object: str = "response.input_tokens"


def encode_count(tokens: int) -> bytes:
    """Encode how many tokens an input takes."""
    return encode(WireCount(tokens)) + b"\n"


def _items(create: Create, response: ChatResponse, token: str, status: Status) -> list[Item]:
    """Return thoughts, words and calls; without calls there is a message, be it empty."""
    items: list[Item] = []
    if response.thinking or response.thinking_signature:
        items.append(
            reasoning_item(f"rs_{token}_0", response.thinking, response.thinking_signature)
        )
    if response.text or not response.tool_calls:
        logprobs = encode_logprobs(
            response.logprobs, alternatives=create.request.top_logprobs > 0
        ).content
        # What calls follow was said to its end.
        said: Status = "completed" if response.tool_calls else status
        items.append(message_item(f"msg_{token}_{len(items)}", response.text, logprobs, said))
    calls = Calls(create.names)
    for call in response.tool_calls:
        items.append(calls.item(f"fc_{token}_{len(items)}", call))
    return items
