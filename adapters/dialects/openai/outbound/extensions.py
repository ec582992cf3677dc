"""Members that only some servers act on, handed on to those that do.

An inbound codec puts them into the request as `dialect.field`. What is in none of a profile's
tables is dropped, and named as a loss.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Raw
from msgspec.json import Decoder, Encoder

from ports.errors import InvalidRequest

_ENCODER = Encoder()
_OBJECT = Decoder(dict[str, Raw])


def extra_fields(extensions: Mapping[str, Raw], taken: Mapping[str, str]) -> dict[str, Any]:
    """Return the members that are taken, by their names upstream."""
    if not extensions:
        return {}
    return {taken[name]: raw for name, raw in extensions.items() if name in taken}


def joined(body: bytes, extra: Mapping[str, Any]) -> bytes:
    """Write what not every server knows behind what all of them know, an encoded object."""
    if not extra:
        return body
    return body[:-1] + b"," + _ENCODER.encode(extra)[1:]


def merge(extra: dict[str, Any], ours: Mapping[str, Any]) -> None:
    """Add members of our own to those of a client; inside an object that both have ours win.

    Raises `InvalidRequest` where the client's is no object.
    """
    for name, value in ours.items():
        sent = extra.get(name)
        extra[name] = value if sent is None else {**_members(name, sent), **value}


def _members(name: str, sent: Raw) -> dict[str, Raw]:
    try:
        return _OBJECT.decode(sent)
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(f"{name} must be an object") from error
