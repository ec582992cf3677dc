"""Decoding a request body: at once where it is as it should be, as Go would where it is not."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, wraps
from typing import Generic, TypeVar

import msgspec
from msgspec import Raw, Struct
from msgspec.json import Decoder

from adapters.dialects.bodies import syntax
from adapters.dialects.bodies.gotypes import TOP, Record, kind_of, refusal, spelled

R = TypeVar("R")
T = TypeVar("T", bound=Struct)

_MEMBERS = Decoder(dict[str, Raw])
_NO_MEMBERS = Raw(b"{}")
_NOTHING = frozenset({b"null", b"{}", b"[]", b'""'})
"""Values that ask for nothing."""


def within_depth(decode: Callable[[bytes], R]) -> Callable[[bytes], R]:
    """Make a function that decodes a body refuse one that is nested too deeply for it."""

    @wraps(decode)
    def decoded(body: bytes) -> R:
        try:
            return decode(body)
        except RecursionError as error:
            raise syntax.too_deep() from error

    return decoded


def _anything(_: Struct) -> object:
    return True


class Body(Generic[T]):
    """The body of one route: the Struct it becomes and the Go struct it is measured by.

    `asks` tells whether a decoded body asks for anything: if not, its keys are perhaps spelled in
    another case. `missing` is what is said where there is no body at all: `EOF` below `/v1`.
    """

    def __init__(
        self,
        wire: type[T],
        go: Record,
        *,
        asks: Callable[[T], object] = _anything,
        missing: str = syntax.MISSING,
    ) -> None:
        self._wire = wire
        self._decoder = Decoder(wire)
        self._go = go
        self._asks = asks
        self._missing = missing

    def decode(self, body: bytes) -> T:
        """Decode a body.

        Raises `InvalidRequest` with Go's text (docs/wire/ollama-api.md 2.1).
        """
        try:
            if not body.isascii():
                body.decode()  # members kept as `Raw` are not looked at by the decoder
            wire = self._decoder.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return self._decode_thoroughly(body)
        return wire if self._asks(wire) else self._decode_thoroughly(body)

    def decode_whole(self, body: bytes) -> tuple[T, tuple[str, ...]]:
        """Decode a body like `decode`; beside it return the members that have no place here.

        Those that are known in other capitals are taken, as Go takes them.
        """
        try:
            if not body.isascii():
                body.decode()
            return self._exact.decode(body), ()
        except (msgspec.DecodeError, UnicodeDecodeError):
            wire = self.decode(body)
        strangers = self._strangers(body)
        unknown = tuple(name for name in strangers if self._spelled(name) == name)
        return wire if unknown == strangers else self._decode_thoroughly(body), unknown

    def _decode_thoroughly(self, body: bytes) -> T:
        """Decode a body as forgivingly as Go, taking known keys in any case.

        Slower; for bodies in which nothing was found to work with.
        """
        first = Raw(syntax.first_value(body, self._missing))
        value = spelled(self._go, _NO_MEMBERS if kind_of(first) == "null" else first)
        try:
            return self._decoder.decode(value)
        except msgspec.DecodeError as error:
            raise refusal(self._go, value, TOP, error) from error

    @cached_property
    def _exact(self) -> Decoder[T]:
        """A decoder that stops at members it does not know, which costs nothing where all are."""
        name = f"Exact{self._wire.__name__}"
        bases = (self._wire,)
        return Decoder(msgspec.defstruct(name, [], bases=bases, forbid_unknown_fields=True))

    def _strangers(self, body: bytes) -> tuple[str, ...]:
        try:
            members = _MEMBERS.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return ()  # it was mended to be read at all
        known = self._wire.__struct_encode_fields__
        return tuple(
            name
            for name, raw in members.items()
            if name not in known and bytes(raw) not in _NOTHING
        )

    def _spelled(self, key: str) -> str:
        return lower if (lower := key.lower()) in self._go.fields else key
