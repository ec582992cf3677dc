"""Wire Struct of what clients send to `/v1/embeddings`, and Go's view of it.

Every member may be null, which is as good as absent (docs/wire/dialects.md 4.1).
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from adapters.dialects.bodies.body import Body
from adapters.dialects.bodies.gotypes import Anything, GoType, Int, Plain, Record


class WireEmbeddings(Struct, gc=False):
    """The body of `/v1/embeddings`. The type of `input` is judged later.

    The last three are known to some servers and have no place beside an embedding here.
    """

    model: str | None = None
    input: Any = None
    encoding_format: str | None = None
    dimensions: int | None = None
    user: Any = None
    input_type: Any = None
    provider: Any = None


_FIELDS: dict[str, GoType] = {
    "model": Plain("string", "string"),
    "input": Anything(),
    "encoding_format": Plain("string", "string"),
    "dimensions": Int(),
    "user": Anything(),
    "input_type": Anything(),
    "provider": Anything(),
}

EMBEDDINGS = Body(WireEmbeddings, Record("EmbedRequest", _FIELDS, package="openai"), missing="EOF")
