"""Escaping of JSON that line-splitting readers would break."""

import json

import msgspec
import pytest

from adapters.dialects.wire.escaping import encode_text, escape

TEXTS = [
    "",
    "plain",
    "<b>&",
    "\\<",
    "\\\\<\\",
    '"<"',
    "a\u2028b\u2029c\u0085d",
    "\\\u2028",
    # neighbours that share bytes with the three separators
    "\u00c2\u0085\u00e2\u0080\u00a8",
    "\u2027\u202a\u0084\u0086\u00a8\u20a8",
    "w\u00f6rld \U0001f600 \u65e5\u672c",
    "\x00\x0b\x0c\x1c\x1d\x1e\x7f\r\n\t",
]


@pytest.mark.parametrize("text", TEXTS)
def test_an_escaped_string_reads_back_as_it_was(text):
    encoded = encode_text(text)

    assert json.loads(encoded) == text


@pytest.mark.parametrize("text", TEXTS)
def test_an_escaped_string_is_one_line_to_every_reader(text):
    encoded = encode_text(text)

    assert len(encoded.decode().splitlines()) == 1
    assert not set("<>&") & set(encoded.decode())


@pytest.mark.parametrize("text", TEXTS)
def test_a_string_is_escaped_the_same_inside_a_document(text):
    document = escape(msgspec.json.encode({"a": text}))

    assert document == b'{"a":' + encode_text(text) + b"}"


def test_the_spelling_is_that_of_go():
    assert encode_text("<b>&\u2028\u2029\u0085\u00e9") == (
        rb'"\u003cb\u003e\u0026\u2028\u2029\u0085' + "\u00e9".encode() + b'"'
    )
