"""What chats and completions of OpenAI's clients can say about sampling.

docs/wire/dialects.md 1.1, 2.4 and 3.1. Every member may be null, which is as good as absent.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from msgspec import UNSET, Raw, UnsetType

from adapters.dialects.bodies.gotypes import Anything, GoType, Int, Plain
from adapters.dialects.openai.inbound.schema_vendor import WireVendor

Count = int | float | None
"""A whole number, which some clients write as `5.0`."""


class WireSampling(WireVendor, gc=False):
    """Members of a body. Those that are raw have no name of OpenAI's."""

    GO_NAME: ClassVar[str] = ""
    """What Go calls the whole body."""

    temperature: float | None = None
    top_p: float | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    seed: Count = None
    max_tokens: Count = None
    stop: Any = None
    options: dict[str, Raw] | None = None
    top_k: Raw | UnsetType = UNSET
    min_p: Raw | UnsetType = UNSET
    top_a: Raw | UnsetType = UNSET
    typical_p: Raw | UnsetType = UNSET
    repeat_penalty: Raw | UnsetType = UNSET
    repetition_penalty: Raw | UnsetType = UNSET
    repeat_last_n: Raw | UnsetType = UNSET
    mirostat: Raw | UnsetType = UNSET
    mirostat_tau: Raw | UnsetType = UNSET
    mirostat_eta: Raw | UnsetType = UNSET
    num_ctx: Raw | UnsetType = UNSET
    num_keep: Raw | UnsetType = UNSET
    n_keep: Raw | UnsetType = UNSET
    num_batch: Raw | UnsetType = UNSET
    num_gpu: Raw | UnsetType = UNSET
    main_gpu: Raw | UnsetType = UNSET
    num_thread: Raw | UnsetType = UNSET
    use_mmap: Raw | UnsetType = UNSET


_RENAMED = {"repetition_penalty": "repeat_penalty", "n_keep": "num_keep"}

EXTRAS: Mapping[str, str] = MappingProxyType(
    {
        name: _RENAMED.get(name, name)
        for name, kind in WireSampling.__annotations__.items()
        if kind == "Raw | UnsetType"
    }
)
"""Members beyond OpenAI's, by Ollama's names of them (`adapters.dialects.requests.options`)."""

COUNT = Int(lenient=True)
"""Go's view of a `Count`, but for the spelling."""

_NUMBER = Plain("number", "float64")

SAMPLING: Mapping[str, GoType] = MappingProxyType(
    {
        "temperature": _NUMBER,
        "top_p": _NUMBER,
        "frequency_penalty": _NUMBER,
        "presence_penalty": _NUMBER,
        "seed": COUNT,
        "max_tokens": COUNT,
        "stop": Anything(),
        "options": Plain("object", "map[string]interface {}"),
        **dict.fromkeys(EXTRAS, Anything()),
    }
)
"""Go's view of them."""
