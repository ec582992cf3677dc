"""`/api/ps` (docs/wire/ollama-api.md 3.6)."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Raw, Struct

from adapters.dialects.ollama import names
from adapters.dialects.ollama.library.listing import Details, Listed, details_of, digest_of, renamed
from adapters.dialects.ollama.replies import encode
from adapters.dialects.wire.timestamps import rfc3339
from ports.residence import RunningModel

PS = "ollama.ps"
"""The extension of a running model that holds its entry in the list of an Ollama server."""


class Loaded(Struct, frozen=True, kw_only=True):
    """A loaded model, and what its upstream tells of that, if it does."""

    listed: Listed
    expires_ns: int
    told: RunningModel | None = None


class WireLoaded(Struct, frozen=True, kw_only=True):
    """One model. What it takes of whose memory nobody here knows."""

    name: str
    model: str
    size: int
    digest: str
    details: Details
    expires_at: str
    size_vram: int = 0
    context_length: int


def encode_ps(models: Sequence[Loaded]) -> bytes:
    """Encode the list, in the order given."""
    return encode({"models": [_entry(model) for model in models]})


def _entry(loaded: Loaded) -> WireLoaded | dict[str, Raw]:
    listed = loaded.listed
    told = None if loaded.told is None else loaded.told.extensions.get(PS)
    if told is not None:
        return renamed(told, listed.name)
    name = names.with_tag(listed.name)
    return WireLoaded(
        name=name,
        model=name,
        size=listed.info.size,
        digest=digest_of(listed),
        details=details_of(listed),
        expires_at=rfc3339(loaded.expires_ns),
        context_length=listed.info.context_length or 0,
    )
