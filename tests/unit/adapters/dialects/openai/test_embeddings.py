"""Texts to embed: what is sent, and which vectors come back for which text."""

from __future__ import annotations

import json
import struct
from base64 import b64encode
from typing import Any

import pytest
from msgspec import Raw

from adapters.dialects.openai.outbound.embeddings import decode_embed, encode_embed
from adapters.dialects.openai.outbound.servers import PROFILES
from ports.chat import Usage
from ports.embed import EmbedRequest
from ports.errors import BackendError, BackendFailed, BackendProtocolError, BackendRejected


def sent(profile: str = "generic", **fields: Any) -> dict[str, Any]:
    request = EmbedRequest(model="m", inputs=("a", ""), **fields)
    body: dict[str, Any] = json.loads(encode_embed(request, profile=PROFILES[profile]))
    return body


def body(*vectors: Any, indexes: Any = None, **more: Any) -> bytes:
    numbers = range(len(vectors)) if indexes is None else indexes
    rows = [
        {"object": "embedding", "index": index, "embedding": vector}
        for index, vector in zip(numbers, vectors, strict=True)
    ]
    return json.dumps({"object": "list", "data": rows, "model": "m1", **more}).encode()


def base64_of(*numbers: float) -> str:
    return b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


def values(answer: bytes, inputs: int) -> list[list[float]]:
    return [list(vector.values) for vector in decode_embed(answer, inputs=inputs).vectors]


BASE = {"model": "m", "input": ["a", ""], "encoding_format": "float"}


@pytest.mark.parametrize(
    ("profile", "asked", "more"),
    [
        ("generic", {}, {}),
        ("generic", {"dimensions": 8}, {"dimensions": 8}),
        ("openai", {"truncate": False}, {}),
        ("vllm", {}, {"truncate_prompt_tokens": -1}),
        ("vllm", {"truncate": False}, {}),
    ],
)
def test_what_is_asked_for_is_sent_and_always_floats(
    profile: str, asked: dict[str, Any], more: dict[str, Any]
) -> None:
    assert sent(profile, **asked) == BASE | more


def test_vectors_are_read_with_their_counts() -> None:
    answer = decode_embed(
        body([1, 0.5], [-2e-3, 0], usage={"prompt_tokens": 7, "total_tokens": 7, "cost": 0.25}),
        inputs=2,
    )

    assert [vector.values for vector in answer.vectors] == [[1.0, 0.5], [-0.002, 0.0]]
    assert answer.usage == Usage(prompt_tokens=7, cost=0.25)
    assert answer.model == "m1"


def test_what_was_not_counted_is_absent_and_not_zero() -> None:
    assert decode_embed(body([1]), inputs=1).usage == Usage()


def test_numbers_keep_their_spelling() -> None:
    spelled = b"[ 1.50,-0.0 ,1E-3,\n0.1000000000000000055511151231257827]"
    said = body("HERE").replace(b'"HERE"', spelled)

    (vector,) = decode_embed(said, inputs=1).vectors

    assert vector.values == [1.5, 0.0, 0.001, 0.1]
    assert bytes(vector.text or Raw()) == spelled


@pytest.mark.parametrize(
    ("indexes", "order"),
    [
        ([2, 0, 1], [[2.0], [3.0], [1.0]]),
        ([0, 1, 2], [[1.0], [2.0], [3.0]]),
        ([0, 0, 0], [[1.0], [2.0], [3.0]]),
        ([None, None, None], [[1.0], [2.0], [3.0]]),
        ([None, 2, 1], [[1.0], [3.0], [2.0]]),
    ],
)
def test_vectors_are_put_in_the_order_of_the_texts(
    indexes: list[int | None], order: list[list[float]]
) -> None:
    assert values(body([1], [2], [3], indexes=indexes), 3) == order


@pytest.mark.parametrize("indexes", [[0, 1, 1], [1, 2, 3], [-1, 0, 1], [0, 0, 1], [5, 6, 7]])
def test_an_order_that_cannot_be_told_is_an_error(indexes: list[int]) -> None:
    with pytest.raises(BackendProtocolError, match="numbered"):
        decode_embed(body([1], [2], [3], indexes=indexes), inputs=3)


def test_base64_is_read_all_the_same() -> None:
    answer = decode_embed(body(base64_of(0.5, -2.0, 1e-3)), inputs=1)

    (vector,) = answer.vectors
    assert vector.values == pytest.approx([0.5, -2.0, 1e-3])
    assert vector.text is None


@pytest.mark.parametrize(
    "vector",
    [
        None,
        "",
        "####",
        "AAAA",
        "AAA",
        base64_of(float("nan")),
        base64_of(float("inf")),
        [],
        [None],
        ["1"],
        [[1.0]],
        {"0": 1.0},
        5,
        True,
    ],
    ids=str,
)
def test_what_is_no_vector_is_an_error(vector: Any) -> None:
    with pytest.raises(BackendProtocolError):
        decode_embed(body(vector), inputs=1)


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"1e400", b"01", b"0x1"])
def test_what_is_no_number_of_json_is_an_error(number: bytes) -> None:
    said = body(["HERE"]).replace(b'"HERE"', number)

    with pytest.raises(BackendProtocolError):
        decode_embed(said, inputs=1)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_another_number_of_vectors_than_of_texts_is_an_error(count: int) -> None:
    with pytest.raises(BackendProtocolError, match=f"{count} vectors for 2 texts"):
        decode_embed(body(*[[1.0]] * count), inputs=2)


def test_vectors_of_different_lengths_are_an_error() -> None:
    with pytest.raises(BackendProtocolError, match="different lengths"):
        decode_embed(body([1.0], [1.0, 2.0]), inputs=2)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (b"", BackendProtocolError),
        (b"<html>no</html>", BackendProtocolError),
        (b"[]", BackendProtocolError),
        (b"{}", BackendProtocolError),
        (b'{"data":null}', BackendProtocolError),
        (b'{"data":[null]}', BackendProtocolError),
        (b'{"data":[{}]}', BackendProtocolError),
        (b'{"data":[{"embedding":[1.0', BackendProtocolError),
        (b'{"error":{"message":"no","code":400}}', BackendRejected),
        (b'{"data":null,"error":"broken"}', BackendFailed),
        (b'{"object":"error","message":"no","code":400}', BackendRejected),
        (b'{"detail":"broken"}', BackendFailed),
    ],
)
def test_what_is_no_answer_is_an_error(said: bytes, kind: type[BackendError]) -> None:
    with pytest.raises(kind):
        decode_embed(said, inputs=1)
