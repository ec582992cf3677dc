"""The model is found in an object of any size, and nothing passes that hides another one."""

from __future__ import annotations

import json
from collections.abc import Iterable

import pytest

from adapters.dialects.openai.passing.named import Named, renamed
from adapters.dialects.openai.passing.objects import ObjectReader
from ports.errors import InvalidRequest

BODY = (
    '{"prompt": "é \\"model\\": \\"no\\" \\\\", "n" : [1, -2.5e+3, {"model": "no", "a": "}]"}, []],'
    '\n"image":"AAAA////==", "model" : "dall-e", "x": {"model":"no"}, "y": true, "z":null} '
).encode()


def read(pieces: Iterable[bytes]) -> ObjectReader:
    reader = ObjectReader()
    for piece in pieces:
        reader.feed(piece)
    reader.finish()
    return reader


@pytest.mark.parametrize("at", range(len(BODY)))
def test_the_model_is_found_however_the_network_cuts_the_body(at: int) -> None:
    reader = read((BODY[:at], BODY[at:]))

    assert reader.named is not None
    assert reader.named.name == "dall-e"
    assert BODY[reader.named.start : reader.named.end] == b'"dall-e"'
    assert not reader.others


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_it_is_found_in_small_pieces_too(size: int) -> None:
    reader = read(BODY[at : at + size] for at in range(0, len(BODY), size))

    assert reader.named is not None
    assert BODY[reader.named.start : reader.named.end] == b'"dall-e"'


def test_a_name_is_replaced_in_place() -> None:
    reader = read((BODY,))
    assert reader.named is not None

    sent = renamed(BODY, reader.named, reader.spelled('a"b'))

    assert sent == BODY.replace(b'"dall-e"', b'"a\\"b"')
    assert json.loads(sent)["model"] == 'a"b'


def test_an_escaped_key_or_name_is_the_same() -> None:
    reader = read((b'{"mod\\u0065l":"d\\u0061ll-e"}',))

    assert reader.named is not None
    assert reader.named.name == "dall-e"


@pytest.mark.parametrize("body", [b"{}", b'{"x":"model"}', b' {"x":{"model":"y"}}\n', b"{ }"])
def test_an_object_without_a_model_names_none(body: bytes) -> None:
    assert read((body,)).named is None


@pytest.mark.parametrize("value", [b"null", b"7", b'["x"]', b'{"x":"y"}', b'""'])
def test_a_model_that_is_no_name_is_none(value: bytes) -> None:
    named = read((b'{"model":' + value + b',"x":"y"}',)).named

    assert named is not None
    assert named.name == ""


@pytest.mark.parametrize("key", ["models", "FALLBACKS", "fallb\\u0061cks"])
def test_other_models_that_a_body_names_are_noticed(key: str) -> None:
    assert read((f'{{"model":"m","{key}":["x"]}}'.encode(),)).others
    assert not read((f'{{"model":"m","x":{{"{key}":["x"]}}}}'.encode(),)).others


def test_a_large_text_is_not_kept() -> None:
    reader = ObjectReader()
    reader.feed(b'{"image":"')

    for _ in range(100):
        reader.feed(b"A" * 65536)
    reader.feed(b'","model":"m"}')

    assert len(reader._spelled) < 100
    assert reader.named == Named("m", 65536 * 100 + 20, 65536 * 100 + 23)


ODD = {
    "two models": b'{"model":"a","x":1,"model":"b"}',
    "two models, one escaped": b'{"model":"a","mod\\u0065l":"b"}',
    "another spelling": b'{"MODEL":"a"}',
    "a comment": b'{"a":/*"*/1,"model":"m"/*"*/}',
    "a comment inside": b'{"a":[/*"*/],"model":"m"/*"*/}',
    "a comment of a line": b'{"a":1 #"\n}',
    "other quotes": b"{'a':\"',\\\"model\\\":'x'\"}",
    "a second value": b'{"model":"a" "b":1}',
    "a list": b'[{"model":"a"}]',
    "a text": b'"model"',
    "something before": b'x{"model":"a"}',
    "something behind": b'{"model":"a"}{"model":"b"}',
    "a key that is no text": b'{"model":"a","\\x":1}',
    "a long model": b'{"model":"' + b"a" * 2000 + b'"}',
    "no end": b'{"model":"a"',
    "an open text": b'{"model":"a',
    "a closing bracket too many": b'{"model":"a"}}',
    "nothing": b"",
    "spaces": b"  ",
}


@pytest.mark.parametrize("body", ODD.values(), ids=ODD)
@pytest.mark.parametrize("size", [1, 100_000])
def test_what_could_be_read_in_two_ways_is_refused(body: bytes, size: int) -> None:
    with pytest.raises(InvalidRequest):
        read(body[at : at + size] for at in range(0, len(body), size))
