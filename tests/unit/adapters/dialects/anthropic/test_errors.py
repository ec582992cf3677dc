"""Errors are shown in Anthropic's form, with the names its clients know."""

from __future__ import annotations

import json

import pytest

from adapters.dialects.anthropic.errors import event as event_of
from adapters.dialects.anthropic.errors import render
from ports.errors import (
    CONTEXT_LENGTH_EXCEEDED,
    BackendAuthFailed,
    BackendFailed,
    BackendOverloaded,
    BackendProtocolError,
    BackendRateLimited,
    BackendRejected,
    BackendTimeout,
    BackendUnavailable,
    BodyTooLarge,
    GatewayError,
    InvalidRequest,
    MethodNotAllowed,
    ModelNotFound,
    NotAllowed,
    NotSupported,
    PoolExhausted,
    RouteNotFound,
    Unauthenticated,
    UnsupportedEncoding,
)
from tests.unit.adapters.dialects.every_error import every_error

RENDERED: list[tuple[GatewayError, int, str]] = [
    (InvalidRequest("w"), 400, "invalid_request_error"),
    (BodyTooLarge("w"), 413, "request_too_large"),
    (UnsupportedEncoding(("zstd", "gzip")), 415, "invalid_request_error"),
    (Unauthenticated("w"), 401, "authentication_error"),
    (NotAllowed("w"), 403, "permission_error"),
    (ModelNotFound("m"), 404, "not_found_error"),
    (RouteNotFound("w"), 404, "not_found_error"),
    (MethodNotAllowed(("POST",)), 405, "invalid_request_error"),
    (NotSupported("w"), 501, "invalid_request_error"),
    (BackendUnavailable("w"), 502, "api_error"),
    (BackendTimeout("w"), 504, "timeout_error"),
    (BackendRejected("w"), 400, "invalid_request_error"),
    (BackendRejected("w", status=402), 402, "billing_error"),
    (BackendRejected("w", status=403), 403, "permission_error"),
    (BackendRejected("w", status=404), 404, "not_found_error"),
    (BackendAuthFailed("w"), 502, "api_error"),
    (BackendRateLimited("w"), 429, "rate_limit_error"),
    (PoolExhausted("w"), 503, "overloaded_error"),
    (BackendOverloaded("w"), 503, "overloaded_error"),
    (BackendFailed("w"), 502, "api_error"),
    (BackendProtocolError("w"), 502, "api_error"),
    (GatewayError("w"), 500, "api_error"),
]


@pytest.mark.parametrize(("error", "status", "kind"), RENDERED)
def test_errors_are_shown_in_this_dialects_form(
    error: GatewayError, status: int, kind: str
) -> None:
    rendered = render(error)

    assert rendered.status == status
    assert (b"content-type", b"application/json") in rendered.headers
    assert json.loads(rendered.body) == {
        "type": "error",
        "error": {"type": kind, "message": error.message},
    }


@pytest.mark.parametrize("error", every_error(), ids=repr)
def test_every_error_can_be_shown(error: GatewayError) -> None:
    said = json.loads(render(error, request_id="req_1").body)

    assert said["type"] == "error"
    assert set(said["error"]) == {"type", "message"}
    assert said["request_id"] == "req_1"


def test_a_refused_thread_has_the_code_upon_which_an_sdk_goes_on_without_it() -> None:
    said = json.loads(render(InvalidRequest("w", param="thread")).body)

    assert said["error"]["details"] == {"error_code": "thread_unsupported_request"}


def test_a_wish_to_wait_is_passed_on() -> None:
    assert (b"retry-after", b"3") in render(BackendOverloaded("w", retry_after=3)).headers


def test_the_event_of_an_error_says_the_same_and_breaks_no_line() -> None:
    error = BackendFailed("odd \u2028 words")

    event = event_of(error, request_id="req_1")

    assert event.startswith(b"event: error\ndata: ")
    assert event.endswith(b"\n\n")
    assert event.isascii()
    said = json.loads(event.partition(b"data: ")[2])
    assert said == json.loads(render(error, request_id="req_1").body)


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("9000 tokens, 4096 fit", "prompt is too long: 9000 tokens, 4096 fit"),
        ("prompt is too long: 9 > 4", "prompt is too long: 9 > 4"),
    ],
)
def test_a_prompt_that_is_too_long_is_called_so(message: str, shown: str) -> None:
    error = BackendRejected(message, upstream_code=CONTEXT_LENGTH_EXCEEDED)

    rendered = render(error)

    assert rendered.status == 400
    assert json.loads(rendered.body)["error"] == {
        "type": "invalid_request_error",
        "message": shown,
    }
