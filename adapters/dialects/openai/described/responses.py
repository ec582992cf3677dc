"""The route that answers in items, and what the types of its Structs do not tell.

docs/wire/dialects.md 6.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from msgspec import Struct, defstruct
from msgspec.structs import fields

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
    Words,
)
from adapters.dialects.openai.described import words
from adapters.dialects.openai.responses.answer import WireCount
from adapters.dialects.openai.responses.reply import (
    CallItem,
    EchoedFunction,
    EchoedNamespace,
    MessageItem,
    ReasoningItem,
    ResponseObject,
)
from adapters.dialects.openai.responses.schema import (
    WireCall,
    WireCallOutput,
    WireCreate,
    WireFormat,
    WireMessage,
    WirePart,
    WireReasoning,
    WireReasoningConfig,
    WireText,
    WireTool,
    WireToolChoice,
)
from ports.errors import Untranslatable

_OPEN = frozenset({"output", "tools", "text"})
WireResponse = defstruct(
    "WireResponse",
    [(it.name, Any if it.name in _OPEN else it.type, None) for it in fields(ResponseObject)],
)
"""The response object, but for members that msgspec has no schema of: items of several kinds,
whose `type` stands behind their `id`, as recorded, and a default that is JSON already."""

_REFUSED = "Refused: no responses are kept here."
_ITEMS: Mapping[str, type[Struct]] = {
    "message": WireMessage,
    "function_call": WireCall,
    "function_call_output": WireCallOutput,
    "reasoning": WireReasoning,
}
_CONTENT: Shape = {
    "description": "A text, or parts.",
    "anyOf": [{"type": ["string", "null"]}, {"type": "array", "items": WirePart}],
}
_OUTPUT: Shape = {"anyOf": [ReasoningItem, MessageItem, CallItem]}
_ITEM: Shape = {
    "anyOf": [
        {
            "allOf": [
                {"type": "object", "required": ["type"], "properties": {"type": {"const": kind}}},
                item,
            ]
        }
        for kind, item in _ITEMS.items()
    ]
}

RESPONSES_WORDS: Mapping[type[Struct], Words] = MappingProxyType(
    {
        WireCreate: Words(
            required=("model", "input"),
            members={
                **words.SAMPLING,
                "model": words.MODEL,
                "input": {
                    "description": "A text, or items. Items of other types are dropped.",
                    "anyOf": [
                        {"type": "string", "minLength": 1},
                        {"type": "array", "items": _ITEM, "minItems": 1},
                    ],
                },
                "instructions": "A system text in front of the input.",
                "stream": "Whether the answer comes as events.",
                "max_output_tokens": "How many tokens the answer may have.",
                "max_tokens": "The same, by the name that chats have for it.",
                "tools": "Functions, and namespaces of them; other tools are dropped.",
                "tool_choice": {
                    "description": "Whether the model may or must call, or which function.",
                    "anyOf": [{"enum": ["none", "auto", "required", None]}, WireToolChoice],
                },
                "include": "`reasoning.encrypted_content`, `message.output_text.logprobs`.",
                "top_logprobs": words.TOP_LOGPROBS,
                "store": "Not done: told in `x-llamaport-dropped` where it is true.",
                "background": _REFUSED,
                "previous_response_id": _REFUSED,
                "conversation": _REFUSED,
                "prompt": _REFUSED,
                **dict.fromkeys(
                    (
                        "metadata",
                        "context_management",
                        "access_programs",
                        "image",
                        "background_options",
                        "max_tool_calls",
                    ),
                    words.NOT_CARRIED,
                ),
            },
        ),
        WireMessage: Words(
            required=("role",),
            members={
                "role": {"enum": ["system", "developer", "user", "assistant"]},
                "content": _CONTENT,
            },
        ),
        WireCallOutput: Words(members={"output": _CONTENT}),
        WirePart: Words(
            required=("type",),
            members={
                "type": {
                    "enum": [
                        "input_text",
                        "output_text",
                        "refusal",
                        "input_image",
                        "input_file",
                        "input_audio",
                    ]
                },
                "file_id": "Refused: no files are kept here.",
                "file_url": "Refused: nothing is fetched here.",
            },
        ),
        WireReasoning: Words(
            members={"encrypted_content": "As an answer of this server had it, unchanged."}
        ),
        WireReasoningConfig: Words(
            members={
                "effort": words.EFFORT,
                "context": words.NOT_CARRIED,
                "mode": words.NOT_CARRIED,
            }
        ),
        WireText: Words(
            members={"format": {"anyOf": [WireFormat, {"type": "null"}]}, "verbosity": words.VENDOR}
        ),
        WireFormat: Words(
            required=("type",),
            members={
                "type": {"enum": ["text", "json_object", "json_schema"]},
                "schema": words.SCHEMA,
            },
        ),
        WireTool: Words(
            required=("type", "name"),
            members={
                "type": {"enum": ["function", "namespace"]},
                "name": {"type": "string", "minLength": 1},
                "parameters": words.SCHEMA,
            },
        ),
        WireToolChoice: Words(
            required=("type",), members={"type": {"enum": ["function", "allowed_tools"]}}
        ),
        EchoedFunction: Words(members={"parameters": {"type": ["object", "null"]}}),
        WireResponse: Words(
            required=("id", "object", "created_at", "status", "model", "output", "usage"),
            members={
                "output": {
                    "description": "What the model thought, said and wants called, in this order.",
                    "type": "array",
                    "items": _OUTPUT,
                },
                "tools": {
                    "type": "array",
                    "items": {"anyOf": [EchoedFunction, EchoedNamespace]},
                },
                "tool_choice": {"type": ["string", "object"]},
                "text": {
                    "type": "object",
                    "required": ["format"],
                    "properties": {"format": {"type": "object"}},
                },
            },
        ),
    }
)

_EVENTS = (
    "response.created",
    "response.in_progress",
    "response.output_item.added",
    "response.reasoning_summary_part.added",
    "response.reasoning_summary_text.delta",
    "response.reasoning_summary_text.done",
    "response.reasoning_summary_part.done",
    "response.content_part.added",
    "response.output_text.delta",
    "response.output_text.done",
    "response.content_part.done",
    "response.function_call_arguments.delta",
    "response.function_call_arguments.done",
    "response.output_item.done",
    "response.completed",
    "response.incomplete",
    "response.failed",
    "error",
)
_EVENT: Shape = {
    "type": "object",
    "required": ["type", "sequence_number"],
    "properties": {
        "type": {"enum": list(_EVENTS)},
        "sequence_number": {"type": "integer"},
        "response": WireResponse,
        "output_index": {"type": "integer"},
        "item_id": {"type": "string"},
        "item": _OUTPUT,
        "delta": {"type": "string"},
    },
}
_PLACE = {"item_id": "msg_1_0", "output_index": 0, "content_index": 0}

RESPONSES = (
    Operation(
        path="/v1/responses",
        summary="Answer in items",
        text="Nothing is kept: whoever goes on sends the items again. As events with `stream`, "
        "counted from 0. `error`, then `response.failed`, end an answer that broke off.",
        body=Content(
            shape=WireCreate,
            examples={
                "text": {"model": "offline", "input": "Why is the sky blue?"},
                "items": {
                    "model": "offline",
                    "input": [
                        {"type": "message", "role": "user", "content": "Why is the sky blue?"}
                    ],
                    "stream": True,
                },
            },
        ),
        answers={
            200: Answer(
                text="The response.",
                contents=(
                    Content(
                        shape=WireResponse,
                        examples={
                            "whole": {
                                "id": "resp_1",
                                "object": "response",
                                "created_at": 1790000000,
                                "completed_at": 1790000001,
                                "status": "completed",
                                "model": "offline",
                                "output": [
                                    {
                                        "id": "msg_1_0",
                                        "type": "message",
                                        "status": "completed",
                                        "role": "assistant",
                                        "content": [{"type": "output_text", "text": "Hello."}],
                                    }
                                ],
                                "usage": {
                                    "input_tokens": 6,
                                    "output_tokens": 2,
                                    "total_tokens": 8,
                                },
                            }
                        },
                    ),
                    Stream(
                        media_type=SSE,
                        shape=_EVENT,
                        example=(
                            {
                                "type": "response.output_text.delta",
                                "sequence_number": 4,
                                "delta": "Hello.",
                                **_PLACE,
                            },
                            {
                                "type": "response.output_text.done",
                                "sequence_number": 5,
                                "text": "Hello.",
                                **_PLACE,
                            },
                        ),
                        named=True,
                    ),
                ),
                headers=(DROPPED,),
            )
        },
        errors=(*COMPRESSED, *MODEL, Untranslatable(("tool_choice",))),
    ),
    Operation(
        path="/v1/responses/input_tokens",
        summary="Count the tokens of an input",
        text=f"Where the backend cannot count them they are estimated; `{TOKENS}` tells which.",
        body=Content(
            shape=WireCreate,
            examples={"text": {"model": "offline", "input": "Why is the sky blue?"}},
        ),
        answers={
            200: Answer(
                text="The number.",
                contents=(
                    Content(
                        shape=WireCount,
                        examples={"count": {"input_tokens": 6, "object": "response.input_tokens"}},
                    ),
                ),
                headers=(TOKENS,),
            )
        },
        errors=(*COMPRESSED, *MODEL),
    ),
)
