"""Lists of models, rich or poor (docs/wire/dialects.md 1.13, 8.3 and 8.4)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ports.errors import BackendProtocolError
from ports.models import Capability, ModelInfo

_INPUTS = (("image", Capability.VISION), ("audio", Capability.AUDIO))
_OUTPUTS = (
    ("text", Capability.COMPLETION),
    ("embeddings", Capability.EMBEDDING),
    ("image", Capability.IMAGE),
)
_REASONING = frozenset({"reasoning", "reasoning_effort", "include_reasoning"})


def decode_models(body: bytes) -> list[ModelInfo]:
    """Read the answer to `GET /models`, in its order; each id once, entries without one left out.

    Nothing is guessed: what the list does not say is absent. Raises `BackendProtocolError` if
    there is no list in it.
    """
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BackendProtocolError("the upstream's model list is not JSON") from error
    models: dict[str, ModelInfo] = {}
    for entry in _entries(said):
        if isinstance(entry, dict) and isinstance(entry.get("id"), str) and entry["id"]:
            models.setdefault(entry["id"], _model(entry))
    return list(models.values())


def _entries(said: object) -> list[Any]:
    if isinstance(said, dict):
        found = next((said[key] for key in ("data", "models") if key in said), said)
        # Ollama's own `/v1/models` says null when it has none.
        said = [] if found is None else found
    if not isinstance(said, list):
        raise BackendProtocolError("the upstream's model list is no list")
    return said


def _model(entry: Mapping[str, Any]) -> ModelInfo:
    meta = _object(entry, "meta")
    return ModelInfo(
        id=entry["id"],
        created=_count(entry, "created"),
        owned_by=_text(entry, "owned_by"),
        context_length=(
            _positive(_object(entry, "top_provider"), "context_length")
            or _positive(entry, "context_length")
            or _positive(entry, "max_model_len")
            or _positive(meta, "n_ctx_train")
        ),
        embedding_length=_positive(meta, "n_embd"),
        parameter_count=_positive(meta, "n_params"),
        size=_positive(meta, "size") or 0,
        capabilities=_capabilities(entry),
    )


def _capabilities(entry: Mapping[str, Any]) -> frozenset[Capability] | None:
    """Read what a list in OpenRouter's form says; `None` if it says nothing."""
    architecture = entry.get("architecture")
    parameters = entry.get("supported_parameters")
    if not isinstance(architecture, dict) or not isinstance(parameters, list):
        return None
    outputs = _words(architecture, "output_modalities")
    inputs = _words(architecture, "input_modalities")
    known = {capability for word, capability in _OUTPUTS if word in outputs}
    known |= {capability for word, capability in _INPUTS if word in inputs}
    asked = _words(entry, "supported_parameters")
    if "tools" in asked:
        known.add(Capability.TOOLS)
    if asked & _REASONING or isinstance(entry.get("reasoning"), dict):
        known.add(Capability.THINKING)
    if Capability.EMBEDDING in known:
        known.discard(Capability.COMPLETION)
    return frozenset(known)


def _words(parent: Mapping[str, Any], key: str) -> frozenset[str]:
    value = parent.get(key)
    return frozenset(filter(_is_text, value)) if isinstance(value, list) else frozenset()


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _object(parent: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = parent.get(key)
    return value if isinstance(value, dict) else {}


def _text(parent: Mapping[str, Any], key: str) -> str:
    value = parent.get(key)
    return value if isinstance(value, str) else ""


def _count(parent: Mapping[str, Any], key: str) -> int | None:
    value = parent.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value < 2**63 else None


def _positive(parent: Mapping[str, Any], key: str) -> int | None:
    return _count(parent, key) or None
