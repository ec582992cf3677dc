"""What passes tells the parameters that it would tell if it were decoded, and nothing odd."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import UNSET, Raw
from msgspec.structs import replace

from adapters.dialects.anthropic.inbound.chat import decode_messages_call
from adapters.dialects.anthropic.relay.parameters import parameters_of_message
from adapters.dialects.relaying.bodies import read_wanted
from domain.parameters import parameters_of
from ports.chat import Options
from ports.parameters import Parameters
from tests.unit.adapters.dialects.odd_values import FRACTIONS, ODD

BODY = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
SAMPLING = {"temperature": 1, "top_p": 0.5, "top_k": 40.0, "stop_sequences": ["END", "", None]}
FORM = {"type": "json_schema", "schema": {"type": "object"}}
MEDIUM = {"effort": "medium"}
ALIKE: list[dict[str, Any]] = [
    {},
    SAMPLING,
    {"temperature": None, "stop_sequences": None, "thinking": None, "output_config": None},
    {"output_format": FORM},
    {"output_config": {"format": FORM}},
    {"output_config": {"format": None}, "output_format": FORM},
    {"output_config": MEDIUM},
    {"output_config": {"effort": "x"}},
    {"output_config": MEDIUM, "thinking": {"type": "adaptive"}},
    {"output_config": MEDIUM, "thinking": {"type": "disabled"}},
    {"output_config": MEDIUM, "thinking": {"type": "enabled"}},
    {"output_config": MEDIUM, "thinking": {"type": "enabled", "budget_tokens": 10_000}},
]


@pytest.mark.parametrize("more", ALIKE, ids=json.dumps)
def test_a_body_tells_what_it_would_tell_if_it_were_decoded(more: dict[str, Any]) -> None:
    sent = json.dumps(BODY | more).encode()
    wanted = read_wanted(sent)
    assert wanted is not None

    told = parameters_of_message(wanted.members)

    assert told == parameters_of(decode_messages_call(sent).request)


def test_all_of_them_are_told() -> None:
    body = BODY | SAMPLING | {"output_config": MEDIUM | {"format": FORM}}
    wanted = read_wanted(json.dumps(body).encode())
    assert wanted is not None

    assert parameters_of_message(wanted.members) == Parameters(
        options=Options(temperature=1.0, top_p=0.5, top_k=40, max_tokens=9, stop=("END",)),
        output="json",
        effort="medium",
    )


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_an_odd_member_is_as_good_as_absent(odd: bytes) -> None:
    names = ("temperature", "top_p", "top_k", "max_tokens", "stop_sequences")
    for name in (*names, "thinking", "output_config"):
        told = parameters_of_message({name: Raw(odd)})
        assert replace(told, output="text") == Parameters(output="text"), name


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_an_odd_form_is_not_told(odd: bytes) -> None:
    told = parameters_of_message({"output_format": Raw(odd)})

    assert told == Parameters(output="text" if odd == b"null" else UNSET)


@pytest.mark.parametrize("name", ["top_k", "max_tokens"])
@pytest.mark.parametrize("odd", FRACTIONS.values(), ids=FRACTIONS)
def test_a_number_that_is_not_whole_is_not_told(name: str, odd: bytes) -> None:
    assert parameters_of_message({name: Raw(odd)}) == Parameters(output="text")


@pytest.mark.parametrize("limit", [b"0", b"-1"])
def test_no_limit_is_not_told(limit: bytes) -> None:
    assert parameters_of_message({"max_tokens": Raw(limit)}) == Parameters(output="text")
