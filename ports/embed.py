"""The neutral form of an embedding request and its answer."""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType

from ports.chat import Usage


class EmbedRequest(Struct, frozen=True, kw_only=True):
    """Texts to embed with one model. `dimensions` above 0 asks for shorter vectors."""

    model: str
    inputs: tuple[str, ...]
    dimensions: int | UnsetType = UNSET


class EmbedResponse(Struct, frozen=True, kw_only=True):
    """One vector per input, in the order of the inputs, each of the same length."""

    vectors: tuple[tuple[float, ...], ...]
    usage: Usage = Usage()
    model: str = ""
