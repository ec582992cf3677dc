"""What clients send to manage models, decoded, and told on: the same body in other names.

docs/wire/ollama-api.md 2.8. Names are checked by Ollama's grammar only where a new model gets
one: those of models that are here may be any text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Raw, Struct
from msgspec.json import Decoder

from adapters.dialects.bodies import syntax
from adapters.dialects.bodies.body import within_depth
from adapters.dialects.ollama import names
from adapters.dialects.ollama.inbound.messages import decode_messages
from adapters.dialects.ollama.inbound.schema import SHOW
from adapters.dialects.ollama.library.schema import (
    COPY,
    CREATE,
    DELETE,
    PULL,
    PUSH,
    WireDelete,
    WireTransfer,
)
from adapters.dialects.ollama.library.shown import ShowCall
from adapters.dialects.requests.options import decode_options
from ports.chat import Message, Options
from ports.errors import InvalidRequest

_MEMBERS = Decoder(dict[str, Raw])
_DIGEST = re.compile(r"sha256[:-][0-9a-fA-F]{64}")


class TransferCall(Struct, frozen=True, kw_only=True):
    """A decoded `/api/pull` or `/api/push`."""

    model: str
    stream: bool = True


class CopyCall(Struct, frozen=True, kw_only=True):
    """A decoded `/api/copy`."""

    source: str
    destination: str


class CreateCall(Struct, frozen=True, kw_only=True):
    """A decoded `/api/create`. `source` is its `from`."""

    model: str
    stream: bool = True
    source: str = ""
    options: Options = Options()
    system: str = ""
    template: str = ""
    licenses: tuple[str, ...] = ()
    messages: tuple[Message, ...] = ()
    uploads: bool = False
    """Whether files are named that were uploaded."""
    rebuilds: bool = False
    """Whether something else is asked for that takes the weights."""
    material: bool = False
    """Whether files are named at all, even none."""

    @property
    def complaint(self) -> str:
        """Return what is wrong with it once its answer may have begun; empty if nothing is."""
        if self.source or self.uploads:
            return ""
        return "unknown type" if self.material else "neither 'from' or 'files' was specified"


@within_depth
def decode_show(body: bytes) -> ShowCall:
    """Decode `/api/show`: the model is the first of `model` and `name` that is not empty.

    Raises `InvalidRequest` with Ollama's texts (docs/wire/ollama-api.md 2.8).
    """
    wire = SHOW.decode(body)
    model = wire.model or wire.name
    if not model:
        raise InvalidRequest("model is required")
    return ShowCall(
        model=model,
        verbose=bool(wire.verbose),
        system=wire.system or "",
        options=wire.options or {},
    )


@within_depth
def decode_pull(body: bytes) -> TransferCall:
    """Decode `/api/pull`. Raises `InvalidRequest` with Ollama's texts."""
    wire = PULL.decode(body)
    model = wire.model or wire.name or ""
    if not model.strip():
        raise InvalidRequest("invalid model name")
    return TransferCall(model=model, stream=wire.stream is not False)


@within_depth
def decode_push(body: bytes) -> TransferCall:
    """Decode `/api/push`. Raises `InvalidRequest` with Ollama's texts."""
    wire = PUSH.decode(body)
    return TransferCall(model=_required(wire), stream=wire.stream is not False)


@within_depth
def decode_delete(body: bytes) -> str:
    """Decode `/api/delete`: the model. Raises `InvalidRequest` with Ollama's texts."""
    return _required(DELETE.decode(body))


@within_depth
def decode_copy(body: bytes) -> CopyCall:
    """Decode `/api/copy`. Raises `InvalidRequest` with Ollama's texts."""
    wire = COPY.decode(body)
    source, destination = wire.source or "", wire.destination or ""
    if not source.strip():
        raise InvalidRequest(f'source "{source}" is invalid')
    if not names.is_valid(destination):
        raise InvalidRequest(f'destination "{destination}" is invalid')
    return CopyCall(source=source, destination=destination.strip())


@within_depth
def decode_create(body: bytes) -> CreateCall:
    """Decode `/api/create`, as far as its answer may still say so at once.

    Raises `InvalidRequest` with Ollama's texts, and for parameters of a wrong type, which
    Ollama notices only when the model is used.
    """
    wire = CREATE.decode(body)
    for files in (wire.files, wire.adapters, wire.draft_files):
        _check_files(files or {})
    model = wire.model or wire.name or ""
    if not names.is_valid(model):
        raise InvalidRequest("invalid model name")
    return CreateCall(
        model=model.strip(),
        stream=wire.stream is not False,
        source=(wire.source or "").strip(),
        options=decode_options(wire.parameters),
        system=wire.system or "",
        template=wire.template or "",
        licenses=_licenses(wire.license),
        messages=decode_messages(wire.messages),
        uploads=bool(wire.files or wire.adapters or wire.draft_files),
        rebuilds=bool(
            wire.quantize
            or wire.quantization
            or wire.draft_quantize
            or wire.renderer
            or wire.parser
            or wire.remote_host
        ),
        material=wire.files is not None,
    )


def encode_copy(source: str, destination: str) -> bytes:
    """Encode `/api/copy` for an Ollama server."""
    return msgspec.json.encode({"source": source, "destination": destination})


def require_digest(digest: str) -> str:
    """Return the digest of a blob. Raises `InvalidRequest` if it is none."""
    if not _DIGEST.fullmatch(digest):
        raise InvalidRequest("invalid digest format")
    return digest


def with_members(body: bytes, named: Mapping[str, str]) -> bytes:
    """Return the body with the members in `named` and every other as the client sent it.

    A member whose name is empty is left out, and so is `name`, another word for `model`.
    """
    given = {key.lower() for key in named} | {"name"}
    members = _MEMBERS.decode(syntax.first_value(body))
    kept = {key: raw for key, raw in members.items() if key.lower() not in given}
    ours = {key: Raw(msgspec.json.encode(name)) for key, name in named.items() if name}
    return msgspec.json.encode(ours | kept)


def _required(wire: WireTransfer | WireDelete) -> str:
    model = wire.model or wire.name
    if not model:
        raise InvalidRequest("model is required")
    return model


def _check_files(files: Mapping[str, str]) -> None:
    for path, digest in files.items():
        if not path or path.startswith("/") or ".." in path.split("/"):
            raise InvalidRequest("file path must be relative")
        if not digest:
            raise InvalidRequest("invalid digest format")


def _licenses(value: Any) -> tuple[str, ...]:
    match value:
        case None | "":
            return ()
        case str():
            return (value,)
        case list() if all(isinstance(text, str) for text in value):
            return tuple(filter(None, value))
        case _:
            raise InvalidRequest("license must be a string or a list of strings")
