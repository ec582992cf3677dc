"""Lists of models, rich or poor (docs/wire/dialects.md 1.13, 8.3 and 8.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from adapters.dialects.openai.outbound.members import count_in, object_in, positive_in, text_in
from adapters.dialects.openai.outbound.rich_models import (
    author_of,
    capabilities_of,
    extensions_of,
    facts_of,
    family_of,
    is_rich,
    parameter_size_of,
)
from adapters.dialects.wire.mending import mend
from ports.errors import BackendProtocolError
from ports.models import Capability, ModelInfo

_CONTEXT_LENGTHS = ("context_length", "max_model_len", "max_context_length", "context_window")
"""What OpenRouter, vLLM, LM Studio and Groq call it."""


def decode_models(body: bytes) -> list[ModelInfo]:
    """Read the answer to `GET /models`, in its order; each id once, entries without one left out.

    Nothing is guessed: what the list does not say is absent. Raises `BackendProtocolError` if
    there is no list in it.
    """
    try:
        said = _read(body)
    except ValueError as error:
        raise BackendProtocolError("the upstream's model list is not JSON") from error
    models: dict[str, ModelInfo] = {}
    for entry in _entries(said):
        if isinstance(entry, dict) and isinstance(entry.get("id"), str) and entry["id"]:
            models.setdefault(entry["id"], _model(entry))
    return list(models.values())


def _read(body: bytes) -> object:
    try:
        return msgspec.json.decode(body)
    except (ValueError, RecursionError):
        # A name with half a character in it would be one that no list can be written with.
        return msgspec.json.decode(mend(body))


def _entries(said: object) -> list[Any]:
    if isinstance(said, dict):
        found = next((said[key] for key in ("data", "models") if key in said), said)
        # Ollama's own `/v1/models` says null when it has none.
        said = [] if found is None else found
    if not isinstance(said, list):
        raise BackendProtocolError("the upstream's model list is no list")
    return said


def _model(entry: Mapping[str, Any]) -> ModelInfo:
    meta = object_in(entry, "meta")
    rich = is_rich(entry)
    return ModelInfo(
        id=entry["id"],
        created=count_in(entry, "created"),
        owned_by=text_in(entry, "owned_by") or (author_of(entry) if rich else ""),
        family=family_of(entry) if rich else text_in(entry, "arch"),
        context_length=(
            positive_in(object_in(entry, "top_provider"), "context_length")
            or next(filter(None, (positive_in(entry, name) for name in _CONTEXT_LENGTHS)), None)
            or positive_in(meta, "n_ctx_train")
        ),
        embedding_length=positive_in(meta, "n_embd"),
        parameter_count=positive_in(meta, "n_params"),
        parameter_size=parameter_size_of(entry) if rich else "",
        quantization=text_in(entry, "quantization"),
        size=positive_in(meta, "size") or 0,
        facts=facts_of(entry),
        extensions=extensions_of(entry),
        capabilities=capabilities_of(entry) or _embedding(entry),
    )


def _embedding(entry: Mapping[str, Any]) -> frozenset[Capability] | None:
    # What other models can do LM Studio does not tell whole: silence must not forbid it.
    return frozenset({Capability.EMBEDDING}) if entry.get("type") == "embeddings" else None
