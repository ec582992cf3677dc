"""`/api/version` and `/api/tags` (docs/wire/ollama-api.md 3.5), and what every list says."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType
from msgspec.json import Decoder
from msgspec.structs import replace

from adapters.dialects.ollama import names
from adapters.dialects.ollama.replies import encode
from adapters.dialects.wire.timestamps import known_time
from ports.chat import Message, Options
from ports.models import Capability, ModelInfo

TAGS = "ollama.tags"
"""The extension of a model that holds its entry in the list of an Ollama server."""

_SECOND = 1_000_000_000

_MEMBERS = Decoder(dict[str, Raw])


class Overrides(Struct, frozen=True, kw_only=True):
    """What a name brings besides its model. `target` is that model as `backend/id`."""

    target: str = ""
    options: Options = Options()
    system: str = ""
    template: str = ""
    licenses: tuple[str, ...] = ()
    messages: tuple[Message, ...] = ()
    modified_ns: int | None = None
    """When a client made it, Unix nanoseconds; `None` where no client did."""

    @property
    def made(self) -> bool:
        """Whether a client made it."""
        return self.modified_ns is not None


class Listed(Struct, frozen=True, kw_only=True):
    """A model under the name by which clients ask for it, and the backend that has it."""

    name: str
    info: ModelInfo
    backend: str
    overrides: Overrides = Overrides()


class Details(Struct, frozen=True, kw_only=True):
    """Never null, never missing; the lengths only where they are known, and only in lists."""

    parent_model: str = ""
    format: str = ""
    family: str
    families: tuple[str, ...]
    parameter_size: str
    quantization_level: str
    context_length: int | UnsetType = UNSET
    embedding_length: int | UnsetType = UNSET


class WireListed(Struct, frozen=True, kw_only=True):
    """One model of the list."""

    name: str
    model: str
    modified_at: str
    size: int
    digest: str
    details: Details
    capabilities: tuple[str, ...]


def encode_version(version: str) -> bytes:
    """Encode `/api/version`: a plain dotted release number, which clients compare."""
    return encode({"version": version})


def encode_tags(models: Sequence[Listed]) -> bytes:
    """Encode `/api/tags`, in the order given."""
    return encode({"models": [_entry(model) for model in models]})


def _entry(listed: Listed) -> WireListed | dict[str, Raw]:
    told = listed.info.extensions.get(TAGS)
    if told is not None:
        return _as_told(listed, told)
    info, name = listed.info, names.with_tag(listed.name)
    return WireListed(
        name=name,
        model=name,
        modified_at=modified_at(listed),
        size=info.size,
        digest=digest_of(listed),
        details=replace(
            details_of(listed),
            context_length=_known(info.context_length),
            embedding_length=_known(info.embedding_length),
        ),
        capabilities=capabilities_of(info),
    )


def _as_told(listed: Listed, told: Raw) -> dict[str, Raw]:
    """Show the entry of an Ollama server, all of it, under the name it has here."""
    patches: dict[str, object] = {}
    if listed.overrides.made:
        patches = {"modified_at": modified_at(listed), "digest": digest_of(listed)}
    return renamed(told, listed.name, patches)


def renamed(entry: Raw, name: str, patches: Mapping[str, object] | None = None) -> dict[str, Raw]:
    """Put another name on an entry of a list, and other values in place of those it has."""
    members = _MEMBERS.decode(entry)
    tagged = names.with_tag(name)
    changes = {"name": tagged, "model": tagged, **(patches or {})}
    return {**members, **{key: Raw(msgspec.json.encode(it)) for key, it in changes.items()}}


def digest_of(listed: Listed) -> str:
    """Return 64 hex digits that are this model's alone (docs/wire/ollama-api.md 3.5)."""
    digest = hashlib.sha256(f"{listed.backend}/{listed.info.id}".encode())
    if listed.overrides.made:
        digest.update(msgspec.json.encode(replace(listed.overrides, modified_ns=0)))
    return digest.hexdigest()


def details_of(listed: Listed) -> Details:
    """Tell what is known of the model's make."""
    info, overrides = listed.info, listed.overrides
    return Details(
        parent_model=names.with_tag(overrides.target) if overrides.made else "",
        family=info.family,
        families=(info.family,) if info.family else (),
        parameter_size=info.parameter_size,
        quantization_level=info.quantization,
    )


def capabilities_of(info: ModelInfo) -> tuple[str, ...]:
    """List what is known, in a fixed order; where nothing is, a model can at least answer."""
    if info.capabilities is None:
        return (Capability.COMPLETION,)
    return tuple(capability for capability in Capability if capability in info.capabilities)


def modified_at(listed: Listed) -> str:
    """Write when the model was made, by a client or as its catalog says."""
    made_ns, created = listed.overrides.modified_ns, listed.info.created
    if made_ns is None and created is not None:
        made_ns = created * _SECOND
    return known_time(made_ns)


def _known(length: int | None) -> int | UnsetType:
    return UNSET if length is None else length
