"""Wire Structs of `/v1/completions`, both ways, and Go's view of what clients send.

docs/wire/dialects.md 5. Every member of a request may be null, which is as good as absent.
"""

from __future__ import annotations

from typing import Any, ClassVar

from msgspec import UNSET, Struct, UnsetType

from adapters.dialects.bodies.body import Body
from adapters.dialects.bodies.gotypes import Anything, GoType, Plain, Record
from adapters.dialects.openai.inbound.completions_logprobs import WireColumns
from adapters.dialects.openai.inbound.schema import STREAM_OPTIONS, WireStreamOptions
from adapters.dialects.openai.inbound.schema_answer import FINGERPRINT
from adapters.dialects.openai.inbound.schema_sampling import COUNT, SAMPLING, Count, WireSampling
from adapters.dialects.openai.inbound.schema_vendor import VENDOR
from adapters.dialects.openai.inbound.usage import WireUsage


class WirePrompts(WireSampling, gc=False):
    """The body of `/v1/completions`. The type of `prompt` is judged later."""

    GO_NAME: ClassVar[str] = "CompletionRequest"

    model: str | None = None
    prompt: Any = None
    suffix: str | None = None
    stream: bool | None = None
    stream_options: WireStreamOptions | None = None
    logprobs: Count = None
    echo: bool | None = None
    n: Count = None
    best_of: Count = None
    keep_alive: Any = None


class WireChoice(Struct, kw_only=True, gc=False):
    """One completion."""

    text: str
    index: int
    finish_reason: str
    logprobs: WireColumns | UnsetType = UNSET


class WireCompletion(Struct, kw_only=True, gc=False):
    """A whole answer, in Ollama's key order."""

    id: str
    object: str = "text_completion"
    created: int
    model: str
    system_fingerprint: str = FINGERPRINT
    choices: list[WireChoice]
    usage: WireUsage | UnsetType = UNSET


_STRING = Plain("string", "string")
_BOOL = Plain("bool", "bool")
_FIELDS: dict[str, GoType] = {
    **SAMPLING,
    **VENDOR,
    "model": _STRING,
    "prompt": Anything(),
    "suffix": _STRING,
    "stream": _BOOL,
    "stream_options": STREAM_OPTIONS,
    "logprobs": COUNT,
    "echo": _BOOL,
    "n": COUNT,
    "best_of": COUNT,
    "keep_alive": Anything(),
}

PROMPTS = Body(WirePrompts, Record(WirePrompts.GO_NAME, _FIELDS, package="openai"), missing="EOF")
