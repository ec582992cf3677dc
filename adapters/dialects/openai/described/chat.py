"""The route by which a model chats."""

from __future__ import annotations

from adapters.dialects.controlling.describing import (
    COMPRESSED,
    DROPPED,
    MODEL,
    SSE,
    Answer,
    Content,
    Operation,
    Shape,
    Stream,
)
from adapters.dialects.openai.errors import WireRefusal
from adapters.dialects.openai.inbound.schema import WireChat
from adapters.dialects.openai.inbound.schema_answer import (
    WireAnswer,
    WireCompletion,
    WireLogprobs,
)
from adapters.dialects.openai.inbound.usage import WireUsage
from ports.errors import CapabilityMissing, Untranslatable

_HEAD = {
    "id": "chatcmpl-1",
    "created": 1790000000,
    "model": "offline",
    "system_fingerprint": "fp_ollama",
}
_CHUNK: Shape = {
    "type": "object",
    "required": ["id", "object", "created", "model", "choices"],
    "properties": {
        "id": {"type": "string"},
        "object": {"const": "chat.completion.chunk"},
        "created": {"type": "integer"},
        "model": {"type": "string"},
        "system_fingerprint": {"type": "string"},
        "choices": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["index", "delta", "finish_reason"],
                "properties": {
                    "index": {"const": 0},
                    "delta": WireAnswer,
                    "finish_reason": {"type": ["string", "null"]},
                    "logprobs": WireLogprobs,
                },
            },
        },
        "usage": WireUsage,
    },
}
_WHOLE = Content(
    shape=WireCompletion,
    examples={
        "whole": {
            **_HEAD,
            "object": "chat.completion",
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": "Hello."},
                    "finish_reason": "stop",
                }
            ],
            "usage": {"prompt_tokens": 6, "completion_tokens": 2, "total_tokens": 8},
        }
    },
)
_PIECE = {**_HEAD, "object": "chat.completion.chunk"}
_EVENTS = Stream(
    media_type=SSE,
    shape={"anyOf": [_CHUNK, WireRefusal]},
    example=(
        {
            **_PIECE,
            "choices": [
                {
                    "index": 0,
                    "delta": {"role": "assistant", "content": "Hello."},
                    "finish_reason": None,
                }
            ],
        },
        {**_PIECE, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
    ),
    ending="[DONE]",
)

CHAT = (
    Operation(
        path="/v1/chat/completions",
        summary="Chat",
        text="As events with `stream`: each a piece of the answer, at the end `[DONE]`. An event "
        "with `error` ends an answer that is not complete. A backend that speaks this dialect "
        "gets the request as it is, and may answer with more members than these.",
        body=Content(
            shape=WireChat,
            examples={
                "chat": {
                    "model": "offline",
                    "messages": [{"role": "user", "content": "Why is the sky blue?"}],
                },
                "stream": {
                    "model": "offline",
                    "messages": [{"role": "user", "content": "Why is the sky blue?"}],
                    "stream": True,
                    "stream_options": {"include_usage": True},
                },
            },
        ),
        answers={
            200: Answer(
                text="The answer of the model.", contents=(_WHOLE, _EVENTS), headers=(DROPPED,)
            )
        },
        errors=(
            *COMPRESSED,
            *MODEL,
            CapabilityMissing("offline", "vision"),
            Untranslatable(("tool_choice",)),
        ),
    ),
)
