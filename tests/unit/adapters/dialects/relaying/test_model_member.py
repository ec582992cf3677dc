"""One name is put in place of another, and every other byte stays."""

from __future__ import annotations

import json

import msgspec
import pytest

from adapters.dialects.relaying.model_member import ModelMember

OBJECTS = [
    b'{"model":"m"}',
    b'{"id":"1","model":"m","x":1.50}',
    b'{"model" : "m" , "x":1e3}',
    b'{"choices":[{"delta":{"content":"\\"model\\":\\"m\\""}}],"model":"m"}',
    b'{"m":"m","model":"m"}',
    b'{"model":"","x":"m"}',
    b'{"model":"a\\u0062c"}',
]


@pytest.mark.parametrize("text", OBJECTS)
def test_nothing_but_the_name_changes(text: bytes) -> None:
    old = msgspec.json.encode(json.loads(text)["model"])
    raw = old if old in text else b'"a\\u0062c"'
    before, key, after = text.rpartition(b'"model"')

    assert ModelMember("mine").put_into(text) == before + key + after.replace(raw, b'"mine"', 1)


def test_one_that_stands_in_another_object_too_is_left_alone() -> None:
    text = b'{"usage":{"model":"m"},"model":"m"}'

    assert ModelMember("mine").put_into(text) == b'{"usage":{"model":"m"},"model":"mine"}'


def test_what_begins_as_before_is_the_same_member() -> None:
    member = ModelMember("mine")
    events = [
        b'{"id":"1","model":"m","n":1}',
        b'{"id":"1","model":"m","n":2,"x":{"model":"m"}}',
        b'{"id":"2","model":"m"}',
        b'{"id":"1","model":"mm"}',
        b'{"id":"1","model":"m"}',
    ]

    for event in events:
        assert json.loads(member.put_into(event)) == json.loads(event) | {"model": "mine"}


def test_a_name_is_escaped_as_a_line_of_an_answer_needs_it() -> None:
    assert ModelMember('a"\u2028').put_into(b'{"model":"m"}') == b'{"model":"a\\"\\u2028"}'
