"""What the types of Ollama's wire Structs do not tell (docs/wire/ollama-api.md 2)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from msgspec import Struct

from adapters.dialects.controlling.describing import KEEP_ALIVE, OPTIONS, Words
from adapters.dialects.ollama.inbound.schema import (
    WireCalled,
    WireChat,
    WireFunction,
    WireMessage,
    WireShow,
)
from adapters.dialects.ollama.inbound.schema_embed import WireEmbed, WireEmbeddings
from adapters.dialects.ollama.inbound.schema_generate import WireGenerate
from adapters.dialects.ollama.library.schema import (
    WireCopy,
    WireCreate,
    WireDelete,
    WireTransfer,
)

_MODEL = "A name as `/api/tags` lists it, or one that leads there."
_NAME = {"type": "string", "minLength": 1}
_OLD_NAME = "What older clients call `model`."
_STREAM = "Whether the answer comes in lines. It does unless this is false."
_IGNORED = "Read and ignored."
_FORMAT = {
    "description": "`json`, or a JSON schema that the answer is to follow.",
    "anyOf": [{"enum": ["json", "", None]}, {"type": "object"}],
}
_THINK = {
    "description": "Whether the model thinks first, or how much.",
    "anyOf": [{"type": ["boolean", "null"]}, {"enum": ["low", "medium", "high", "max"]}],
}
_IMAGES = {
    "description": "Images in base64.",
    "type": ["array", "null"],
    "items": {"type": ["string", "null"], "contentEncoding": "base64"},
}
_TOP_LOGPROBS = {
    "description": "How many alternatives to each token are told, with `logprobs`.",
    "anyOf": [{"type": "integer", "minimum": 0, "maximum": 20}, {"type": "null"}],
}
_LOGPROBS = "Whether log probabilities are told."
_OBJECT = {"type": ["object", "null"]}
_GENERATING: Mapping[str, str | Mapping[str, Any]] = {
    "model": _MODEL,
    "stream": _STREAM,
    "format": _FORMAT,
    "keep_alive": KEEP_ALIVE,
    "options": OPTIONS,
    "think": _THINK,
    "truncate": "What a backend does with a prompt that is too long is its own business.",
    "shift": "The same of an answer that is.",
    "logprobs": _LOGPROBS,
    "top_logprobs": _TOP_LOGPROBS,
}
_HIDDEN = ("_debug_render_only",)

WORDS: Mapping[type[Struct], Words] = MappingProxyType(
    {
        WireChat: Words(
            required=("model",),
            members={
                **_GENERATING,
                "messages": "The conversation so far. Without any the model is only loaded.",
                "tools": "Functions that the model may ask to be called.",
            },
            hidden=_HIDDEN,
        ),
        WireMessage: Words(
            members={
                "role": "`system`, `user`, `assistant` or `tool`.",
                "thinking": "What an assistant thought before.",
                "images": _IMAGES,
                "tool_name": "Of a tool's result: the function that was called.",
                "tool_call_id": "Of a tool's result: which of its calls.",
                "name": "What older clients call `tool_name`.",
            }
        ),
        WireCalled: Words(members={"arguments": _OBJECT, "index": "The place among the calls."}),
        WireFunction: Words(
            members={"parameters": {"description": "A JSON schema, passed on.", **_OBJECT}}
        ),
        WireGenerate: Words(
            required=("model",),
            members={
                **_GENERATING,
                "prompt": "The text to answer. Without one the model is only loaded.",
                "suffix": "The text behind the answer, which fills the gap between the two.",
                "system": "The system text, in place of the model's own.",
                "template": "A template that does no more than pass the prompt on.",
                "context": "Read and ignored: it means something only to one server.",
                "raw": "Whether the prompt goes to the model as it is.",
                "images": _IMAGES,
            },
            hidden=_HIDDEN,
        ),
        WireEmbed: Words(
            required=("model",),
            members={
                "model": _MODEL,
                "input": {
                    "description": "One text or several.",
                    "anyOf": [
                        {"type": ["string", "null"]},
                        {"type": "array", "items": {"type": "string"}},
                    ],
                },
                "truncate": "Whether a text that is too long is cut. It is unless this is false.",
                "dimensions": "How long the vectors are to be.",
                "keep_alive": KEEP_ALIVE,
                "options": OPTIONS,
            },
        ),
        WireEmbeddings: Words(
            required=("model",),
            members={"model": _MODEL, "keep_alive": KEEP_ALIVE, "options": OPTIONS},
        ),
        WireShow: Words(
            required=("model",),
            members={
                "model": _MODEL,
                "name": _OLD_NAME,
                "system": "Shown in place of the model's own.",
                "template": _IGNORED,
                "verbose": "Passed on to an Ollama server.",
                "options": {"description": "Shown in place of the model's own.", **_OBJECT},
            },
        ),
        WireTransfer: Words(
            required=("model",),
            members={
                "model": _NAME,
                "name": _OLD_NAME,
                "stream": _STREAM,
                "insecure": "Passed on to an Ollama server.",
                "username": _IGNORED,
                "password": _IGNORED,
            },
        ),
        WireDelete: Words(required=("model",), members={"model": _NAME, "name": _OLD_NAME}),
        WireCopy: Words(
            required=("source", "destination"),
            members={"source": _NAME, "destination": _NAME},
        ),
        WireCreate: Words(
            required=("model",),
            members={
                "model": _NAME,
                "name": _OLD_NAME,
                "from": "The model that it is made of, under any name it has here.",
                "stream": _STREAM,
                "system": "The system text of the new model.",
                "license": {
                    "description": "One text or several.",
                    "anyOf": [
                        {"type": ["string", "null"]},
                        {"type": "array", "items": {"type": "string"}},
                    ],
                },
                "parameters": {**OPTIONS, "description": "Parameters of the new model."},
                "messages": "A conversation that stands before every other.",
                "template": "A template that does no more than pass the prompt on.",
                "info": _OBJECT,
            },
        ),
    }
)
