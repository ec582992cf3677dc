"""What a request that passes asks for, told to whoever watches.

Nothing depends on it, so nothing here raises: a member that is not what its dialect means by it is
as good as absent, `UNSET`. Members are read one by one, only where somebody wants to know.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from msgspec import UNSET, UnsetType
from msgspec.json import Decoder

from adapters.dialects.relaying.bodies import Members, member_of
from ports.parameters import OutputType

T = TypeVar("T")

_FLOAT = Decoder(float)
_NUMBER: Decoder[int | float] = Decoder(int | float)
_WORD = Decoder(str)
_MEMBERS = Decoder(Members)
_TEXTS: Decoder[str | list[str | None]] = Decoder(str | list[str | None])
_INT64 = 2**63


def number(members: Members, name: str) -> float | UnsetType:
    """Read any number."""
    return _read(members, name, _FLOAT)


def whole(members: Members, name: str, *, cut: bool = False) -> int | UnsetType:
    """Read a whole number of 64 bits, which may be written as `5.0`.

    `cut` takes any, and cuts it toward zero, as Ollama does with options.
    """
    value = _read(members, name, _NUMBER)
    if value is UNSET or not (cut or value == int(value)):
        return UNSET
    return int(value) if -_INT64 <= value < _INT64 else UNSET


def above_zero(members: Members, name: str) -> int | UnsetType:
    """Read a whole number that is above 0."""
    value = whole(members, name)
    return UNSET if value is UNSET or value <= 0 else value


def texts(members: Members, name: str, *, alone: bool = False) -> tuple[str, ...] | UnsetType:
    """Read a list of texts; empty ones and `null` in it are left out.

    `alone` says that one text may stand there without a list.
    """
    value = _read(members, name, _TEXTS)
    if isinstance(value, str):
        value = [value] if alone else UNSET
    return UNSET if value is UNSET else tuple(filter(None, value))


def word(members: Members, name: str) -> str:
    """Read a text, empty if there is none."""
    value = _read(members, name, _WORD)
    return "" if value is UNSET else value


def inner(members: Members, name: str) -> Members:
    """Take an object within the body apart, empty if there is none."""
    value = _read(members, name, _MEMBERS)
    return {} if value is UNSET else value


def output(members: Members, name: str, types: Mapping[str, OutputType]) -> OutputType | UnsetType:
    """Read the form of an answer, an object with one of `types`; text if there is none."""
    if not member_of(members, name):
        return "text"
    return types.get(word(inner(members, name), "type"), UNSET)


def _read(members: Members, name: str, decoder: Decoder[T]) -> T | UnsetType:
    raw = members.get(name)
    if raw is None:
        return UNSET
    try:
        return decoder.decode(raw)
    except (ValueError, RecursionError):
        return UNSET
