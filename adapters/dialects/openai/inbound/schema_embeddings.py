"""Wire Struct of what clients send to `/v1/embeddings`, and Go's view of it.

Every member may be null, which is as good as absent (docs/wire/dialects.md 4.1).
"""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, Raw, Struct, UnsetType

from adapters.dialects.bodies.body import Body
from adapters.dialects.bodies.gotypes import Anything, GoType, Int, Plain, Record


class WireEmbeddings(Struct, gc=False):
    """The body of `/v1/embeddings`. The type of `input` is judged later.

    What is raw only some servers act on (8.2, and vLLM's protocol).
    """

    model: str | None = None
    input: Any = None
    encoding_format: str | None = None
    dimensions: int | None = None
    user: Raw | UnsetType = UNSET
    input_type: Raw | UnsetType = UNSET
    provider: Raw | UnsetType = UNSET
    truncate_prompt_tokens: Raw | UnsetType = UNSET
    add_special_tokens: Raw | UnsetType = UNSET


VENDOR = ("user", "input_type", "provider", "truncate_prompt_tokens", "add_special_tokens")

_FIELDS: dict[str, GoType] = {
    "model": Plain("string", "string"),
    "input": Anything(),
    "encoding_format": Plain("string", "string"),
    "dimensions": Int(),
    **dict.fromkeys(VENDOR, Anything()),
}

EMBEDDINGS = Body(WireEmbeddings, Record("EmbedRequest", _FIELDS, package="openai"), missing="EOF")
