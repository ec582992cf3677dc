"""What clients send to `/v1/embeddings`, to neutral, and the vectors back.

docs/wire/dialects.md 4.1. Upstreams are always asked for floats; base64 is made here.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Callable
from struct import pack
from typing import Any

from msgspec import UNSET, Struct
from msgspec.json import Encoder

from adapters.dialects.bodies.body import within_depth
from adapters.dialects.openai.inbound.rare_members import RareMembers
from adapters.dialects.openai.inbound.schema_embeddings import (
    EMBEDDINGS,
    VENDOR,
    WireEmbeddings,
)
from adapters.dialects.openai.inbound.vendor import extensions_of
from adapters.dialects.wire.escaping import encode_text
from ports.embed import EmbedRequest, EmbedResponse, Vector
from ports.errors import BackendProtocolError, InvalidRequest, ModelNotFound

_ENCODER = Encoder()
_VENDOR = RareMembers(VENDOR)


class EmbeddingsCall(Struct, frozen=True, kw_only=True):
    """A decoded request. `base64` says how the client wants its vectors spelled."""

    request: EmbedRequest
    base64: bool


@within_depth
def decode_embeddings(body: bytes) -> EmbeddingsCall:
    """Decode `/v1/embeddings`. One text is one input; an empty one is a text too.

    Raises `InvalidRequest` with Ollama's texts, also for tokens in place of texts, and
    `ModelNotFound` if no model is named at all.
    """
    return _call(*EMBEDDINGS.decode_whole(body))


def encode_embeddings(model: str, response: EmbedResponse, *, base64: bool) -> bytes:
    """Encode the vectors, in the order of the texts. `model` is the name the client sent.

    Tokens that the upstream did not count are 0: clients insist on a number. Raises
    `BackendProtocolError` for a number that base64 of 32 bits cannot hold.
    """
    spelled = _base64 if base64 else _numbers
    rows = [_row(index, vector, spelled) for index, vector in enumerate(response.vectors)]
    tokens = response.usage.prompt_tokens or 0
    usage = b',"usage":{"prompt_tokens":%d,"total_tokens":%d}}\n' % (tokens, tokens)
    head = b'{"object":"list","data":['
    return b"".join((head, b",".join(rows), b'],"model":', encode_text(model), usage))


def _call(wire: WireEmbeddings, unknown: tuple[str, ...]) -> EmbeddingsCall:
    """Check in Ollama's order: the encoding, whether there is an input, the name, the texts."""
    base64 = _wants_base64(wire.encoding_format or "float")
    if wire.input is None or wire.input == []:
        raise InvalidRequest("invalid input")
    model = wire.model or ""
    if not model.strip():
        raise ModelNotFound(model)
    dimensions = wire.dimensions or 0
    request = EmbedRequest(
        model=model,
        inputs=_texts(wire.input),
        dimensions=dimensions if dimensions > 0 else UNSET,
        extensions=extensions_of(wire, _VENDOR),
        dropped=unknown,
    )
    return EmbeddingsCall(request=request, base64=base64)


def _wants_base64(encoding: str) -> bool:
    match encoding.lower():
        case "float":
            return False
        case "base64":
            return True
        case _:
            said = f"Invalid value for 'encoding_format' = {encoding}."
            raise InvalidRequest(f"{said} Supported values: ['float', 'base64'].")


def _texts(value: Any) -> tuple[str, ...]:
    match value:
        case str():
            return (value,)
        case list() if all(isinstance(text, str) for text in value):
            return tuple(value)
        case _:
            raise InvalidRequest("invalid input type")


def _row(index: int, vector: Vector, spelled: Callable[[Vector], bytes]) -> bytes:
    return b'{"object":"embedding","embedding":%b,"index":%d}' % (spelled(vector), index)


def _numbers(vector: Vector) -> bytes:
    """Return the upstream's own spelling, where it is known: printing costs more than all else."""
    return _ENCODER.encode(vector.values) if vector.text is None else bytes(vector.text)


def _base64(vector: Vector) -> bytes:
    """Spell the numbers as little-endian ones of 32 bits, in the standard alphabet."""
    values = vector.values
    try:
        packed = pack(f"<{len(values)}f", *values)
    except OverflowError as error:
        raise BackendProtocolError("the upstream sent a number beyond 32 bits") from error
    return b'"%b"' % b2a_base64(packed, newline=False)
