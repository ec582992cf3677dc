"""What OpenRouter answers, where that is not what others do (docs/wire/dialects.md 8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from tests.upstream.answers import JSON, Call, chat_events, chunk, event, plain_chat, sse, usage
from tests.upstream.script import Reply
from tests.upstream.wire import Received

PROCESSING = b": OPENROUTER PROCESSING\n\n"


def model(name: str, **members: Any) -> dict[str, Any]:
    """Build an entry of the list; `members` replace those of a chat model with tools."""
    return {
        "id": name,
        "canonical_slug": name,
        "name": name,
        "created": 1760000000,
        "context_length": 200000,
        "architecture": {
            "input_modalities": ["text"],
            "output_modalities": ["text"],
            "tokenizer": "Other",
        },
        "pricing": {"prompt": "0.000003", "completion": "0.000015", "request": "0"},
        "top_provider": {"context_length": 128000, "max_completion_tokens": 64000},
        "supported_parameters": ["max_tokens", "tools", "temperature"],
        "default_parameters": None,
    } | members


def models(*entries: Mapping[str, Any]) -> Reply:
    """Answer a list of such entries."""
    return Reply(body=msgspec.json.encode({"data": entries}))


def detail(**members: Any) -> dict[str, Any]:
    """Build one of the `reasoning_details`, or a piece of one."""
    return {"type": "reasoning.text", "format": "anthropic-claude-v1", "index": 0} | members


def counted(cost: float = 0.00012) -> dict[str, Any]:
    """Build a usage object with what the answer has cost."""
    return usage() | {"cost": cost, "is_byok": False}


def calling(
    calls: Sequence[Call], details: Sequence[Sequence[Mapping[str, Any]]]
) -> Callable[[Received], Reply]:
    """Call tools after some reasoning, whose details come in the given pieces."""

    def answer(request: Received) -> Reply:
        if not request.streamed:
            whole = msgspec.json.decode(plain_chat("", tool_calls=calls, counted=counted()).body)
            message = whole["choices"][0]["message"]
            message["reasoning_details"] = [piece for pieces in details for piece in pieces]
            return Reply(body=msgspec.json.encode(whole))
        thought = [chunk({"reasoning_details": pieces}) for pieces in details]
        first, *rest = chat_events(tool_calls=calls, counted=counted())
        return sse([PROCESSING, first, *thought, PROCESSING, *rest])

    return answer


def failing(code: int | str, message: str, **metadata: Any) -> bytes:
    """Build the event with which an answer breaks off."""
    said = {"code": code, "message": message, "metadata": metadata}
    choice = {"index": 0, "delta": {"content": ""}, "finish_reason": "error"}
    return event({"id": "gen-1", "error": said, "choices": [choice]})


def error(status: int, message: str, *, retry_after: str = "", **members: Any) -> Reply:
    """Refuse; `members` stand beside the message (`metadata`, `availability`)."""
    said = {"code": status, "message": message} | members
    headers = JSON + ((("Retry-After", retry_after),) if retry_after else ())
    body = msgspec.json.encode({"error": said, "user_id": "user_1"})
    return Reply(status=status, headers=headers, body=body)
