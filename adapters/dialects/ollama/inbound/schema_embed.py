"""Wire Structs of what clients send to `/api/embed` and `/api/embeddings`, and Go's view.

Every member may be null, which is as good as absent (docs/wire/ollama-api.md 2.1, 2.8).
"""

from __future__ import annotations

from typing import Any

from msgspec import Raw, Struct

from adapters.dialects.bodies.body import Body
from adapters.dialects.bodies.gotypes import Anything, GoType, Int, Plain, Record


class WireEmbed(Struct, gc=False):
    """The body of `/api/embed`. The type of `input` is judged later."""

    model: str | None = None
    input: Any = None
    truncate: bool | None = None
    dimensions: int | None = None
    keep_alive: Any = None
    options: dict[str, Raw] | None = None


class WireEmbeddings(Struct, gc=False):
    """The body of `/api/embeddings`, which is older and takes one text."""

    model: str | None = None
    prompt: str | None = None
    keep_alive: Any = None
    options: dict[str, Raw] | None = None


_STRING = Plain("string", "string")
_OPTIONS = Plain("object", "map[string]interface {}")
_EMBED: dict[str, GoType] = {
    "model": _STRING,
    "input": Anything(),
    "truncate": Plain("bool", "bool"),
    "dimensions": Int(),
    "keep_alive": Anything(),
    "options": _OPTIONS,
}
_EMBEDDINGS: dict[str, GoType] = {
    "model": _STRING,
    "prompt": _STRING,
    "keep_alive": Anything(),
    "options": _OPTIONS,
}

EMBED = Body(WireEmbed, Record("EmbedRequest", _EMBED), asks=lambda wire: wire.model and wire.input)
EMBEDDINGS = Body(
    WireEmbeddings,
    Record("EmbeddingRequest", _EMBEDDINGS),
    asks=lambda wire: wire.model and wire.prompt,
)
