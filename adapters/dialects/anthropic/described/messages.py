"""The routes by which a model answers messages, and counts them."""

from __future__ import annotations

from adapters.dialects.anthropic.errors import WireRefusal
from adapters.dialects.anthropic.inbound.replies import (
    WireAnswer,
    WireStop,
    WireText,
    WireThought,
    WireUsage,
    WireUse,
)
from adapters.dialects.anthropic.inbound.schema import WireMessages
from adapters.dialects.controlling.counted import TOKENS
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
from ports.errors import CapabilityMissing, Untranslatable

ID = "request-id"
"""Header with the id that an error has in its body."""

_ASKED = {
    "model": "offline",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "Why is the sky blue?"}],
}
_STARTED: dict[str, object] = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "offline",
    "content": [],
    "stop_reason": None,
    "stop_sequence": None,
    "usage": {"input_tokens": 6, "output_tokens": 0},
}
_INDEX: Shape = {"type": "integer"}


def _event(kind: str, **members: Shape) -> Shape:
    return {
        "type": "object",
        "required": ["type", *members],
        "properties": {"type": {"const": kind}, **members},
    }


def _delta(kind: str, member: str) -> Shape:
    return _event(kind, **{member: {"type": "string"}})


_EVENT: Shape = {
    "anyOf": [
        _event("message_start", message=WireAnswer),
        _event("ping"),
        _event(
            "content_block_start",
            index=_INDEX,
            content_block={"anyOf": [WireText, WireThought, WireUse]},
        ),
        _event(
            "content_block_delta",
            index=_INDEX,
            delta={
                "anyOf": [
                    _delta("text_delta", "text"),
                    _delta("thinking_delta", "thinking"),
                    _delta("signature_delta", "signature"),
                    _delta("input_json_delta", "partial_json"),
                ]
            },
        ),
        _event("content_block_stop", index=_INDEX),
        _event("message_delta", delta=WireStop, usage=WireUsage),
        _event("message_stop"),
        WireRefusal,
    ]
}
_EVENTS = Stream(
    media_type=SSE,
    shape=_EVENT,
    example=(
        {"type": "message_start", "message": _STARTED},
        {
            "type": "content_block_start",
            "index": 0,
            "content_block": {"type": "text", "text": ""},
        },
        {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "text_delta", "text": "Hello."},
        },
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn", "stop_sequence": None},
            "usage": {"input_tokens": 6, "output_tokens": 2},
        },
        {"type": "message_stop"},
    ),
    named=True,
)

MESSAGES = (
    Operation(
        path="/v1/messages",
        summary="Answer messages",
        text="As events with `stream`, in this order, blocks one after the other. An event "
        "`error` ends an answer that is not complete.",
        body=Content(
            shape={"allOf": [WireMessages, {"required": ["max_tokens"]}]},
            examples={"message": _ASKED, "stream": {**_ASKED, "stream": True}},
        ),
        answers={
            200: Answer(
                text="The answer of the model.",
                contents=(
                    Content(
                        shape=WireAnswer,
                        examples={
                            "whole": {
                                **_STARTED,
                                "content": [{"type": "text", "text": "Hello."}],
                                "stop_reason": "end_turn",
                                "usage": {"input_tokens": 6, "output_tokens": 2},
                            }
                        },
                    ),
                    _EVENTS,
                ),
                headers=(ID, DROPPED),
            )
        },
        errors=(
            *COMPRESSED,
            *MODEL,
            CapabilityMissing("offline", "vision"),
            Untranslatable(("thinking",)),
        ),
    ),
    Operation(
        path="/v1/messages/count_tokens",
        summary="Count the tokens of messages",
        text=f"Where the backend cannot count them they are estimated; `{TOKENS}` tells which.",
        body=Content(
            shape=WireMessages,
            examples={"message": {"model": "offline", "messages": _ASKED["messages"]}},
        ),
        answers={
            200: Answer(
                text="The number.",
                contents=(
                    Content(
                        shape={
                            "type": "object",
                            "required": ["input_tokens"],
                            "properties": {"input_tokens": {"type": "integer"}},
                        },
                        examples={"count": {"input_tokens": 6}},
                    ),
                ),
                headers=(ID, TOKENS),
            )
        },
        errors=(*COMPRESSED, *MODEL),
    ),
)
