"""What clients send to `/api/embed` and `/api/embeddings`, to neutral, and the vectors back.

Nothing here knows a clock: times are arguments.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET

from adapters.dialects.bodies.body import within_depth
from adapters.dialects.ollama.inbound.metrics import Moments
from adapters.dialects.ollama.inbound.schema_embed import (
    EMBED,
    EMBEDDINGS,
    WireEmbed,
    WireEmbeddings,
)
from adapters.dialects.ollama.replies import encode
from adapters.dialects.requests.durations import decode_keep_alive
from adapters.dialects.requests.extensions import decode_extensions
from adapters.dialects.requests.options import decode_options
from ports.embed import EmbedRequest, EmbedResponse, Vector
from ports.errors import InvalidRequest, ModelNotFound

_ENCODER = msgspec.json.Encoder()


@within_depth
def decode_embed(body: bytes) -> EmbedRequest:
    """Decode `/api/embed`. No input, or one empty text, is a request without inputs.

    Raises `InvalidRequest` with Ollama's texts (docs/wire/ollama-api.md 2.1, 2.8), and
    `ModelNotFound` if no model is named at all.
    """
    return _embed(EMBED.decode(body))


@within_depth
def decode_embeddings(body: bytes) -> EmbedRequest:
    """Decode `/api/embeddings`. An empty prompt is a request without inputs.

    Raises `InvalidRequest` with Ollama's texts (docs/wire/ollama-api.md 2.1, 2.8).
    """
    return _embeddings(EMBEDDINGS.decode(body))


def encode_embed(model: str, response: EmbedResponse, moments: Moments) -> bytes:
    """Encode the vectors of `/api/embed`. `model` is the name the client sent.

    Without vectors nothing was computed, and there are no figures.
    """
    head = b'{"model":' + encode(model) + b',"embeddings":['
    if not response.vectors:
        return head + b"]}"
    load_ns = max(0, response.timing.load_ns or 0)
    total_ns = max(moments.finished_ns - moments.started_ns, load_ns)
    figures = b'],"total_duration":%d,"load_duration":%d' % (total_ns, load_ns)
    if response.usage.prompt_tokens:
        figures += b',"prompt_eval_count":%d' % response.usage.prompt_tokens
    return b"".join((head, b",".join(map(_numbers, response.vectors)), figures, b"}"))


def encode_embeddings(response: EmbedResponse) -> bytes:
    """Encode the one vector of `/api/embeddings`, if there is one."""
    numbers = _numbers(response.vectors[0]) if response.vectors else b"[]"
    return b"".join((b'{"embedding":', numbers, b"}"))


def _numbers(vector: Vector) -> bytes:
    """Return the upstream's own spelling, where it is known: printing costs more than all else."""
    return _ENCODER.encode(vector.values) if vector.text is None else vector.text


def _embed(wire: WireEmbed) -> EmbedRequest:
    """Check in Ollama's order: what its decoder sees, the name, the input, the rest."""
    decode_keep_alive(wire.keep_alive)
    model = wire.model or ""
    if not model.strip():
        raise ModelNotFound(model)
    inputs = _inputs(wire.input)
    dimensions = wire.dimensions or 0
    return EmbedRequest(
        model=model,
        inputs=inputs,
        dimensions=dimensions if dimensions > 0 else UNSET,
        truncate=wire.truncate is not False,
        options=decode_options(wire.options),
        extensions=decode_extensions(keep_alive=wire.keep_alive, truncate=wire.truncate),
    )


def _embeddings(wire: WireEmbeddings) -> EmbedRequest:
    decode_keep_alive(wire.keep_alive)
    model = wire.model or ""
    if not model.strip():
        raise InvalidRequest("model is required")
    return EmbedRequest(
        model=model,
        inputs=(wire.prompt,) if wire.prompt else (),
        options=decode_options(wire.options),
        extensions=decode_extensions(keep_alive=wire.keep_alive),
    )


def _inputs(value: Any) -> tuple[str, ...]:
    match value:
        case None | "":
            return ()
        case str():
            return (value,)
        case list() if all(isinstance(text, str) for text in value):
            return tuple(value)
        case _:
            raise InvalidRequest("invalid input type")
