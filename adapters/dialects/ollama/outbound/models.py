"""Which models an Ollama server has, and which of them it holds in memory.

docs/wire/ollama-api.md 3.5, 3.6.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Raw, Struct
from msgspec.json import Decoder

from ports.errors import BackendProtocolError
from ports.models import Capability, ModelInfo
from ports.residence import RunningModel

TAGS = "ollama.tags"
PS = "ollama.ps"


class _List(Struct):
    models: list[Raw] | None = None


class Details(Struct):
    """What both the list and `show` tell of a model's making."""

    family: str | None = None
    parameter_size: str | None = None
    quantization_level: str | None = None
    context_length: int | None = None
    embedding_length: int | None = None


class _Entry(Struct):
    name: str | None = None
    model: str | None = None
    modified_at: str | None = None
    expires_at: str | None = None
    size: int | None = None
    digest: str | None = None
    details: Details | None = None
    capabilities: list[str] | None = None


class Tagged(Struct, frozen=True, kw_only=True):
    """An entry of the list. As long as the digest is the same, so is what `show` says."""

    info: ModelInfo
    digest: str


_LIST = Decoder(_List)
_ENTRY = Decoder(_Entry)
_EPOCH = datetime.fromtimestamp(0, UTC)
_MICROSECOND = timedelta(microseconds=1)


def decode_tags(body: bytes) -> Sequence[Tagged]:
    """Read `/api/tags`, in its order, each name once.

    The entry itself stays beside what is read of it, verbatim. Raises `BackendProtocolError`
    for what is no list of models.
    """
    found: dict[str, Tagged] = {}
    for raw in _entries(body):
        entry = _entry(raw)
        name = entry.name or entry.model
        if name:
            found.setdefault(name, _tagged(name, entry, raw))
    return tuple(found.values())


def decode_ps(body: bytes) -> Sequence[RunningModel]:
    """Read `/api/ps`, in its order.

    Raises `BackendProtocolError` for what is no list of loaded models.
    """
    return tuple(_running(_entry(raw), raw) for raw in _entries(body))


def _entries(body: bytes) -> list[Raw]:
    try:
        models = _LIST.decode(body).models
    except (ValueError, RecursionError) as error:
        raise invalid() from error
    if models is None:
        raise invalid()
    return models


def _entry(raw: Raw) -> _Entry:
    try:
        return _ENTRY.decode(raw)
    except (ValueError, RecursionError) as error:
        raise invalid() from error


def _tagged(name: str, entry: _Entry, raw: Raw) -> Tagged:
    details = entry.details or Details()
    modified = _nanoseconds(entry.modified_at)
    info = ModelInfo(
        id=name,
        created=None if modified is None else modified // 1_000_000_000,
        family=details.family or "",
        context_length=details.context_length or None,
        embedding_length=details.embedding_length or None,
        parameter_size=details.parameter_size or "",
        quantization=details.quantization_level or "",
        size=max(0, entry.size or 0),
        extensions={TAGS: raw.copy()},
        capabilities=capabilities_of(entry.capabilities),
    )
    return Tagged(info=info, digest=entry.digest or "")


def _running(entry: _Entry, raw: Raw) -> RunningModel:
    name, expires = entry.name or entry.model, _nanoseconds(entry.expires_at)
    if not name or expires is None:
        raise invalid()
    return RunningModel(id=name, expires_ns=expires, extensions={PS: raw.copy()})


def capabilities_of(words: list[str] | None) -> frozenset[Capability] | None:
    """Read capabilities; words to come are none of ours, and none at all say nothing."""
    known = {capability.value for capability in Capability}
    return frozenset(Capability(word) for word in words if word in known) if words else None


def _nanoseconds(text: str | None) -> int | None:
    """Read RFC 3339 as Unix nanoseconds, exact to the microsecond; `None` if it is no time."""
    try:
        time = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    # A time without a zone says too little.
    return None if time.tzinfo is None else (time - _EPOCH) // _MICROSECOND * 1000


def invalid() -> BackendProtocolError:
    """Return the error for what is no answer."""
    return BackendProtocolError("invalid response from upstream")
