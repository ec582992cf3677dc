"""`/v1/embeddings` of clients (docs/wire/dialects.md 4.1)."""

from __future__ import annotations

import base64
import json
import struct
from typing import Any

import pytest
from msgspec import UNSET, Raw

from adapters.dialects.openai.inbound.embeddings import decode_embeddings, encode_embeddings
from ports.chat import Usage
from ports.embed import EmbedRequest, EmbedResponse, Vector
from ports.errors import BackendProtocolError, InvalidRequest, ModelNotFound

FIELD = "into Go struct field EmbedRequest"


def body(**members: Any) -> bytes:
    return json.dumps({"model": "m", "input": "a"} | members).encode()


def response(*vectors: Vector, tokens: int | None = None) -> EmbedResponse:
    return EmbedResponse(vectors=vectors, usage=Usage(prompt_tokens=tokens))


@pytest.mark.parametrize(
    ("members", "inputs"),
    [
        ({}, ("a",)),
        ({"input": ["a", "", "c"]}, ("a", "", "c")),
        ({"input": ""}, ("",)),
        ({"input": [""]}, ("",)),
        ({"encoding_format": None, "dimensions": None, "user": None}, ("a",)),
    ],
)
def test_texts_stay_what_and_where_they_are(members: dict[str, Any], inputs: Any) -> None:
    call = decode_embeddings(body(**members))

    assert call.request == EmbedRequest(model="m", inputs=inputs)
    assert not call.base64


@pytest.mark.parametrize("spelled", ["base64", "BASE64", "Base64"])
def test_base64_is_asked_for_in_any_case(spelled: str) -> None:
    assert decode_embeddings(body(encoding_format=spelled)).base64


@pytest.mark.parametrize("spelled", ["float", "FLOAT", "", None])
def test_floats_are_the_default(spelled: str | None) -> None:
    assert not decode_embeddings(body(encoding_format=spelled)).base64


@pytest.mark.parametrize(("asked", "kept"), [(2, 2), (0, UNSET), (-1, UNSET)])
def test_dimensions_above_zero_count(asked: int, kept: object) -> None:
    assert decode_embeddings(body(dimensions=asked)).request.dimensions == kept


def test_what_only_some_servers_act_on_is_kept_for_them() -> None:
    call = decode_embeddings(body(user="u", input_type="query", provider=None, unknown=1))

    assert {name: bytes(raw) for name, raw in call.request.extensions.items()} == {
        "openai.user": b'"u"',
        "openai.input_type": b'"query"',
    }


def test_members_are_found_in_any_case() -> None:
    call = decode_embeddings(b'{"Model":"m","INPUT":["x"]}')

    assert call.request == EmbedRequest(model="m", inputs=("x",))


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (b"", "EOF"),
        (b" ", "EOF"),
        (b"null", "invalid input"),
        (b"{}", "invalid input"),
        (b"[]", "json: cannot unmarshal array into Go value of type openai.EmbedRequest"),
        (b"{bad", "invalid character 'b' looking for beginning of object key string"),
        (b'{"model":', "unexpected EOF"),
        (body(input=None), "invalid input"),
        (body(input=[]), "invalid input"),
        (b'{"model":"m"}', "invalid input"),
        (body(input=[1, 2]), "invalid input type"),
        (body(input=[[1, 2]]), "invalid input type"),
        (body(input=["a", 1]), "invalid input type"),
        (body(input=5), "invalid input type"),
        (body(input={}), "invalid input type"),
        (
            body(encoding_format="int8"),
            "Invalid value for 'encoding_format' = int8. Supported values: ['float', 'base64'].",
        ),
        (body(dimensions="2"), f"json: cannot unmarshal string {FIELD}.dimensions of type int"),
        (
            body(encoding_format=5),
            f"json: cannot unmarshal number {FIELD}.encoding_format of type string",
        ),
        (b'{"input":' + b"[" * 100_000, "exceeded max depth"),
    ],
)
def test_a_wrong_body_is_refused_in_ollamas_words(sent: bytes, words: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        decode_embeddings(sent)

    assert caught.value.message == words


def test_a_body_with_several_faults_is_refused_for_the_first_in_ollamas_order() -> None:
    with pytest.raises(InvalidRequest, match="encoding_format"):
        decode_embeddings(b'{"encoding_format":"x"}')
    with pytest.raises(ModelNotFound, match="model '' not found"):
        decode_embeddings(b'{"input":[1]}')


def test_vectors_come_with_their_index_and_what_they_cost() -> None:
    vectors = (Vector(values=(0.5, -1.0)), Vector(values=(0.25, 2.0)))

    encoded = encode_embeddings("m<", response(*vectors, tokens=7), base64=False)

    assert encoded == (
        b'{"object":"list","data":['
        b'{"object":"embedding","embedding":[0.5,-1.0],"index":0},'
        b'{"object":"embedding","embedding":[0.25,2.0],"index":1}],'
        b'"model":"m\\u003c","usage":{"prompt_tokens":7,"total_tokens":7}}\n'
    )


def test_numbers_keep_the_spelling_of_the_upstream() -> None:
    vector = Vector(values=(1.0, 1e-7), text=Raw(b"[1.00, 1E-7]"))

    assert b'"embedding":[1.00, 1E-7],' in encode_embeddings("m", response(vector), base64=False)


def test_tokens_that_nobody_counted_are_zero() -> None:
    usage = json.loads(encode_embeddings("m", response(), base64=False))["usage"]

    assert usage == {"prompt_tokens": 0, "total_tokens": 0}


def test_base64_is_of_little_endian_floats_in_the_standard_alphabet() -> None:
    # The recorded vector of tests/golden, and one that needs both odd characters.
    values = (0.26726124, 0.5345225, 0.80178374, 2.6726124e-7)
    odd = struct.unpack("<3f", base64.b64decode("+/+/P/+/+z+/v/s/"))

    encoded = encode_embeddings(
        "m", response(Vector(values=values), Vector(values=odd)), base64=True
    )

    rows = json.loads(encoded)["data"]
    assert rows[0]["embedding"] == "d9aIPnfWCD+zQU0/G3yPNA=="
    assert rows[1]["embedding"] == "+/+/P/+/+z+/v/s/"


def test_a_number_that_32_bits_cannot_hold_is_no_answer() -> None:
    with pytest.raises(BackendProtocolError, match="beyond 32 bits"):
        encode_embeddings("m", response(Vector(values=(1e300,))), base64=True)
