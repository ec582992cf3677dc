"""Decoding a request body: at once where it is as it should be, as Go would where it is not."""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec
from msgspec import Raw
from msgspec.json import Decoder

from adapters.dialects.bodies import syntax
from adapters.dialects.bodies.gotypes import TOP, Record, refusal
from ports.errors import InvalidRequest

T = TypeVar("T")

_MEMBERS = Decoder(dict[str, Raw])


class Body(Generic[T]):
    """The body of one route: the Struct it becomes and the Go struct it is measured by.

    `missing` is what is said where there is no body at all: `EOF` below `/v1`.
    """

    def __init__(self, wire: type[T], go: Record, *, missing: str = syntax.MISSING) -> None:
        self._decoder = Decoder(wire)
        self._go = go
        self._missing = missing

    def decode(self, body: bytes) -> T:
        """Decode a body.

        Raises `InvalidRequest` with Go's text (docs/wire/ollama-api.md 2.1).
        """
        try:
            if not body.isascii():
                body.decode()  # members kept as `Raw` are not looked at by the decoder
            return self._decoder.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return self.decode_thoroughly(body)

    def decode_thoroughly(self, body: bytes) -> T:
        """Decode a body as forgivingly as Go, taking keys of the outermost object in any case.

        Raises `InvalidRequest` like `decode`. Slower; for bodies in which `decode` found
        nothing to work with.
        """
        value = self._named(syntax.first_value(body, self._missing))
        try:
            return self._decoder.decode(value)
        except msgspec.DecodeError as error:
            raise refusal(self._go, Raw(value), TOP, error) from error

    def _named(self, value: bytes) -> bytes:
        """Spell the known keys as the decoder wants them; null is an empty object."""
        if value == b"null":
            return b"{}"
        if not value.startswith(b"{"):
            return value
        members = _MEMBERS.decode(value)
        return msgspec.json.encode({self._spelled(key): raw for key, raw in members.items()})

    def _spelled(self, key: str) -> str:
        return lower if (lower := key.lower()) in self._go.fields else key


def too_deep() -> InvalidRequest:
    """Say that a body is nested deeper than anything here can follow."""
    return InvalidRequest("exceeded max depth")
