"""Fields of protobuf messages, and the one message that all of OTLP is made of: attributes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from struct import Struct

from opentelemetry.util.types import AnyValue

fixed64 = Struct("<Q").pack
_double = Struct("<d").pack

_LOW, _MORE = 0x7F, 0x80
_UNSIGNED = (1 << 64) - 1
_SHORT = tuple(bytes((number,)) for number in range(_MORE))
"""What a number below 128 is as a varint: nearly all lengths."""


def varint(number: int) -> bytes:
    """Write a number, a negative one as its complement in 64 bits."""
    if 0 <= number < _MORE:
        return _SHORT[number]
    left, written = number & _UNSIGNED, bytearray()
    while left > _LOW:
        written.append(left & _LOW | _MORE)
        left >>= 7
    written.append(left)
    return bytes(written)


def field(tag: bytes, data: bytes) -> bytes:
    """Write a message, or other bytes; `tag` is the number of the field with its type."""
    size = len(data)
    return tag + (_SHORT[size] if size < _MORE else varint(size)) + data


def text(tag: bytes, value: str | None) -> bytes:
    """Write a text; nothing where it is empty. What UTF-8 has no place for becomes `?`."""
    return field(tag, value.encode("utf-8", "replace")) if value else b""


def count(tag: bytes, number: int) -> bytes:
    """Write a number; nothing where it is 0."""
    return tag + varint(number) if number else b""


def fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Read the numbers and the texts or messages of a message, each after its field's number.

    Those of fixed size are left out. Raises `ValueError` where it is no message.
    """
    at, end = 0, len(message)
    while at < end:
        tag, at = _number(message, at)
        kind = tag & _KIND
        if kind == _VARINT:
            number, at = _number(message, at)
            yield tag >> _KIND_BITS, number
            continue
        if kind == _SIZED:
            size, at = _number(message, at)
        elif (size := _SIZES.get(kind, 0)) == 0:
            raise ValueError("a field of no known kind")
        if size > end - at:
            raise ValueError("a field that is cut")
        if kind == _SIZED:
            yield tag >> _KIND_BITS, message[at : at + size]
        at += size


_KIND, _KIND_BITS = 7, 3
_VARINT, _SIZED = 0, 2
_SIZES = {1: 8, 5: 4}
_LONGEST = 10
"""Bytes of a varint."""


def _number(message: bytes, at: int) -> tuple[int, int]:
    """Read a varint, and where it ends."""
    number = 0
    for place, byte in enumerate(message[at : at + _LONGEST]):
        number |= (byte & _LOW) << (7 * place)
        if byte < _MORE:
            return number & _UNSIGNED, at + place + 1
    raise ValueError("a number without an end")


class Attributes:
    """Writes attributes, and keeps texts and truths: most are the same on every span."""

    def __init__(self) -> None:
        self._known: dict[tuple[bytes, str, str | bool], bytes] = {}

    def write(self, tag: bytes, attributes: Mapping[str, AnyValue] | None) -> bytes:
        """Write each as a field of its own."""
        written = []
        for key, value in _items(attributes):
            if type(value) is str or type(value) is bool:
                known = self._known.get((tag, key, value))
                if known is None:
                    known = self._known[tag, key, value] = field(tag, _attribute(key, value))
                written.append(known)
            else:
                written.append(field(tag, _attribute(key, value)))
        return b"".join(written)


def _items(attributes: Mapping[str, AnyValue] | None) -> Iterable[tuple[str, AnyValue]]:
    if not attributes:
        return ()
    # The library's mapping looks up each key by way of Python; its copy is a plain dictionary.
    copy = getattr(attributes, "copy", None)
    return (attributes if copy is None else copy()).items()


def _attribute(key: str, value: AnyValue) -> bytes:
    return _key(key) + field(b"\x12", _value(value))


@lru_cache(maxsize=256)
def _key(key: str) -> bytes:
    return text(b"\x0a", key)


def _value(value: AnyValue) -> bytes:
    # A value is written even where it is empty: this is a choice, and it has been made.
    if isinstance(value, str):
        return field(b"\x0a", value.encode("utf-8", "replace"))
    if isinstance(value, bool):
        return b"\x10\x01" if value else b"\x10\x00"
    if isinstance(value, int):
        return b"\x18" + varint(value)
    if isinstance(value, float):
        return b"\x21" + _double(value)
    if isinstance(value, bytes):
        return field(b"\x3a", value)
    if isinstance(value, Sequence):
        return field(b"\x2a", b"".join(field(b"\x0a", _value(item)) for item in value))
    if isinstance(value, Mapping):
        members = (field(b"\x0a", _attribute(key, item)) for key, item in value.items())
        return field(b"\x32", b"".join(members))
    return b""
