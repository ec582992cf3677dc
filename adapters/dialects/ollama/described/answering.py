"""The routes by which a model answers."""

from __future__ import annotations

from adapters.dialects.controlling.describing import (
    DROPPED,
    MODEL,
    SENT,
    Answer,
    Content,
    Operation,
    Shape,
    Stream,
)
from adapters.dialects.ollama.inbound.schema import WireChat
from adapters.dialects.ollama.inbound.schema_embed import WireEmbed, WireEmbeddings
from adapters.dialects.ollama.inbound.schema_generate import WireGenerate
from adapters.dialects.ollama.replies import WireAnswer, WireCompletion, WireReply
from ports.errors import CapabilityMissing, GatewayError

_AT = "2026-08-22T10:00:00.1Z"
_VECTOR: Shape = {"type": "array", "items": {"type": "number"}}
_ERRORS: tuple[GatewayError, ...] = (*SENT, *MODEL, CapabilityMissing("offline", "insert"))
_LINE_OF_CHAT: Shape = {
    "type": "object",
    "required": ["model", "created_at", "message", "done"],
    "properties": {
        "model": {"type": "string"},
        "created_at": {"type": "string"},
        "message": WireAnswer,
        "done": {"const": False},
    },
}
_LINE_OF_GENERATE: Shape = {
    "type": "object",
    "required": ["model", "created_at", "response", "done"],
    "properties": {
        "model": {"type": "string"},
        "created_at": {"type": "string"},
        "response": {"type": "string"},
        "thinking": {"type": "string"},
        "done": {"const": False},
    },
}
_FAULT: Shape = {
    "type": "object",
    "required": ["error"],
    "properties": {"error": {"type": "string"}},
}
_TEXT = (
    "In lines unless `stream` is false: each a piece of the answer, the last one with `done`. "
    "A line with `error` ends an answer that is not complete."
)

ANSWERING = (
    Operation(
        path="/api/chat",
        summary="Chat, or load or unload a model",
        text=_TEXT,
        body=Content(
            shape=WireChat,
            examples={
                "chat": {
                    "model": "offline",
                    "messages": [{"role": "user", "content": "Why is the sky blue?"}],
                    "stream": False,
                },
                "load": {"model": "offline", "keep_alive": "10m"},
            },
        ),
        answers={
            200: Answer(
                text="The answer of the model.",
                contents=(
                    Stream(
                        shape={"anyOf": [_LINE_OF_CHAT, WireReply, _FAULT]},
                        example=(
                            {
                                "model": "offline",
                                "created_at": _AT,
                                "message": {"role": "assistant", "content": "Hello."},
                                "done": False,
                            },
                            {
                                "model": "offline",
                                "created_at": _AT,
                                "message": {"role": "assistant", "content": ""},
                                "done": True,
                                "done_reason": "stop",
                            },
                        ),
                    ),
                    Content(
                        shape=WireReply,
                        examples={
                            "whole": {
                                "model": "offline",
                                "created_at": _AT,
                                "message": {"role": "assistant", "content": "Hello."},
                                "done": True,
                                "done_reason": "stop",
                                "prompt_eval_count": 6,
                                "eval_count": 2,
                            }
                        },
                    ),
                ),
                headers=(DROPPED,),
            )
        },
        errors=_ERRORS,
    ),
    Operation(
        path="/api/generate",
        summary="Complete a prompt, or load or unload a model",
        text=_TEXT,
        body=Content(
            shape=WireGenerate,
            examples={
                "prompt": {"model": "offline", "prompt": "Why is the sky blue?", "stream": False}
            },
        ),
        answers={
            200: Answer(
                text="The answer of the model.",
                contents=(
                    Stream(
                        shape={"anyOf": [_LINE_OF_GENERATE, WireCompletion, _FAULT]},
                        example=(
                            {
                                "model": "offline",
                                "created_at": _AT,
                                "response": "Hello.",
                                "done": False,
                            },
                            {
                                "model": "offline",
                                "created_at": _AT,
                                "response": "",
                                "done": True,
                                "done_reason": "stop",
                            },
                        ),
                    ),
                    Content(
                        shape=WireCompletion,
                        examples={
                            "whole": {
                                "model": "offline",
                                "created_at": _AT,
                                "response": "Hello.",
                                "done": True,
                                "done_reason": "stop",
                            }
                        },
                    ),
                ),
                headers=(DROPPED,),
            )
        },
        errors=_ERRORS,
    ),
    Operation(
        path="/api/embed",
        summary="Turn texts into vectors of length 1",
        body=Content(
            shape=WireEmbed,
            examples={"texts": {"model": "offline-embed", "input": ["one text", "another"]}},
        ),
        answers={
            200: Answer(
                text="A vector for each text, in their order.",
                contents=(
                    Content(
                        shape={
                            "type": "object",
                            "required": ["model", "embeddings"],
                            "properties": {
                                "model": {"type": "string"},
                                "embeddings": {"type": "array", "items": _VECTOR},
                                "total_duration": {"type": "integer"},
                                "load_duration": {"type": "integer"},
                                "prompt_eval_count": {"type": "integer"},
                            },
                        },
                        examples={
                            "vectors": {"model": "offline-embed", "embeddings": [[0.6, 0.8]]}
                        },
                    ),
                ),
                headers=(DROPPED,),
            )
        },
        errors=_ERRORS,
    ),
    Operation(
        path="/api/embeddings",
        summary="Turn one text into a vector, as older clients ask",
        body=Content(
            shape=WireEmbeddings,
            examples={"text": {"model": "offline-embed", "prompt": "one text"}},
        ),
        answers={
            200: Answer(
                text="The vector, scaled as the backend scales it.",
                contents=(
                    Content(
                        shape={
                            "type": "object",
                            "required": ["embedding"],
                            "properties": {"embedding": _VECTOR},
                        },
                        examples={"vector": {"embedding": [0.6, 0.8]}},
                    ),
                ),
                headers=(DROPPED,),
            )
        },
        errors=(*_ERRORS, GatewayError("the input length exceeds the context length")),
    ),
)
