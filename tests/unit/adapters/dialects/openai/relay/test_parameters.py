"""What passes tells the parameters that it would tell if it were decoded, and nothing odd."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from msgspec import UNSET, Raw

from adapters.dialects.openai.inbound.chat import decode_chat
from adapters.dialects.openai.inbound.completions import decode_prompts
from adapters.dialects.openai.inbound.embeddings import decode_embeddings
from adapters.dialects.openai.relay.parameters import (
    parameters_of_chat,
    parameters_of_prompt,
    parameters_of_response,
    parameters_of_vectors,
)
from adapters.dialects.openai.responses.create import decode_create
from adapters.dialects.relaying.bodies import Members, read_wanted
from domain.parameters import parameters_of
from ports.chat import Options
from ports.observer import Request
from ports.parameters import Parameters
from tests.unit.adapters.dialects.odd_values import FRACTIONS, ODD

Read = Callable[[Members], Parameters]
Decode = Callable[[bytes], Request]

SAMPLING = {
    "temperature": 1,
    "top_p": 0.5,
    "top_k": 40,
    "presence_penalty": -1.5,
    "frequency_penalty": 0,
    "seed": 7.0,
    "stop": ["END", ""],
}
MESSAGES = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
PROMPT = {"model": "m", "prompt": "hi"}
INPUT = {"model": "m", "input": "hi"}
SCHEMA = {"type": "object"}


def chat(body: bytes) -> Request:
    return decode_chat(body).request


def prompt(body: bytes) -> Request:
    return decode_prompts(body).requests[0]


def response(body: bytes) -> Request:
    return decode_create(body).request


def vectors(body: bytes) -> Request:
    return decode_embeddings(body).request


ALIKE: list[tuple[Read, Decode, dict[str, Any]]] = [
    *(
        (parameters_of_chat, chat, MESSAGES | more)
        for more in (
            {},
            SAMPLING | {"max_tokens": 9},
            {"max_tokens": 9, "max_completion_tokens": 5},
            {"max_tokens": 9, "max_completion_tokens": 0},
            {"max_tokens": -1},
            {"stop": "END"},
            {"temperature": None, "stop": None, "response_format": None, "reasoning": None},
            {"response_format": {"type": "text"}},
            {"response_format": {"type": "json_object"}},
            {"response_format": {"type": "json_schema", "json_schema": {"schema": SCHEMA}}},
            {"reasoning_effort": "high"},
            {"reasoning_effort": "none"},
            {"reasoning_effort": "ultra"},
            {"reasoning": {"effort": "low"}, "reasoning_effort": "high"},
            {"reasoning": {"max_tokens": 4000}},
            {"reasoning": {"max_tokens": 0}},
            {"reasoning": {"enabled": True}},
        )
    ),
    *(
        (parameters_of_prompt, prompt, PROMPT | more)
        for more in ({}, SAMPLING | {"max_tokens": 9.0})
    ),
    *(
        (parameters_of_response, response, INPUT | more)
        for more in (
            {},
            SAMPLING | {"max_output_tokens": 9},
            {"reasoning": {"effort": "medium"}},
            {"text": {"format": {"type": "text"}}},
            {"text": {"format": {"type": "json_object"}}},
            {"text": {"format": {"type": "json_schema", "name": "x", "schema": SCHEMA}}},
        )
    ),
    *(
        (parameters_of_vectors, vectors, INPUT | more)
        for more in ({}, {"dimensions": 64}, {"dimensions": 0}, {"dimensions": -1})
    ),
]


def named(value: Any) -> str:
    return value.__name__ if callable(value) else json.dumps(value)


@pytest.mark.parametrize(("read", "decode", "body"), ALIKE, ids=named)
def test_a_body_tells_what_it_would_tell_if_it_were_decoded(
    read: Read, decode: Decode, body: dict[str, Any]
) -> None:
    sent = json.dumps(body).encode()
    wanted = read_wanted(sent)
    assert wanted is not None

    assert read(wanted.members) == parameters_of(decode(sent))


def test_all_of_them_are_told() -> None:
    body = SAMPLING | {
        "model": "m",
        "max_completion_tokens": 9,
        "response_format": {"type": "json_object"},
        "reasoning_effort": "low",
    }
    wanted = read_wanted(json.dumps(body).encode())
    assert wanted is not None

    assert parameters_of_chat(wanted.members) == Parameters(
        options=Options(
            temperature=1.0,
            top_p=0.5,
            top_k=40,
            presence_penalty=-1.5,
            frequency_penalty=0.0,
            seed=7,
            max_tokens=9,
            stop=("END",),
        ),
        output="json",
        effort="low",
    )


WHOLE = ("top_k", "seed", "max_tokens", "max_completion_tokens", "max_output_tokens", "dimensions")
MEMBERS = (
    *WHOLE,
    *("temperature", "top_p", "presence_penalty", "frequency_penalty"),
    *("reasoning", "reasoning_effort", "options"),
)
READERS = (parameters_of_chat, parameters_of_prompt, parameters_of_response, parameters_of_vectors)


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
@pytest.mark.parametrize("read", READERS)
def test_an_odd_member_is_as_good_as_absent(read: Read, odd: bytes) -> None:
    for name in MEMBERS:
        assert read({name: Raw(odd)}) == read({}), name


@pytest.mark.parametrize("odd", FRACTIONS.values(), ids=FRACTIONS)
@pytest.mark.parametrize("read", READERS)
def test_a_number_that_is_not_whole_is_not_told(read: Read, odd: bytes) -> None:
    for name in WHOLE:
        assert read({name: Raw(odd)}) == read({}), name


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_an_odd_form_is_not_told(odd: bytes) -> None:
    output = "text" if odd == b"null" else UNSET
    text = Raw(b'{"format":%b}' % odd)

    assert parameters_of_chat({"response_format": Raw(odd)}) == Parameters(output=output)
    assert parameters_of_response({"text": text}).output in {output, "text"}
    assert parameters_of_response({"text": Raw(odd)}).output in {"text", UNSET}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_an_odd_stop_is_not_told(odd: bytes) -> None:
    texts = {b'""': (), b'"5"': ("5",)}

    assert parameters_of_chat({"stop": Raw(odd)}).options == Options(stop=texts.get(odd, UNSET))


@pytest.mark.parametrize("effort", [b'"x"', b'"none"'])
def test_an_effort_that_is_none_is_not_told(effort: bytes) -> None:
    assert parameters_of_chat({"reasoning_effort": Raw(effort)}) == Parameters(output="text")
