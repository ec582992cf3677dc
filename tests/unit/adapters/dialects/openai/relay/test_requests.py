"""A request passes with its model's name put right and the tokens asked for, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.dialects.openai.relay.requests import (
    WantedCompletion,
    read_completion,
    read_embedding,
)

BODY = (
    b'{"model":"mine", "messages":[{"role":"user","content":"caf\\u00e9"}],"temperature":1.0,\n'
    b'"future":{"b":1,"a":1e3},"max_tokens":16}\n'
)


def wanted(body: bytes | dict[str, Any]) -> WantedCompletion:
    read = read_completion(body if isinstance(body, bytes) else json.dumps(body).encode())
    assert read is not None
    return read


def test_a_whole_answer_is_asked_for_with_the_same_bytes() -> None:
    assert wanted(BODY).model == "mine"
    assert wanted(BODY).named("mine") is BODY
    assert wanted(BODY).counted("mine") is BODY
    assert wanted(BODY).named("own") == BODY.replace(b'"mine"', b'"own"')


def test_tokens_are_asked_for_behind_everything_else() -> None:
    body = BODY.replace(b',"max', b',"stream":true,"max')

    sent = wanted(body).counted("own")

    own = body.replace(b'"mine"', b'"own"').rstrip()
    assert sent == own[:-1] + b',"stream_options":{"include_usage":true}}'


@pytest.mark.parametrize(
    ("options", "sent"),
    [
        (b"null", b'{"include_usage":true}'),
        (b"{}", b'{"include_usage":true}'),
        (b'{"include_usage":false}', b'{"include_usage":true}'),
        (b'{"include_obfuscation": 1.0}', b'{"include_obfuscation":1.0,"include_usage":true}'),
    ],
)
def test_options_that_do_not_ask_for_tokens_are_completed(options: bytes, sent: bytes) -> None:
    body = b'{"model":"m","stream":true,"stream_options":' + options + b',"x":1.50}'

    read = wanted(body)

    assert not read.counts
    assert read.counted("m") == (
        b'{"model":"m","stream":true,"stream_options":' + sent + b',"x":1.50}'
    )
    assert read.named("m") is body


def test_who_asks_for_tokens_is_passed_on_as_he_is() -> None:
    body = b'{"model":"m","stream":true,"stream_options":{"include_usage":true, "x":1}}'

    assert wanted(body).counts
    assert wanted(body).counted("m") is body


@pytest.mark.parametrize(
    ("members", "stream"),
    [({}, False), ({"stream": None}, False), ({"stream": False}, False), ({"stream": True}, True)],
)
def test_a_stream_is_what_asks_for_one(members: dict[str, Any], stream: bool) -> None:
    assert wanted({"model": "m"} | members).stream is stream


@pytest.mark.parametrize(
    ("members", "alone"),
    [
        ({}, True),
        ({"n": 1, "prompt": "x"}, True),
        ({"n": None}, True),
        ({"n": 2}, False),
        ({"prompt": ["x", "y"]}, False),
    ],
)
def test_one_choice_is_what_nobody_asks_more_of(members: dict[str, Any], alone: bool) -> None:
    assert wanted({"model": "m"} | members).alone is alone


@pytest.mark.parametrize("name", ["models", "preset", "fallbacks", "context_window_fallbacks"])
def test_other_models_that_a_request_names_are_noticed(name: str) -> None:
    assert wanted({"model": "m", name: ["x"]}).others
    assert not wanted({"model": "m", "x": {name: ["x"]}}).others


DOUBTFUL = {
    "a stream that is none": {"stream": 1},
    "a stream in words": {"stream": "true"},
    "options that are none": {"stream_options": []},
    "tokens that are neither asked for nor not": {"stream_options": {"include_usage": "yes"}},
    "another spelling": {"Stream": True},
    "no model": {"model": None},
    "a model without a name": {"model": " "},
    "a model that is no name": {"model": 7},
}


@pytest.mark.parametrize("members", DOUBTFUL.values(), ids=DOUBTFUL)
def test_a_request_in_doubt_is_translated(members: dict[str, Any]) -> None:
    body = json.dumps({"model": "m", "stream": True} | members).encode()

    assert read_completion(body) is None


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"model":"m"} {}', b'{"stream":true}'])
def test_a_body_in_doubt_is_translated(body: bytes) -> None:
    assert read_completion(body) is None
    assert read_embedding(body) is None


@pytest.mark.parametrize("spelled", ['"float"', "null"])
def test_vectors_as_numbers_are_asked_for_with_the_same_bytes(spelled: str) -> None:
    body = b'{"model":"m","input":[[1,2]],"encoding_format":' + spelled.encode() + b"}"

    read = read_embedding(body)

    assert read is not None
    assert read.named("m") is body


@pytest.mark.parametrize("spelled", ["base64", "FLOAT", "int8", 7])
def test_trap_34_vectors_in_base64_are_made_here(spelled: object) -> None:
    body = json.dumps({"model": "m", "input": "x", "encoding_format": spelled}).encode()

    assert read_embedding(body) is None


@pytest.mark.parametrize(
    ("tokens", "passes"),
    [([1, 2], True), ([[1, 2], [3]], True), ("x", False), (["1"], False), ([], False)],
)
def test_tokens_pass_in_any_form_since_nobody_else_can_read_them(
    tokens: object, passes: bool
) -> None:
    body = json.dumps({"model": "m", "input": tokens, "encoding_format": "base64"}).encode()

    assert (read_embedding(body) is not None) is passes
