"""Wire Structs of what clients send to manage models, and Go's view of them.

Every member may be null, which is as good as absent (docs/wire/ollama-api.md 2.1, 2.8).
"""

from __future__ import annotations

from typing import Any

from msgspec import Raw, Struct, field

from adapters.dialects.bodies.body import Body
from adapters.dialects.bodies.gotypes import Anything, GoType, Plain, Record
from adapters.dialects.ollama.inbound.schema import MESSAGES, WireMessage


class WireTransfer(Struct, gc=False):
    """The body of `/api/pull` and `/api/push`. What else they have is for the registry."""

    model: str | None = None
    name: str | None = None
    stream: bool | None = None
    insecure: bool | None = None
    username: str | None = None
    password: str | None = None


class WireDelete(Struct, gc=False):
    """The body of `/api/delete`."""

    model: str | None = None
    name: str | None = None


class WireCopy(Struct, gc=False):
    """The body of `/api/copy`."""

    source: str | None = None
    destination: str | None = None


class WireCreate(Struct, gc=False):
    """The body of `/api/create`. `license` is a text or a list of texts."""

    model: str | None = None
    name: str | None = None
    stream: bool | None = None
    source: str | None = field(default=None, name="from")
    files: dict[str, str] | None = None
    adapters: dict[str, str] | None = None
    draft_files: dict[str, str] | None = None
    quantize: str | None = None
    quantization: str | None = None
    draft_quantize: str | None = None
    template: str | None = None
    license: Any = None
    system: str | None = None
    parameters: dict[str, Raw] | None = None
    messages: list[WireMessage | None] | None = None
    renderer: str | None = None
    parser: str | None = None
    requires: str | None = None
    remote_host: str | None = None
    info: dict[str, Raw] | None = None


def _is_named(wire: WireTransfer | WireDelete | WireCreate) -> object:
    return wire.model or wire.name


_STRING = Plain("string", "string")
_BOOL = Plain("bool", "bool")
_STRINGS = Plain("object", "map[string]string")
_ANYTHINGS = Plain("object", "map[string]interface {}")

_TRANSFER: dict[str, GoType] = {
    "model": _STRING,
    "name": _STRING,
    "stream": _BOOL,
    "insecure": _BOOL,
    "username": _STRING,
    "password": _STRING,
}
_CREATE: dict[str, GoType] = {
    "model": _STRING,
    "name": _STRING,
    "stream": _BOOL,
    "from": _STRING,
    "files": _STRINGS,
    "adapters": _STRINGS,
    "draft_files": _STRINGS,
    "quantize": _STRING,
    "quantization": _STRING,
    "draft_quantize": _STRING,
    "template": _STRING,
    "license": Anything(),
    "system": _STRING,
    "parameters": _ANYTHINGS,
    "messages": MESSAGES,
    "renderer": _STRING,
    "parser": _STRING,
    "requires": _STRING,
    "remote_host": _STRING,
    "info": _ANYTHINGS,
}

PULL = Body(WireTransfer, Record("PullRequest", _TRANSFER), asks=_is_named)
PUSH = Body(WireTransfer, Record("PushRequest", _TRANSFER), asks=_is_named)
DELETE = Body(
    WireDelete, Record("DeleteRequest", {"model": _STRING, "name": _STRING}), asks=_is_named
)
COPY = Body(
    WireCopy,
    Record("CopyRequest", {"source": _STRING, "destination": _STRING}),
    asks=lambda wire: wire.source and wire.destination,
)
CREATE = Body(WireCreate, Record("CreateRequest", _CREATE), asks=_is_named)
