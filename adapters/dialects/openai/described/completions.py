"""The route by which a model goes on with a text."""

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
from adapters.dialects.openai.inbound.completions_logprobs import WireColumns
from adapters.dialects.openai.inbound.schema_completions import WireCompletion, WirePrompts
from adapters.dialects.openai.inbound.usage import WireUsage
from ports.errors import CapabilityMissing, Untranslatable

_ANSWER = {
    "id": "cmpl-1",
    "object": "text_completion",
    "created": 1790000000,
    "model": "offline",
    "system_fingerprint": "fp_ollama",
}
_PIECE: Shape = {
    "type": "object",
    "required": ["id", "object", "created", "choices", "model"],
    "properties": {
        "id": {"type": "string"},
        "object": {"const": "text_completion"},
        "created": {"type": "integer"},
        "choices": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["text", "index", "finish_reason"],
                "properties": {
                    "text": {"type": "string"},
                    "index": {"type": "integer"},
                    "finish_reason": {"type": ["string", "null"]},
                    "logprobs": WireColumns,
                },
            },
        },
        "model": {"type": "string"},
        "system_fingerprint": {"type": "string"},
        "usage": {"anyOf": [WireUsage, {"type": "null"}]},
    },
}

COMPLETIONS = (
    Operation(
        path="/v1/completions",
        summary="Go on with a text",
        text="As events with `stream`, at the end `[DONE]`. An event with `error` ends an answer "
        "that is not complete.",
        body=Content(
            shape=WirePrompts,
            examples={"prompt": {"model": "offline", "prompt": "The sky is", "max_tokens": 20}},
        ),
        answers={
            200: Answer(
                text="A choice for each prompt and each of its answers.",
                contents=(
                    Content(
                        shape=WireCompletion,
                        examples={
                            "whole": {
                                **_ANSWER,
                                "choices": [
                                    {"text": " blue.", "index": 0, "finish_reason": "stop"}
                                ],
                                "usage": {
                                    "prompt_tokens": 3,
                                    "completion_tokens": 2,
                                    "total_tokens": 5,
                                },
                            }
                        },
                    ),
                    Stream(
                        media_type=SSE,
                        shape={"anyOf": [_PIECE, WireRefusal]},
                        example=(
                            {
                                **_ANSWER,
                                "choices": [{"text": " blue.", "index": 0, "finish_reason": None}],
                            },
                            {
                                **_ANSWER,
                                "choices": [{"text": "", "index": 0, "finish_reason": "stop"}],
                            },
                        ),
                        ending="[DONE]",
                    ),
                ),
                headers=(DROPPED,),
            )
        },
        errors=(
            *COMPRESSED,
            *MODEL,
            CapabilityMissing("offline", "insert"),
            Untranslatable(("suffix",)),
        ),
    ),
)
