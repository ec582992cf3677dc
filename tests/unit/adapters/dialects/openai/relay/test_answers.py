"""A whole answer passes byte for byte, and what is none is an error as where it is translated."""

from __future__ import annotations

import pytest

from adapters.dialects.openai.relay.answers import check_completed, check_embedded
from adapters.dialects.relaying.answers import Check, passed_on
from ports.errors import BackendError, BackendOverloaded, BackendProtocolError, BackendRateLimited

CHAT = (
    b'{"id": "c", "zeta":1.50,"model":"m","choices":[{"index":0,"message":{"content":"{\\"error'
    b'\\":1}","odd":[1e3]},"finish_reason":"stop"}],"usage":{"total_tokens":3},"error":null}\n'
)
COMPLETION = b'{"choices":[{"text":"\\u00e9"}],"model":"m"}'
VECTORS = b'{"object":"list","data":[{"embedding":[0.10,-1e-3],"index":0}],"model":"m"}'

GOOD = [(CHAT, check_completed), (COMPLETION, check_completed), (VECTORS, check_embedded)]


@pytest.mark.parametrize(("body", "check"), GOOD)
def test_an_answer_keeps_all_but_the_name(body: bytes, check: Check) -> None:
    assert passed_on(body, check, asked="m") is body
    assert passed_on(body, check, asked="mine") == body.replace(b'"model":"m"', b'"model":"mine"')


def test_an_answer_without_a_name_gets_none() -> None:
    body = b'{"choices":[{"text":"x"}]}'

    assert passed_on(body, check_completed, asked="mine") is body


@pytest.mark.parametrize(
    "body",
    [
        b'{"choices":[{"message":{"content":"x"},"finish_reason":7}],"model":"m"}',
        b'{"choices":[{"message":{"content":"\\ud83d"}}],"model":"m"}',
        b'{"choices":[{"message":{"content":"x"},"logprobs":NaN}],"model":"m"}',
    ],
)
def test_an_odd_answer_passes_all_the_same(body: bytes) -> None:
    assert passed_on(body, check_completed, asked="m") is body


def test_bytes_that_are_no_characters_are_mended() -> None:
    body = b'{"choices":[{"text":"\xff"}]}'

    assert passed_on(body, check_completed, asked="m") == body.replace(b"\xff", b"\xef\xbf\xbd")


ERRORS = {
    "nothing": (b"", BackendProtocolError),
    "a page": (b"<html>log in</html>", BackendProtocolError),
    "a list": (b"[]", BackendProtocolError),
    "another object": (b'{"hello":"world"}', BackendProtocolError),
    "half an answer": (CHAT[:40], BackendProtocolError),
    "no choices": (b'{"choices":[],"usage":{}}', BackendProtocolError),
    "an error": (b'{"error":{"message":"no hunter2","code":429}}', BackendRateLimited),
    "a text": (b'{"error":"no hunter2"}', BackendError),
    "of a choice": (
        b'{"choices":[{"message":{},"finish_reason":"error","error":{"message":"no","code":503}}]}',
        BackendOverloaded,
    ),
    "that calls itself none": (b'{"object":"error","message":"no hunter2"}', BackendError),
    "of a framework": (b'{"detail":"no hunter2"}', BackendError),
    "in a list": (b'[{"error":{"message":"no hunter2","code":503}}]', BackendError),
}


@pytest.mark.parametrize(("body", "kind"), ERRORS.values(), ids=ERRORS)
@pytest.mark.parametrize("check", [check_completed, check_embedded])
def test_what_is_no_answer_is_an_error_that_tells_no_key(
    body: bytes, kind: type[BackendError], check: Check
) -> None:
    if check is check_embedded and b"finish_reason" in body:
        kind = BackendError

    with pytest.raises(kind) as caught:
        passed_on(body, check, asked="m", conceal=lambda text: text.replace("hunter2", "***"))

    assert "hunter2" not in caught.value.message
    assert "<html>" not in caught.value.message


@pytest.mark.parametrize("body", [b'{"data":[]}', b'{"data":null}', b'{"data":["x"]}', CHAT])
def test_vectors_that_are_none_are_an_error(body: bytes) -> None:
    with pytest.raises(BackendProtocolError):
        passed_on(body, check_embedded, asked="m")
