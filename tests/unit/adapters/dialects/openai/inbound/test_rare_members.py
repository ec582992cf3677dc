"""Members that nearly nobody sends."""

from __future__ import annotations

from msgspec import UNSET, Raw, Struct, UnsetType
from msgspec.json import decode

from adapters.dialects.openai.inbound.rare_members import RareMembers


class Wire(Struct):
    a: Raw | UnsetType = UNSET
    b: Raw | UnsetType = UNSET
    c: Raw | UnsetType = UNSET


SUBJECT = RareMembers(("a", "b"))


def test_what_was_sent_is_found_as_it_was_spelled() -> None:
    wire = decode(b'{"b": 1.50, "c": 1}', type=Wire)

    assert SUBJECT.sent_in(wire) == {"b": Raw(b"1.50")}


def test_null_and_nothing_at_all_are_as_good_as_absent() -> None:
    assert SUBJECT.sent_in(decode(b'{"a": null}', type=Wire)) == {}
    assert SUBJECT.sent_in(Wire()) == {}
