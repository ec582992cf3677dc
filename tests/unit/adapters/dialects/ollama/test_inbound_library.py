"""Bodies of the routes that manage models (docs/wire/ollama-api.md 2.8)."""

import json

import pytest
from msgspec import Raw

from adapters.dialects.ollama.library.requests import (
    decode_copy,
    decode_create,
    decode_delete,
    decode_pull,
    decode_push,
    require_digest,
    with_members,
)
from ports.chat import Message, Options, Text
from ports.errors import InvalidRequest

FILES = {"files": {"m.gguf": "sha256:" + "0" * 64}}


@pytest.mark.parametrize(
    ("body", "model", "stream"),
    [
        ({"model": "a"}, "a", True),
        ({"name": "a", "stream": False}, "a", False),
        ({"model": "", "username": "", "password": "", "name": "a", "insecure": True}, "a", True),
        ({"model": "a", "name": "b", "stream": None}, "a", True),
        ({"MODEL": "a", "Stream": False}, "a", False),
    ],
)
def test_pull_and_push_take_the_first_name_that_is_not_empty(body, model, stream):
    for decode in (decode_pull, decode_push):
        call = decode(json.dumps(body).encode())

        assert (call.model, call.stream) == (model, stream)


@pytest.mark.parametrize(
    ("decode", "body", "text"),
    [
        (decode_pull, b"{}", "invalid model name"),
        (decode_pull, b'{"model":" "}', "invalid model name"),
        (decode_push, b"{}", "model is required"),
        (decode_delete, b'{"model":"","name":""}', "model is required"),
        (decode_copy, b"{}", 'source "" is invalid'),
        (decode_copy, b'{"source":"a"}', 'destination "" is invalid'),
        (decode_copy, b'{"source":"a","destination":"a b"}', 'destination "a b" is invalid'),
        (decode_create, b"{}", "invalid model name"),
        (decode_create, b'{"model":"a/b/c/d"}', "invalid model name"),
        *(
            (decode, b"", "missing request body")
            for decode in (decode_pull, decode_push, decode_copy, decode_delete, decode_create)
        ),
        (
            decode_pull,
            b'{"model":"x","stream":"x"}',
            "json: cannot unmarshal string into Go struct field PullRequest.stream of type bool",
        ),
        (
            decode_create,
            b'{"model":"x","files":[]}',
            (
                "json: cannot unmarshal array into Go struct field CreateRequest.files of type "
                "map[string]string"
            ),
        ),
        (
            decode_create,
            b'{"model":"x","parameters":[]}',
            (
                "json: cannot unmarshal array into Go struct field CreateRequest.parameters "
                "of type map[string]interface {}"
            ),
        ),
        (
            decode_create,
            b'{"model":"x","from":"y","parameters":{"stop":"x"}}',
            'option "stop" must be of type array',
        ),
        (
            decode_create,
            b'{"model":"x","from":"y","license":5}',
            "license must be a string or a list of strings",
        ),
        (
            decode_create,
            b'{"model":"x","from":"y","license":["a",5]}',
            "license must be a string or a list of strings",
        ),
        (decode_create, b'{"model":"x","files":{"a":""}}', "invalid digest format"),
        (decode_create, b'{"model":"x","adapters":{"a/../b":"s"}}', "file path must be relative"),
    ],
)
def test_what_is_wrong_is_said_in_ollamas_words(decode, body, text):
    with pytest.raises(InvalidRequest) as refused:
        decode(body)

    assert refused.value.message == text


def test_a_nested_body_does_not_break_the_decoder():
    body = b'{"model":"x","info":' + b"[" * 100_000 + b"]" * 100_000 + b"}"

    with pytest.raises(InvalidRequest):
        decode_create(body)


def create(**body):
    return decode_create(json.dumps({"model": "x"} | body).encode())


def test_a_create_holds_what_the_command_sends():
    call = create(
        **{"from": "plain", "name": ""},
        system="Be nice",
        template="{{ .Prompt }}",
        parameters={"stop": ["END"], "temperature": 0.3, "num_ctx": 5},
        messages=[{"role": "user", "content": "hi"}],
    )

    assert call.source == "plain"
    assert (call.system, call.template, call.stream) == ("Be nice", "{{ .Prompt }}", True)
    assert call.options == Options(
        stop=("END",), temperature=0.3, extensions={"num_ctx": Raw(b"5")}
    )
    assert call.messages == (Message(role="user", parts=(Text(text="hi"),)),)
    assert (call.uploads, call.rebuilds, call.complaint) == (False, False, "")


@pytest.mark.parametrize(
    ("license_", "texts"),
    [("MIT", ("MIT",)), (["MIT", "Two"], ("MIT", "Two")), ("", ()), ([], ()), (None, ())],
)
def test_a_licence_is_a_text_or_several(license_, texts):
    assert create(license=license_).licenses == texts


@pytest.mark.parametrize(
    ("body", "uploads", "rebuilds"),
    [
        (FILES, True, False),
        ({"adapters": FILES["files"]}, True, False),
        ({"draft_files": FILES["files"]}, True, False),
        ({"quantize": "q4_K_M"}, False, True),
        ({"quantization": "q4_K_M"}, False, True),
        ({"draft_quantize": "q8_0"}, False, True),
        ({"renderer": "r"}, False, True),
        ({"parser": "p"}, False, True),
        ({"remote_host": "https://x"}, False, True),
        ({"requires": "0.14.0", "info": {"a": 1}, "files": None}, False, False),
        ({"files": {}, "quantize": ""}, False, False),
    ],
)
def test_a_create_tells_whether_it_takes_weights(body, uploads, rebuilds):
    call = create(**{"from": "plain"}, **body)

    assert (call.uploads, call.rebuilds) == (uploads, rebuilds)


def test_a_create_says_what_it_is_made_of():
    assert create().complaint == "neither 'from' or 'files' was specified"
    assert create(files={}).complaint == "unknown type"
    assert create(**FILES).complaint == ""


def test_a_body_that_is_told_on_keeps_all_but_the_names():
    body = b'{"NAME":"x","Model":"y","a":1.50,"b":{"z":1,"a":[2]},"from":"q"} rest'

    told = with_members(body, {"model": "z", "from": "s"})

    assert told == b'{"model":"z","from":"s","a":1.50,"b":{"z":1,"a":[2]}}'
    assert with_members(b'{"name":"x","From":"q"}', {"model": "z", "from": ""}) == b'{"model":"z"}'


@pytest.mark.parametrize("digest", ["sha256:" + "aF" * 32, "sha256-" + "0" * 64])
def test_a_digest_passes(digest):
    assert require_digest(digest) == digest


@pytest.mark.parametrize(
    "digest", ["x", "0" * 64, "sha256:" + "0" * 63, "sha256:" + "g" * 64, "sha256:" + "0" * 65]
)
def test_what_is_no_digest_is_refused(digest):
    with pytest.raises(InvalidRequest, match="invalid digest format"):
        require_digest(digest)
