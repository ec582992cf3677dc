"""Members are read one by one, and those that are odd are as good as absent."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import UNSET, Raw

from adapters.dialects.relaying.bodies import Members
from adapters.dialects.relaying.parameters import (
    above_zero,
    inner,
    number,
    output,
    texts,
    whole,
    word,
)
from tests.unit.adapters.dialects.odd_values import FRACTIONS, ODD


def of(spelled: bytes) -> Members:
    return {"it": Raw(spelled)}


each_odd = pytest.mark.parametrize("spelled", ODD.values(), ids=ODD)
each_fraction = pytest.mark.parametrize("spelled", FRACTIONS.values(), ids=FRACTIONS)


@each_odd
def test_no_number_is_read_from_what_is_none(spelled: bytes) -> None:
    assert number(of(spelled), "it") is UNSET
    assert whole(of(spelled), "it") is UNSET
    assert whole(of(spelled), "it", cut=True) is UNSET
    assert above_zero(of(spelled), "it") is UNSET


@each_fraction
def test_a_whole_number_has_no_fraction_and_64_bits(spelled: bytes) -> None:
    assert whole(of(spelled), "it") is UNSET
    assert above_zero(of(spelled), "it") is UNSET
    assert isinstance(number(of(spelled), "it"), float)


@pytest.mark.parametrize(
    ("spelled", "value"),
    [
        (b"5", 5),
        (b"5.0", 5),
        (b"-0", 0),
        (b"-3", -3),
        (b"1e3", 1000),
        (b"9223372036854775807", 2**63 - 1),
        (b"-9223372036854775808", -(2**63)),
    ],
)
def test_a_whole_number_may_be_spelled_in_any_way(spelled: bytes, value: int) -> None:
    found = whole(of(spelled), "it")

    assert found == value
    assert type(found) is int
    assert above_zero(of(spelled), "it") == (value if value > 0 else UNSET)


@pytest.mark.parametrize(("spelled", "value"), [(b"5.9", 5), (b"-5.9", -5), (b"0.9", 0)])
def test_a_fraction_is_cut_where_that_is_wanted(spelled: bytes, value: int) -> None:
    assert whole(of(spelled), "it", cut=True) == value


@each_odd
def test_no_texts_are_read_from_what_is_none(spelled: bytes) -> None:
    assert texts(of(spelled), "it") is UNSET


@pytest.mark.parametrize(
    ("spelled", "alone", "value"),
    [
        (b'["a","b"]', False, ("a", "b")),
        (b'["",null,"a"]', True, ("a",)),
        (b"[]", False, ()),
        (b'"END"', True, ("END",)),
        (b'"END"', False, UNSET),
        (b'""', True, ()),
        (b"5", True, UNSET),
    ],
)
def test_texts_are_a_list_or_one_where_that_is_meant(
    spelled: bytes, value: Any, *, alone: bool
) -> None:
    assert texts(of(spelled), "it", alone=alone) == value


def test_a_member_that_is_not_there_says_nothing() -> None:
    nothing: Members = {}

    assert number(nothing, "it") is whole(nothing, "it") is texts(nothing, "it") is UNSET
    assert word(nothing, "it") == ""
    assert inner(nothing, "it") == {}
    assert output(nothing, "it", {}) == "text"


@pytest.mark.parametrize("spelled", [b"5", b"[]", b'"json"', b'{"type":"x"}', b'{"type":5}', b"{}"])
def test_a_form_that_is_not_known_is_neither_text_nor_json(spelled: bytes) -> None:
    assert output(of(spelled), "it", {"json_object": "json"}) is UNSET


def test_a_form_that_is_known_is_told() -> None:
    assert output(of(b'{"type":"json_object"}'), "it", {"json_object": "json"}) == "json"
    assert output(of(b"null"), "it", {"json_object": "json"}) == "text"
