"""The route that turns texts into vectors."""

from __future__ import annotations

from adapters.dialects.controlling.describing import (
    COMPRESSED,
    DROPPED,
    MODEL,
    Answer,
    Content,
    Operation,
    Shape,
)
from adapters.dialects.openai.inbound.schema_embeddings import WireEmbeddings

_VECTOR: Shape = {
    "type": "object",
    "required": ["object", "embedding", "index"],
    "properties": {
        "object": {"const": "embedding"},
        "embedding": {
            "description": "The numbers; in base64 as little-endian floats of 32 bits.",
            "anyOf": [
                {"type": "array", "items": {"type": "number"}},
                {"type": "string", "contentEncoding": "base64"},
            ],
        },
        "index": {"type": "integer"},
    },
}
_VECTORS: Shape = {
    "type": "object",
    "required": ["object", "data", "model", "usage"],
    "properties": {
        "object": {"const": "list"},
        "data": {"type": "array", "items": _VECTOR},
        "model": {"type": "string"},
        "usage": {
            "type": "object",
            "required": ["prompt_tokens", "total_tokens"],
            "properties": {
                "prompt_tokens": {"type": "integer"},
                "total_tokens": {"type": "integer"},
            },
        },
    },
}

EMBEDDING = (
    Operation(
        path="/v1/embeddings",
        summary="Turn texts into vectors",
        body=Content(
            shape=WireEmbeddings,
            examples={
                "texts": {"model": "offline-embed", "input": ["one text", "another"]},
                "base64": {
                    "model": "offline-embed",
                    "input": "a text",
                    "encoding_format": "base64",
                },
            },
        ),
        answers={
            200: Answer(
                text="A vector for each text, in their order.",
                contents=(
                    Content(
                        shape=_VECTORS,
                        examples={
                            "vectors": {
                                "object": "list",
                                "data": [
                                    {"object": "embedding", "embedding": [0.6, 0.8], "index": 0}
                                ],
                                "model": "offline",
                                "usage": {"prompt_tokens": 2, "total_tokens": 2},
                            }
                        },
                    ),
                ),
                headers=(DROPPED,),
            )
        },
        errors=(*COMPRESSED, *MODEL),
    ),
)
