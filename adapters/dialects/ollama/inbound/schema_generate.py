"""Wire Struct of what clients send to `/api/generate`, and Go's view of it.

Every member may be null, which is as good as absent (docs/wire/ollama-api.md 2.1, 2.2).
"""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, Raw, Struct, UnsetType, field

from adapters.dialects.bodies.body import Body
from adapters.dialects.bodies.gotypes import Anything, GoType, Int, Plain, Record, Slice


class WireGenerate(Struct, gc=False):
    """The body of `/api/generate`. What SDKs offer for making images is ignored."""

    model: str | None = None
    prompt: str | None = None
    suffix: str | None = None
    system: str | None = None
    template: str | None = None
    context: list[int | None] | None = None
    stream: bool | None = None
    raw: bool | None = None
    format: Raw | UnsetType = UNSET
    keep_alive: Any = None
    images: list[str | None] | None = None
    options: dict[str, Raw] | None = None
    think: Any = None
    truncate: bool | None = None
    shift: bool | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    debug_render_only: bool | None = field(default=None, name="_debug_render_only")


_STRING = Plain("string", "string")
_BOOL = Plain("bool", "bool")
_GENERATE: dict[str, GoType] = {
    "model": _STRING,
    "prompt": _STRING,
    "suffix": _STRING,
    "system": _STRING,
    "template": _STRING,
    "context": Slice(Int(), "[]int"),
    "stream": _BOOL,
    "raw": _BOOL,
    "format": Anything(),
    "keep_alive": Anything(),
    "images": Slice(Plain("string", "api.ImageData"), "[]api.ImageData"),
    "options": Plain("object", "map[string]interface {}"),
    "think": Anything(),
    "truncate": _BOOL,
    "shift": _BOOL,
    "logprobs": _BOOL,
    "top_logprobs": Int(),
    "_debug_render_only": _BOOL,
}

GENERATE = Body(
    WireGenerate,
    Record("GenerateRequest", _GENERATE),
    asks=lambda wire: wire.model and wire.prompt,
)
