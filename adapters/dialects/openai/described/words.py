"""What the types of OpenAI's wire Structs do not tell (docs/wire/dialects.md 1, 4 and 5)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from msgspec import Struct

from adapters.dialects.controlling.describing import KEEP_ALIVE, OPTIONS, Words
from adapters.dialects.openai.inbound.parts import WirePart
from adapters.dialects.openai.inbound.schema import (
    WireChat,
    WireFormat,
    WireFunction,
    WireJsonSchema,
    WireMessage,
    WireReasoning,
    WireToolCall,
)
from adapters.dialects.openai.inbound.schema_completions import WirePrompts
from adapters.dialects.openai.inbound.schema_embeddings import WireEmbeddings
from adapters.dialects.openai.inbound.schema_sampling import EXTRAS
from adapters.dialects.openai.inbound.schema_vendor import FIELDS

MODEL = "A name as `/v1/models` lists it, or one that leads there."
NOT_CARRIED = "Read, and told in `x-llamaport-dropped`."
VENDOR = "For servers that know it; told in `x-llamaport-dropped` where the backend does not."
_OPTION = "An option by its name in Ollama's API."
_OBJECT = {"type": ["object", "null"]}
SCHEMA = {"description": "A JSON schema, passed on.", **_OBJECT}
EFFORT = {
    "description": "How hard to think; `none` is not to think.",
    "enum": ["none", "minimal", "low", "medium", "high", "xhigh", "ultra", "max", None],
}
TOP_LOGPROBS = {
    "description": "How many alternatives to each token are told.",
    "anyOf": [{"type": "integer", "minimum": 0, "maximum": 20}, {"type": "null"}],
}
FUNCTION = "function"
_NAMED_FUNCTION: Mapping[str, Any] = {
    "type": "object",
    "required": ["type", FUNCTION],
    "properties": {
        "type": {"const": FUNCTION},
        FUNCTION: {
            "type": "object",
            "required": ["name"],
            "properties": {"name": {"type": "string"}},
        },
    },
}
_STOP: Mapping[str, Any] = {
    "description": "What ends the answer where it comes up.",
    "anyOf": [
        {"type": ["string", "null"]},
        {"type": "array", "items": {"type": "string"}},
    ],
}
SAMPLING: Mapping[str, Any] = {
    **dict.fromkeys(FIELDS, VENDOR),
    **dict.fromkeys(EXTRAS, _OPTION),
    "max_tokens": "How many tokens the answer may have; what is not above 0 is no limit.",
    "stop": _STOP,
    "options": {**OPTIONS, "description": "Options by their names in Ollama's API."},
    "keep_alive": KEEP_ALIVE,
}
"""What chats, completions and responses say in the same words."""

WORDS: Mapping[type[Struct], Words] = MappingProxyType(
    {
        WireChat: Words(
            required=("model", "messages"),
            members={
                **SAMPLING,
                "model": MODEL,
                "messages": {
                    "description": "The conversation so far.",
                    "type": "array",
                    "items": WireMessage,
                    "minItems": 1,
                },
                "stream": "Whether the answer comes as events.",
                "max_completion_tokens": "The same as `max_tokens`, and wins over it.",
                "tools": "Functions that the model may ask to be called; other tools are dropped.",
                "tool_choice": {
                    "description": "Whether the model may or must call, or which function.",
                    "anyOf": [{"enum": ["none", "auto", "required", None]}, _NAMED_FUNCTION],
                },
                "functions": "What older clients call `tools`.",
                "function_call": {
                    "description": "What older clients call `tool_choice`.",
                    "anyOf": [
                        {"enum": ["none", "auto", None]},
                        {
                            "type": "object",
                            "required": ["name"],
                            "properties": {"name": {"type": "string"}},
                        },
                    ],
                },
                "reasoning_effort": EFFORT,
                "reasoning": "The same as OpenRouter has it.",
                "include_reasoning": "Whether the answer tells what was thought.",
                "chat_template_kwargs": {
                    "description": "`enable_thinking` or `thinking`: whether to think. The rest "
                    "is told in `x-llamaport-dropped`.",
                    **_OBJECT,
                },
                "logprobs": "Whether log probabilities are told.",
                "top_logprobs": TOP_LOGPROBS,
                "n": {"description": "One answer, no more.", "enum": [1, None]},
                "think": NOT_CARRIED,
            },
        ),
        WirePrompts: Words(
            required=("model",),
            members={
                **SAMPLING,
                "model": MODEL,
                "prompt": {
                    "description": "The text to go on with, or several. Without any the model is "
                    "only loaded.",
                    "anyOf": [
                        {"type": ["string", "null"]},
                        {"type": "array", "items": {"type": "string"}, "minItems": 1},
                    ],
                },
                "suffix": "The text behind the answer, which fills the gap between the two.",
                "stream": "Whether the answer comes as events.",
                "logprobs": TOP_LOGPROBS,
                "echo": "Whether the answer begins with the prompt.",
                "n": {
                    "description": "How many answers to each prompt.",
                    "anyOf": [{"type": "integer", "minimum": 1, "maximum": 128}, {"type": "null"}],
                },
                "best_of": NOT_CARRIED,
            },
        ),
        WireMessage: Words(
            required=("role",),
            members={
                "role": {"enum": ["system", "developer", "user", "assistant", "tool", FUNCTION]},
                "content": {
                    "description": "A text, or parts.",
                    "anyOf": [
                        {"type": ["string", "null"]},
                        {"type": "array", "items": WirePart},
                    ],
                },
                "reasoning": "What an assistant thought before.",
                "reasoning_content": "The same, as some servers call it.",
                "reasoning_details": "The same, as OpenRouter has it; passed on.",
                "tool_call_id": "Of a tool's result: which of the calls.",
                "function_call": "What older clients call `tool_calls`.",
                "audio": NOT_CARRIED,
            },
        ),
        WirePart: Words(
            members={
                "type": {
                    "description": "Others than these are passed on to servers of this dialect.",
                    "enum": ["text", "refusal", "image_url", "input_audio", "file"],
                }
            }
        ),
        WireToolCall: Words(members={"type": {"enum": [FUNCTION, None]}}),
        WireFunction: Words(required=("name",), members={"parameters": SCHEMA}),
        WireJsonSchema: Words(members={"schema": SCHEMA}),
        WireFormat: Words(
            members={
                "type": {"enum": ["text", "json_object", "json_schema", None]},
                "schema": {**SCHEMA, "description": "The schema, as some servers take it."},
            }
        ),
        WireReasoning: Words(
            members={"effort": EFFORT, "exclude": "Not to tell it.", "summary": NOT_CARRIED}
        ),
        WireEmbeddings: Words(
            required=("model", "input"),
            members={
                "model": MODEL,
                "input": {
                    "description": "One text or several.",
                    "anyOf": [
                        {"type": "string"},
                        {"type": "array", "items": {"type": "string"}, "minItems": 1},
                    ],
                },
                "encoding_format": {
                    "description": "How the vectors are spelled: `float` unless it is `base64`.",
                    "enum": ["float", "base64", None],
                },
                "dimensions": "How long the vectors are to be.",
                "user": NOT_CARRIED,
                "input_type": NOT_CARRIED,
                "provider": NOT_CARRIED,
            },
        ),
    }
)
