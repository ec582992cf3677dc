"""What an Ollama server says about one model (docs/wire/ollama-api.md 3.7)."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Raw, Struct
from msgspec.json import Decoder, Encoder
from msgspec.structs import replace

from adapters.dialects.ollama.outbound.models import Details, capabilities_of, invalid
from ports.models import Capability, ModelInfo


class _Shown(Struct):
    details: Details | None = None
    model_info: dict[str, Raw] | None = None
    capabilities: list[str] | None = None


class Shown(Struct, frozen=True, kw_only=True):
    """What `show` adds to an entry of the list; nothing where it is silent."""

    capabilities: frozenset[Capability] | None = None
    family: str = ""
    context_length: int | None = None
    embedding_length: int | None = None
    parameter_count: int | None = None
    parameter_size: str = ""
    quantization: str = ""


_SHOWN = Decoder(_Shown)
_NUMBER = Decoder(int)
_TEXT = Decoder(str)
_ENCODER = Encoder()


def encode_show(model: str) -> bytes:
    """Return the body of `/api/show`."""
    return _ENCODER.encode({"model": model})


def decode_show(body: bytes) -> Shown:
    """Read `/api/show`. Raises `BackendProtocolError` for what is no answer."""
    try:
        shown = _SHOWN.decode(body)
    except (ValueError, RecursionError) as error:
        raise invalid() from error
    details, facts = shown.details or Details(), shown.model_info or {}
    architecture = _text(facts, "general.architecture")
    return Shown(
        capabilities=capabilities_of(shown.capabilities),
        family=details.family or architecture,
        context_length=_number(facts, f"{architecture}.context_length"),
        embedding_length=_number(facts, f"{architecture}.embedding_length"),
        parameter_count=_number(facts, "general.parameter_count"),
        parameter_size=details.parameter_size or "",
        quantization=details.quantization_level or "",
    )


def merged(info: ModelInfo, shown: Shown) -> ModelInfo:
    """Return the entry with what `show` adds.

    Its capabilities replace those of the list, which may lack some (ollama-api.md 3.5).
    """
    return replace(
        info,
        capabilities=info.capabilities if shown.capabilities is None else shown.capabilities,
        family=info.family or shown.family,
        context_length=_either(info.context_length, shown.context_length),
        embedding_length=_either(info.embedding_length, shown.embedding_length),
        parameter_count=_either(shown.parameter_count, info.parameter_count),
        parameter_size=info.parameter_size or shown.parameter_size,
        quantization=info.quantization or shown.quantization,
    )


def _number(facts: Mapping[str, Raw], name: str) -> int | None:
    try:
        return _NUMBER.decode(facts[name]) or None
    except (KeyError, ValueError):
        return None


def _text(facts: Mapping[str, Raw], name: str) -> str:
    try:
        return _TEXT.decode(facts[name])
    except (KeyError, ValueError):
        return ""


def _either(preferred: int | None, other: int | None) -> int | None:
    return other if preferred is None else preferred
