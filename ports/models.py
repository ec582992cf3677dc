"""What is known of a model."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Raw, Struct

from ports.chat import NO_EXTENSIONS


class Capability(StrEnum):
    """What a model can do."""

    COMPLETION = "completion"
    TOOLS = "tools"
    VISION = "vision"
    AUDIO = "audio"
    THINKING = "thinking"
    INSERT = "insert"
    EMBEDDING = "embedding"
    IMAGE = "image"


class ModelInfo(Struct, frozen=True, kw_only=True):
    """A model as its backend's catalog describes it. Nothing here is ever guessed.

    `capabilities` is `None` where the catalog is silent and the configuration too: then
    nothing is refused for lack of a capability, and the upstream has the last word.
    """

    id: str
    created: int | None = None
    """Unix seconds, UTC."""
    owned_by: str = ""
    family: str = ""
    context_length: int | None = None
    embedding_length: int | None = None
    parameter_count: int | None = None
    parameter_size: str = ""
    """A figure such as `8.0B`, only where the catalog names one."""
    quantization: str = ""
    size: int = 0
    """Bytes on the upstream's disk, 0 if unknown."""
    facts: Mapping[str, str | int] = {}
    """Whatever else the catalog tells that may be shown, by a name of its own
    (`pricing.prompt`)."""
    extensions: Mapping[str, Raw] = NO_EXTENSIONS
    """What only one vendor's clients read, by `dialect.field` (`ollama.tags`: the entry of
    the list, verbatim)."""
    capabilities: frozenset[Capability] | None = None

    def can(self, capability: Capability) -> bool | None:
        """Tell whether the model has the capability; `None` if nobody knows."""
        return None if self.capabilities is None else capability in self.capabilities
