"""Ids of tool calls, which not every upstream writes as Anthropic's clients want them."""

from __future__ import annotations

import re

import pytest

from adapters.dialects.anthropic.tool_ids import PREFIX, decode_id, encode_id

ODD = ["functions.get_weather:0", "a b", "é", "", "call:1/2", f"{PREFIX}eA", "x\n"]


@pytest.mark.parametrize("call_id", ["toolu_01A-b", "call_abc12345", "9"])
def test_an_id_that_fits_stays_as_it_is(call_id: str) -> None:
    assert encode_id(call_id) == call_id
    assert decode_id(call_id) == call_id


@pytest.mark.parametrize("call_id", ODD)
def test_an_odd_id_goes_out_fit_and_comes_back_as_it_was(call_id: str) -> None:
    sent = encode_id(call_id)

    assert re.fullmatch(r"[a-zA-Z0-9_-]+", sent)
    assert encode_id(call_id) == sent
    assert decode_id(sent) == call_id


def test_odd_ids_that_differ_stay_different() -> None:
    assert len({encode_id(call_id) for call_id in ODD}) == len(ODD)


@pytest.mark.parametrize("packed", ["x", "_w", "eB", "not base64", "YQ==", "YWJj"])
def test_what_was_not_made_here_is_left_alone(packed: str) -> None:
    assert decode_id(PREFIX + packed) == PREFIX + packed
