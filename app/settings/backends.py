"""Decoding `[[backends]]`: the kind decides which keys there are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from adapters.backends.offline.config import OfflineConfig
from adapters.backends.ollama.config import OllamaConfig
from adapters.backends.openai_compatible.config import OpenAICompatibleConfig
from adapters.backends.openrouter.config import OpenRouterConfig
from app.settings.decoding import Decoder
from app.settings.paths import Path
from app.settings.problems import nearest
from app.settings.rendering import noun, shortened
from app.settings.tree import BackendConfig

KIND_CONFIGS: Final[Mapping[str, type[BackendConfig]]] = {
    "openrouter": OpenRouterConfig,
    "openai-compatible": OpenAICompatibleConfig,
    "ollama": OllamaConfig,
    "offline": OfflineConfig,
}


def decode_backend(row: dict[str, Any], path: Path, decoder: Decoder) -> BackendConfig | None:
    """Decode one table of the list; `None` if it has no usable kind or name."""
    kind = row.get("kind")
    if isinstance(kind, str) and kind in KIND_CONFIGS:
        return decoder.table(
            KIND_CONFIGS[kind], row, path, of=f' for kind "{kind}"', ignored=["kind"]
        )
    decoder.report.add((*path, "kind"), _refusal(row))
    return None


def _refusal(row: dict[str, Any]) -> str:
    if "kind" not in row:
        return f"is missing; allowed: {', '.join(KIND_CONFIGS)}"
    kind = row["kind"]
    if not isinstance(kind, str):
        return f"found {noun(kind)}; allowed: {', '.join(KIND_CONFIGS)}"
    return f"found {shortened(kind)}; {nearest(kind, KIND_CONFIGS)}"
