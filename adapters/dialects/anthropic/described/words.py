"""What the types of Anthropic's wire Structs do not tell (docs/wire/dialects.md 7)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct

from adapters.dialects.anthropic.inbound.replies import WireUse
from adapters.dialects.anthropic.inbound.schema import (
    WireBlock,
    WireChoice,
    WireMessage,
    WireMessages,
    WireSource,
    WireThinking,
    WireTool,
)
from adapters.dialects.controlling.describing import Shape, Words

_NOT_CARRIED = "Read, and told in `x-llamaport-dropped`."
_CACHE = "A wish for a cache, for the few backends that know it."
_OBJECT: Shape = {"type": "object"}
_BLOCKS: Shape = {
    "description": "A text, or blocks.",
    "anyOf": [{"type": ["string", "null"]}, {"type": "array", "items": WireBlock}],
}
_FORMAT: Shape = {
    "description": "The JSON schema that the answer is to follow.",
    "type": "object",
    "required": ["type", "schema"],
    "properties": {"type": {"const": "json_schema"}, "schema": _OBJECT},
}

WORDS: Mapping[type[Struct], Words] = MappingProxyType(
    {
        WireMessages: Words(
            required=("model", "messages"),
            members={
                "model": "A name as `/v1/models` lists it, or one that leads there.",
                "max_tokens": {
                    "description": "How many tokens the answer may have. Required where there is "
                    "to be one.",
                    "type": "integer",
                    "minimum": 1,
                },
                "messages": {
                    "description": "The conversation so far.",
                    "type": "array",
                    "items": WireMessage,
                    "minItems": 1,
                },
                "system": _BLOCKS,
                "stream": "Whether the answer comes as events.",
                "top_k": {"type": ["integer", "null"]},
                "tools": "The client's own tools; those of Anthropic's servers are dropped.",
                "output_config": {
                    "description": "The form of the answer, and how hard to work for it.",
                    "type": ["object", "null"],
                    "properties": {
                        "format": _FORMAT,
                        "effort": {"enum": ["low", "medium", "high", "xhigh", "max"]},
                    },
                },
                "output_format": {
                    **_FORMAT,
                    "description": "The older place of `output_config.format`.",
                },
                "metadata": {
                    "type": ["object", "null"],
                    "properties": {"user_id": {"type": ["string", "null"]}},
                },
                "cache_control": _CACHE,
                **dict.fromkeys(
                    ("service_tier", "context_management", "container", "mcp_servers"),
                    _NOT_CARRIED,
                ),
            },
        ),
        WireMessage: Words(
            required=("role", "content"),
            members={"role": "`user`, `assistant` or `system`.", "content": _BLOCKS},
        ),
        WireBlock: Words(
            required=("type",),
            members={
                "type": {
                    "description": "Blocks of other types are dropped.",
                    "enum": [
                        "text",
                        "image",
                        "document",
                        "search_result",
                        "tool_use",
                        "tool_result",
                        "thinking",
                        "redacted_thinking",
                    ],
                },
                "input": _OBJECT,
                "citations": _NOT_CARRIED,
                "cache_control": _CACHE,
            },
        ),
        WireSource: Words(
            required=("type",),
            members={
                "type": {
                    "description": "Nothing is fetched here; some backends fetch images by `url`.",
                    "enum": ["base64", "url", "text", "content"],
                }
            },
        ),
        WireTool: Words(
            required=("name",),
            members={
                "type": "`custom`, or nothing: the client's own.",
                "name": {"type": "string", "minLength": 1},
                "input_schema": {"description": "A JSON schema, passed on.", **_OBJECT},
                "cache_control": _CACHE,
                **dict.fromkeys(
                    (
                        "allowed_callers",
                        "defer_loading",
                        "eager_input_streaming",
                        "input_examples",
                    ),
                    _NOT_CARRIED,
                ),
            },
        ),
        WireChoice: Words(
            required=("type",), members={"type": {"enum": ["auto", "any", "none", "tool"]}}
        ),
        WireThinking: Words(
            required=("type",),
            members={
                "type": {"enum": ["enabled", "disabled", "adaptive", "between_tools"]},
                "budget_tokens": {"type": ["integer", "null"]},
            },
        ),
        WireUse: Words(members={"input": _OBJECT}),
    }
)
