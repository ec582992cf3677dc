"""What Go's decoder says of JSON that does not fit its types, word for word.

Only for bodies that were refused: each type finds the faults of a value, in Go's order. Go
goes on after a wrong type and reports the first in the end, but a type that decodes itself
(`Own`) stops everything at once, and what it finds carries the name of the struct outside it
(docs/wire/ollama-api.md 2.1).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Protocol

import msgspec
from msgspec import Raw, Struct
from msgspec.json import Decoder
from msgspec.structs import replace

from ports.errors import InvalidRequest

_ITEMS = Decoder(list[Raw])
_MEMBERS = Decoder(dict[str, Raw])
_KINDS = {"{": "object", "[": "array", '"': "string", "t": "bool", "f": "bool", "n": "null"}
_WHOLE = re.compile(rb"-?[0-9]+")
_WHERE = re.compile(r" - at `\$\.(.+)`$")


class Place(Struct, frozen=True):
    """Where Go is: the innermost struct and the path of JSON names from the outermost."""

    struct: str = ""
    path: tuple[str, ...] = ()

    def inside(self, struct: str, key: str) -> Place:
        """Step into a field."""
        return Place(struct, (*self.path, key))

    def holding(self, inner: Place) -> Place:
        """Place what was found by a decoder of its own that was called from here."""
        return Place(self.struct or inner.struct, self.path + inner.path)


TOP = Place()
"""Outside of any struct."""


class Fault(Struct, frozen=True):
    """A value of a wrong type."""

    found: str
    place: Place
    wanted: str

    def __str__(self) -> str:
        """Write it as Go does."""
        where = "value"
        if self.place.struct:
            where = f"struct field {self.place.struct}.{'.'.join(self.place.path)}"
        return f"json: cannot unmarshal {self.found} into Go {where} of type {self.wanted}"


class GoType(Protocol):
    """A Go type as the decoder sees it."""

    def faults(self, value: Raw, place: Place, /) -> Iterator[Fault]:
        """Find what does not fit. Null fits everywhere: it changes nothing."""


class Anything:
    """Any JSON at all: `any`, `json.RawMessage`, and what is judged later."""

    def faults(self, _value: Raw, _place: Place, /) -> Iterator[Fault]:
        """Find nothing."""
        return iter(())


_ANYTHING = Anything()


class Plain(Struct, frozen=True):
    """A value of one kind: `string`, `bool`, or `object` for a map."""

    kind: str
    name: str

    def faults(self, value: Raw, place: Place, /) -> Iterator[Fault]:
        """Compare the kind."""
        if kind_of(value) not in {self.kind, "null"}:
            yield Fault(kind_of(value), place, self.name)


class Int(Struct, frozen=True):
    """A whole number, written as one, or if that is `lenient` in any way."""

    name: str = "int"
    lenient: bool = False

    def faults(self, value: Raw, place: Place, /) -> Iterator[Fault]:
        """Refuse `5.0` and `1e1` too, showing them as they were written."""
        kind = kind_of(value)
        if kind == "number" and not self._takes(bytes(value)):
            yield Fault(f"number {bytes(value).decode()}", place, self.name)
        elif kind not in {"number", "null"}:
            yield Fault(kind, place, self.name)

    def _takes(self, number: bytes) -> bool:
        return bool(_WHOLE.fullmatch(number)) or (self.lenient and float(number).is_integer())


class Slice(Struct, frozen=True):
    """An array of one type."""

    item: GoType
    name: str

    def faults(self, value: Raw, place: Place, /) -> Iterator[Fault]:
        """Look at every item; the path does not say which."""
        if kind_of(value) == "array":
            for item in _ITEMS.decode(value):
                yield from self.item.faults(item, place)
        else:
            yield from Plain("array", self.name).faults(value, place)


class Record(Struct, frozen=True):
    """A struct of a Go package. Keys it does not have are ignored."""

    name: str
    fields: Mapping[str, GoType]
    package: str = "api"

    def faults(self, value: Raw, place: Place, /) -> Iterator[Fault]:
        """Look at every known member, in the order in which they were sent."""
        if kind_of(value) != "object":
            yield from Plain("object", f"{self.package}.{self.name}").faults(value, place)
            return
        for key, member in _MEMBERS.decode(value).items():
            if key in self.fields:
                yield from self.fields[key].faults(member, place.inside(self.name, key))


class Own(Struct, frozen=True):
    """A type with a decoder of its own, which calls Go's afresh on `inner`."""

    inner: GoType

    def faults(self, value: Raw, place: Place, /) -> Iterator[Fault]:
        """Stop the whole decode at the first fault inside."""
        fault = first_fault(self.inner, value)
        if fault:
            raise _Stopped(replace(fault, place=place.holding(fault.place)))
        return iter(())


class OrderedMap(Struct, frozen=True):
    """An object that keeps its order, which Go reads with a library of other words."""

    item: GoType

    def faults(self, value: Raw, place: Place, /) -> Iterator[Fault]:
        """Stop the whole decode if this is no object, or at the first fault of a member."""
        kind = kind_of(value)
        if kind == "null":
            return iter(())
        if kind != "object":
            raise not_an_object()
        for member in _MEMBERS.decode(value).values():
            Own(self.item).faults(member, place)
        return iter(())


class _Stopped(Exception):
    """A decoder inside the decoder gave up."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


def kind_of(value: Raw) -> str:
    """Name the kind of a value as Go's messages do."""
    return _KINDS.get(chr(memoryview(value)[0]), "number")


def spelled(kind: GoType, value: Raw) -> Raw:
    """Return a value with the keys that Go would take, in any case, as its type spells them."""
    match kind:
        case Record(fields=fields) if kind_of(value) == "object":
            members: dict[str, Raw] = {}
            for key, member in _MEMBERS.decode(value).items():
                known = lower if (lower := key.lower()) in fields else key
                members[known] = spelled(fields.get(known, _ANYTHING), member)
            return Raw(msgspec.json.encode(members))
        case Slice(item=item) if kind_of(value) == "array":
            return Raw(msgspec.json.encode([spelled(item, it) for it in _ITEMS.decode(value)]))
        case Own(inner=inner):
            return spelled(inner, value)
        case _:
            return value


def first_fault(kind: GoType, value: Raw, place: Place = TOP) -> Fault | None:
    """Return the fault that Go would report, if there is any.

    Raises `InvalidRequest` for what Go reports in other words.
    """
    first: Fault | None = None
    try:
        for fault in kind.faults(value, place):
            first = first or fault
    except _Stopped as stopped:
        return stopped.fault
    return first


def not_an_object() -> InvalidRequest:
    """Say what Go says of arguments or properties that are a string or a list."""
    return InvalidRequest("Value looks like object, but can't find closing '}' symbol")


def refusal(kind: GoType, value: Raw, place: Place, error: msgspec.DecodeError) -> InvalidRequest:
    """Turn a failed decode into Go's words, or msgspec's own where Go would see no fault.

    Where it failed is what msgspec says: it counts the items of lists, which Go does not.
    """
    fault = first_fault(kind, value, place)
    where = _WHERE.search(str(error))
    return InvalidRequest(str(fault) if fault else str(error), param=where[1] if where else "")
