"""`/api/version`, `/api/tags` and `/api/show` (docs/wire/ollama-api.md 3.5, 3.7)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from msgspec import UNSET, Raw, Struct, UnsetType
from msgspec.structs import replace

from adapters.dialects.ollama import modelfile, names
from adapters.dialects.ollama.replies import encode
from adapters.dialects.ollama.timestamps import rfc3339
from ports.chat import Options
from ports.models import Capability, ModelInfo

_UNKNOWN_TIME = "1970-01-01T00:00:00Z"
"""Where nobody knows when a model was made: stable, and read by every client. Go's own zero
time, in the year 1, overflows in Python and JavaScript as soon as a time zone is applied."""

_NO_OPTIONS = Options()
_COPILOT = "GitHubCopilotChat/"


class Listed(Struct, frozen=True, kw_only=True):
    """A model under the name by which clients ask for it, and the backend that has it."""

    name: str
    info: ModelInfo
    backend: str


class ShowCall(Struct, frozen=True, kw_only=True):
    """A decoded `/api/show`. `system` and `options` are shown in place of the model's own."""

    model: str
    verbose: bool = False
    system: str = ""
    options: Mapping[str, Raw] = {}


class _Details(Struct, frozen=True, kw_only=True):
    """Never null, never missing; the lengths only where they are known, and only in lists."""

    parent_model: str = ""
    format: str = ""
    family: str
    families: tuple[str, ...]
    parameter_size: str
    quantization_level: str
    context_length: int | UnsetType = UNSET
    embedding_length: int | UnsetType = UNSET


class _Entry(Struct, frozen=True, kw_only=True):
    """One model of the list."""

    name: str
    model: str
    modified_at: str
    size: int
    digest: str
    details: _Details
    capabilities: tuple[str, ...]


class _Shown(Struct, frozen=True, kw_only=True):
    """The answer of `show`."""

    modelfile: str
    parameters: str | UnsetType
    template: str = "{{ .Prompt }}"
    system: str | UnsetType
    details: _Details
    model_info: dict[str, str | int]
    capabilities: tuple[str, ...]
    modified_at: str


def encode_version(version: str) -> bytes:
    """Encode `/api/version`: a plain dotted release number, which clients compare."""
    return encode({"version": version})


def encode_tags(models: Sequence[Listed]) -> bytes:
    """Encode `/api/tags`, in the order given."""
    return encode({"models": [_entry(model) for model in models]})


def encode_show(
    listed: Listed,
    call: ShowCall,
    *,
    options: Options = _NO_OPTIONS,
    system: str = "",
    user_agent: str = "",
) -> bytes:
    """Encode `/api/show` of a model with the options and the system prompt it was given.

    GitHub Copilot Chat takes the base name for what it shows, so it gets what it asked for.
    """
    info, name = listed.info, names.with_tag(listed.name)
    parameters = modelfile.parameters_of(options)
    prompt = call.system or system
    shown = _Shown(
        modelfile=modelfile.write(name, prompt, modelfile.merged(parameters, call.options)),
        parameters=modelfile.lines(parameters) or UNSET,
        system=prompt or UNSET,
        details=_details(info),
        model_info=_model_info(
            info, call.model if user_agent.startswith(_COPILOT) else names.basename(name)
        ),
        capabilities=_capabilities(info),
        modified_at=_modified_at(info),
    )
    return encode(shown)


def _entry(listed: Listed) -> _Entry:
    info, name = listed.info, names.with_tag(listed.name)
    return _Entry(
        name=name,
        model=name,
        modified_at=_modified_at(info),
        size=info.size,
        digest=hashlib.sha256(f"{listed.backend}/{info.id}".encode()).hexdigest(),
        details=replace(
            _details(info),
            context_length=_known(info.context_length),
            embedding_length=_known(info.embedding_length),
        ),
        capabilities=_capabilities(info),
    )


def _details(info: ModelInfo) -> _Details:
    return _Details(
        family=info.family,
        families=(info.family,) if info.family else (),
        parameter_size=info.parameter_size,
        quantization_level=info.quantization,
    )


def _known(length: int | None) -> int | UnsetType:
    return UNSET if length is None else length


def _capabilities(info: ModelInfo) -> tuple[str, ...]:
    """List what is known, in a fixed order; where nothing is, a model can at least answer."""
    if info.capabilities is None:
        return (Capability.COMPLETION,)
    return tuple(capability for capability in Capability if capability in info.capabilities)


def _modified_at(info: ModelInfo) -> str:
    """Write when the model was made; catalogs also name times that no calendar holds."""
    if info.created is None:
        return _UNKNOWN_TIME
    try:
        return rfc3339(info.created * 1_000_000_000)
    except (OverflowError, ValueError, OSError):
        return _UNKNOWN_TIME


def _model_info(info: ModelInfo, basename: str) -> dict[str, str | int]:
    """Collect the keys that clients read, sorted as Go sorts a map."""
    architecture = info.family or "unknown"
    facts: dict[str, str | int | None] = {
        "general.architecture": architecture,
        "general.basename": basename,
        "general.parameter_count": info.parameter_count,
        f"{architecture}.context_length": info.context_length,
        f"{architecture}.embedding_length": info.embedding_length,
    }
    return {key: fact for key, fact in sorted(facts.items()) if fact is not None}
