"""The list of models as OpenAI's clients read it (docs/wire/dialects.md 1.13)."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from adapters.dialects.openai.inbound.schema_answer import encode

_OWNER = "library"
"""Whose a model without a namespace is."""


class Listed(Struct, frozen=True, kw_only=True):
    """A model under the name that is shown, made at that Unix second; 0 if nobody knows.

    `owner` is what its upstream says, and may be empty.
    """

    name: str
    created: int
    owner: str


class WireModel(Struct, kw_only=True, gc=False):
    """A model."""

    id: str
    object: str = "model"
    created: int
    owned_by: str


class WireModelList(Struct, kw_only=True, gc=False):
    """The models."""

    object: str = "list"
    data: list[WireModel]


def encode_models(models: Sequence[Listed]) -> bytes:
    """Encode a list, in the order given; an empty one is `[]`, never null."""
    return encode(WireModelList(data=[_model(model) for model in models])) + b"\n"


def encode_model(model: Listed) -> bytes:
    """Encode one model."""
    return encode(_model(model)) + b"\n"


def _model(listed: Listed) -> WireModel:
    namespace = listed.name.rpartition("/")[0]
    owner = listed.owner or namespace or _OWNER
    return WireModel(id=listed.name, created=listed.created, owned_by=owner)
