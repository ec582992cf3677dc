"""What an Ollama server's errors mean."""

from __future__ import annotations

import json
from collections.abc import Callable

import msgspec
import pytest

from adapters.dialects.ollama.errors import render
from adapters.dialects.ollama.outbound.errors import decode_error, decode_member
from ports.errors import (
    CONTEXT_LENGTH_EXCEEDED,
    MODEL_NOT_FOUND,
    BackendAuthFailed,
    BackendError,
    BackendFailed,
    BackendOverloaded,
    BackendProtocolError,
    BackendRateLimited,
    BackendRejected,
    BackendTimeout,
    BackendUnavailable,
)
from tests.cost import LINEAR, growth
from tests.unit.adapters.dialects.ollama.golden import Exchange, exchanges

RUNNER = {
    "code": 400,
    "message": "request (9000 tokens) exceeds the available context size (4096 tokens)",
    "type": "exceed_context_size_error",
    "n_ctx": 4096,
}
RECORDED = [
    exchange
    for exchange in exchanges("/api/chat", "/api/generate", "/api/embed", "/api/embeddings")
    if exchange.status >= 400 and exchange.error
]


def flat(said: object) -> bytes:
    return json.dumps({"error": said}).encode()


def nested(status: int, message: str, kind: str = "server_error") -> bytes:
    inner = {"error": {"code": status, "message": message, "type": kind}}
    return flat(json.dumps(inner))


@pytest.mark.parametrize(
    ("status", "said", "kind"),
    [
        (400, '"embed" does not support chat', BackendRejected),
        (401, "unauthorized", BackendAuthFailed),
        (403, "ollama cloud is disabled: remote model is unavailable", BackendRejected),
        (408, "slow", BackendTimeout),
        (429, "too many", BackendRateLimited),
        (499, "request canceled", BackendRejected),
        (500, "Compute error.", BackendFailed),
        (500, 'option "temperature" must be of type float32', BackendRejected),
        (
            500,
            'invalid format: "5"; expected "json" or a valid JSON Schema object',
            BackendRejected,
        ),
        (500, "template: :1: unclosed action", BackendRejected),
        (501, "no", BackendRejected),
        (502, "bad gateway", BackendUnavailable),
        (
            503,
            "server busy, please try again.  maximum pending requests exceeded",
            BackendOverloaded,
        ),
        (504, "late", BackendTimeout),
        (302, "moved", BackendProtocolError),
        (405, "405 method not allowed", BackendProtocolError),
    ],
)
def test_a_status_has_one_meaning(status: int, said: str, kind: type[BackendError]) -> None:
    error = decode_error(status, flat(said), None)

    assert type(error) is kind
    assert error.message


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (404, "model 'nope' not found"),
        (404, "model 'a/b:latest' not found"),
        (404, 'model "nope" not found, try pulling it first'),
    ],
)
def test_an_unknown_model_has_a_code(status: int, said: str) -> None:
    error = decode_error(status, flat(said), None)

    assert isinstance(error, BackendRejected)
    assert (error.status, error.upstream_code) == (404, MODEL_NOT_FOUND)


def test_a_name_that_is_none_is_a_mistake_and_no_unknown_model() -> None:
    error = decode_error(400, flat("invalid model name"), None)

    assert isinstance(error, BackendRejected)
    assert (error.status, error.upstream_code) == (400, None)
    assert error.message == "invalid model name"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (flat("push is not supported by this gateway"), "push is not supported by this gateway"),
        (b"", "Not Implemented"),
    ],
)
def test_what_a_server_has_not_built_keeps_its_status_and_reason(body: bytes, words: str) -> None:
    error = decode_error(501, body, None)

    assert isinstance(error, BackendRejected)
    assert (error.status, error.message) == (501, words)
    assert render(error).status == 501
    assert json.loads(render(error).body) == {"error": words}


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, flat("the input length exceeds the context length")),
        (500, flat("the input length exceeds the context length")),
        (400, flat("input exceeds maximum context length and cannot be truncated further")),
        (400, flat("the prompt is longer than the context length currently available to the")),
        (400, flat(json.dumps({"error": RUNNER}))),
        (500, flat(json.dumps({"error": RUNNER}))),
        (400, flat(json.dumps({"error": RUNNER | {"message": "too big"}}))),
    ],
)
def test_a_prompt_that_is_too_long_has_a_code(status: int, body: bytes) -> None:
    error = decode_error(status, body, None)

    assert isinstance(error, BackendRejected)
    assert (error.status, error.upstream_code) == (400, CONTEXT_LENGTH_EXCEEDED)


@pytest.mark.parametrize(
    ("status", "body", "kind", "message"),
    [
        (500, nested(500, "Compute error."), BackendFailed, "Compute error."),
        (503, nested(503, "Loading model"), BackendOverloaded, "Loading model"),
        (500, nested(500, "Loading model"), BackendOverloaded, "Loading model"),
        (
            500,
            flat("llama-server chat error: map[code:500 message:Compute error. type:server_error]"),
            BackendFailed,
            "Compute error.",
        ),
        (
            500,
            flat("llama-server completion error: map[message:a: b c]"),
            BackendFailed,
            "a: b c",
        ),
        (400, flat("{no JSON}"), BackendRejected, "{no JSON}"),
        (400, flat({"message": "an object"}), BackendRejected, "an object"),
        (400, b"plain text", BackendRejected, "plain text"),
        (400, b"", BackendRejected, "Bad Request"),
        (400, b"<html><body>x", BackendRejected, "Bad Request"),
        (400, b"[]", BackendRejected, "Bad Request"),
        (400, flat(""), BackendRejected, "Bad Request"),
        (400, b"[" * 100_000, BackendRejected, None),
        (499, b"", BackendRejected, "the upstream answered with status 499"),
    ],
)
def test_only_the_inner_message_is_shown(
    status: int, body: bytes, kind: type[BackendError], message: str | None
) -> None:
    error = decode_error(status, body, None)

    assert type(error) is kind
    assert error.message
    assert message is None or error.message == message


def test_a_long_print_of_a_map_costs_no_more_than_its_length() -> None:
    def prepare(size: int) -> Callable[[], object]:
        body = flat(f"llama-server chat error: map[message:{' a:' * size}")
        return lambda: decode_error(500, body, None)

    assert growth(prepare, 1000) < LINEAR


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"404 page not found", BackendProtocolError),
        (b"<html>", BackendProtocolError),
        (flat('blob "sha256:aa" not found'), BackendRejected),
        (b"", BackendRejected),
    ],
)
def test_a_404_about_no_model_is_about_the_route_or_a_blob(
    body: bytes, kind: type[BackendError]
) -> None:
    error = decode_error(404, body, None)

    assert type(error) is kind
    assert error.upstream_code is None
    assert not isinstance(error, BackendRejected) or error.status == 404


@pytest.mark.parametrize("status", [429, 500, 503, 504])
def test_the_wait_that_the_server_wants_is_kept(status: int) -> None:
    assert decode_error(status, flat("busy"), 2.5).retry_after == 2.5


@pytest.mark.parametrize("exchange", RECORDED, ids=lambda exchange: exchange.name)
def test_every_recorded_error_is_told_in_words_without_wrapping(exchange: Exchange) -> None:
    error = decode_error(exchange.status, exchange.raw.encode(), None)

    assert error.message
    assert '{"' not in error.message
    assert "map[code" not in error.message


@pytest.mark.parametrize(
    ("line", "kind", "message"),
    [
        (flat("an error was encountered"), BackendFailed, "an error was encountered"),
        (
            flat("llama-server chat error: map[code:503 message:Loading model type:unavailable]"),
            BackendOverloaded,
            "Loading model",
        ),
        (nested(500, "Compute error."), BackendFailed, "Compute error."),
        (nested(401, "no key"), BackendFailed, "no key"),
        (b'{"error":null}', BackendFailed, "the upstream reported an error"),
        (b'{"error":{}}', BackendFailed, "the upstream reported an error"),
        (flat("the input length exceeds the context length"), BackendRejected, None),
    ],
)
def test_a_line_in_a_stream_says_what_a_status_would(
    line: bytes, kind: type[BackendError], message: str | None
) -> None:
    error = decode_member(msgspec.json.decode(line, type=dict[str, msgspec.Raw])["error"])

    assert type(error) is kind
    assert message is None or error.message == message


def test_what_is_no_business_of_clients_is_hidden() -> None:
    error = decode_error(500, flat('Post "http://10.0.0.7:8080/x": dial tcp 10.0.0.7:8080'), None)

    assert "10.0.0.7" not in error.message
