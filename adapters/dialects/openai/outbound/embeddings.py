"""Texts to embed, as requests to OpenAI-compatible servers, and their vectors back.

docs/wire/dialects.md 4.1 and 4.3. Floats are always asked for; base64 is read all the same.
"""

from __future__ import annotations

from array import array
from base64 import b64decode
from collections.abc import Sequence
from math import isfinite
from sys import byteorder
from typing import Any

from msgspec import UNSET, Raw, Struct, UnsetType
from msgspec.json import Decoder, Encoder

from adapters.dialects.openai.errors import decode_bare, decode_inband
from adapters.dialects.openai.outbound.answer_parts import Tally, is_there
from adapters.dialects.openai.outbound.extensions import extra_fields, joined
from adapters.dialects.openai.outbound.profile import Profile
from adapters.dialects.openai.outbound.schema import ABSENT
from ports.embed import EmbedRequest, EmbedResponse, Vector
from ports.errors import BackendProtocolError


class _Body(Struct, gc=False):
    model: str
    input: Sequence[str]
    encoding_format: str = "float"
    dimensions: int | UnsetType = UNSET
    truncate_prompt_tokens: int | UnsetType = UNSET


class _Row(Struct, gc=False):
    embedding: Raw = ABSENT
    index: int | None = None


class _Answer(Struct, gc=False):
    data: list[_Row] | None = None
    model: Any = None
    usage: Raw = ABSENT
    error: Raw = ABSENT


_TO_THE_LIMIT = -1
_ENCODER = Encoder()
_ANSWER = Decoder(_Answer)
_FLOATS = Decoder(list[float])
_TEXT = Decoder(str)


def encode_embed(request: EmbedRequest, *, profile: Profile) -> bytes:
    """Return the body of `POST /embeddings`."""
    body = _Body(model=request.model, input=request.inputs)
    if profile.embed_dimensions:
        body.dimensions = request.dimensions
    if profile.embed_truncates and request.truncate:
        body.truncate_prompt_tokens = _TO_THE_LIMIT
    return joined(_ENCODER.encode(body), extra_fields(request.extensions, profile.embed_extensions))


def decode_embed(body: bytes, *, inputs: int) -> EmbedResponse:
    """Read the body of a 200 answer to so many texts, the vectors in the order of the texts.

    Each keeps the text of its numbers (`ports.embed.Vector`), which points into `body`. Raises
    the error that the body tells of, or `BackendProtocolError` if it is no answer: not JSON,
    another number of vectors, an order that cannot be told, vectors that are empty or of
    different lengths, what is no number.
    """
    try:
        answer = _ANSWER.decode(body)
    except (ValueError, RecursionError) as error:
        _raise_bare(body)
        raise BackendProtocolError("invalid response from upstream") from error
    if is_there(answer.error):
        raise decode_inband(bytes(answer.error))
    if answer.data is None:
        _raise_bare(body)
        raise BackendProtocolError("invalid response from upstream")
    if len(answer.data) != inputs:
        said = f"the upstream sent {len(answer.data)} vectors for {inputs} texts"
        raise BackendProtocolError(said)
    vectors = tuple(_vector(row.embedding) for row in _ordered(answer.data))
    if len({len(vector.values) for vector in vectors}) > 1:
        raise BackendProtocolError("the upstream sent vectors of different lengths")
    usage, timing = Tally(usage=answer.usage).read()
    model = answer.model if isinstance(answer.model, str) else ""
    return EmbedResponse(vectors=vectors, usage=usage, timing=timing, model=model)


def _raise_bare(body: bytes) -> None:
    error = decode_bare(body)
    if error is not None:
        raise error


def _ordered(rows: list[_Row]) -> list[_Row]:
    indexes = [row.index or 0 for row in rows]
    if not any(indexes):
        # Nothing was numbered: servers that leave zeros out, or the index altogether.
        return rows
    ordered: list[_Row | None] = [None] * len(rows)
    for row, index in zip(rows, indexes, strict=True):
        if not 0 <= index < len(rows) or ordered[index] is not None:
            raise BackendProtocolError("the upstream numbered its vectors wrongly")
        ordered[index] = row
    return [row for row in ordered if row is not None]


def _vector(said: Raw) -> Vector:
    try:
        if memoryview(said)[:1].tobytes() == b'"':
            vector = Vector(values=_from_base64(_TEXT.decode(said)))
        else:
            vector = Vector(values=_FLOATS.decode(said), text=said)
    except (ValueError, RecursionError) as error:
        raise BackendProtocolError("the upstream sent a vector that is none") from error
    if not vector.values:
        raise BackendProtocolError("the upstream sent an empty vector")
    return vector


def _from_base64(text: str) -> list[float]:
    # Little-endian numbers of 32 bits (4.1).
    numbers = array("f", b64decode(text, validate=True))
    if byteorder == "big":
        numbers.byteswap()
    if not all(map(isfinite, numbers)):
        raise ValueError("no finite number")
    return numbers.tolist()
