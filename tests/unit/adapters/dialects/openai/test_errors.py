"""Errors keep their meaning from the upstream to the client."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from adapters.dialects.openai.errors import decode_error, render
from ports.errors import (
    BackendAuthFailed,
    BackendError,
    BackendFailed,
    BackendOverloaded,
    BackendProtocolError,
    BackendRateLimited,
    BackendRefusal,
    BackendRejected,
    BackendTimeout,
    BackendUnavailable,
    BodyTooLarge,
    CapabilityMissing,
    GatewayError,
    InvalidRequest,
    LoopDetected,
    MethodNotAllowed,
    ModelNotFound,
    NotAllowed,
    NotSupported,
    PoolExhausted,
    RouteNotFound,
    ShuttingDown,
    Unauthenticated,
    UnsupportedEncoding,
    Untranslatable,
)
from tests.cost import TIMES, growth
from tests.unit.adapters.dialects.every_error import every_error, kinds

SAID = {"error": {"message": "Its words.", "type": "t", "param": None, "code": "its_code"}}


def decoded(
    status: int, said: Any = SAID, retry_after: float | None = None, **options: bool
) -> BackendError:
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    return decode_error(status, body, retry_after, **options)


STATUSES: list[tuple[int, type[BackendError], str]] = [
    (400, BackendRejected, "Its words."),
    (401, BackendAuthFailed, "upstream authentication failed"),
    (402, BackendRejected, "Its words."),
    (403, BackendRejected, "Its words."),
    (404, BackendProtocolError, "the upstream has no such route: Its words."),
    (405, BackendProtocolError, "the upstream has no such route: Its words."),
    (408, BackendTimeout, "upstream timed out"),
    (409, BackendRejected, "Its words."),
    (413, BackendRejected, "Its words."),
    (418, BackendRejected, "Its words."),
    (422, BackendRejected, "Its words."),
    (429, BackendRateLimited, "Its words."),
    (500, BackendFailed, "Its words."),
    (501, BackendRejected, "not supported"),
    (502, BackendUnavailable, "cannot reach upstream"),
    (503, BackendOverloaded, "Its words."),
    (504, BackendTimeout, "upstream timed out"),
    (520, BackendFailed, "Its words."),
    (524, BackendTimeout, "upstream timed out"),
    (529, BackendOverloaded, "Its words."),
    (302, BackendProtocolError, "invalid response from upstream"),
]


@pytest.mark.parametrize(("status", "kind", "message"), STATUSES)
def test_a_status_means_one_kind_of_error(
    status: int, kind: type[BackendError], message: str
) -> None:
    error = decoded(status)

    assert type(error) is kind
    assert error.message == message


@pytest.mark.parametrize(
    ("status", "kept"), [(400, 400), (422, 400), (501, 400), (402, 402), (403, 403), (413, 413)]
)
def test_a_refusal_keeps_the_status_that_clients_act_on(status: int, kept: int) -> None:
    error = decoded(status)

    assert isinstance(error, BackendRejected)
    assert error.status == kept
    assert error.upstream_code == "its_code"


@pytest.mark.parametrize("status", [400, 403, 404, 413, 422])
@pytest.mark.parametrize(
    ("param", "told"),
    [("max_tokens", "max_tokens"), (None, None), ("", None), (5, None), (["a"], None)],
)
def test_what_the_upstream_refuses_is_named_to_the_client(
    status: int, param: Any, told: str | None
) -> None:
    said = {"error": {"message": "Unknown model.", "param": param, "code": "model_not_found"}}

    refusal = json.loads(render(decoded(status, said)).body)["error"]

    assert refusal["param"] == told


def test_a_refused_key_is_the_clients_business_only_if_it_is_the_clients() -> None:
    forwarded = decoded(401, key_forwarded=True)

    assert isinstance(forwarded, BackendRejected)
    assert (forwarded.status, forwarded.message) == (401, "Its words.")
    assert isinstance(decoded(401, key_forwarded=False), BackendAuthFailed)


CONTEXT = [
    (400, {"error": {"message": "x", "code": "context_length_exceeded"}}),
    (500, {"error": {"message": "x", "type": "exceed_context_size_error", "code": 400}}),
    (400, {"error": {"message": "This model's maximum context length is 4096 tokens."}}),
    (413, {"error": {"message": "The prompt exceeds the context window."}}),
    (400, {"message": "prompt is too long: 200001 tokens > 200000 maximum"}),
    (400, {"error": "the input length exceeds the context length"}),
]


@pytest.mark.parametrize(("status", "said"), CONTEXT)
def test_a_prompt_that_is_too_long_is_known_by_code_or_words(status: int, said: Any) -> None:
    error = decoded(status, said)

    assert isinstance(error, BackendRejected)
    assert (error.status, error.upstream_code) == (400, "context_length_exceeded")


NO_MODEL = [
    (404, {"error": {"message": "The model `x` does not exist.", "type": "NotFoundError"}}),
    (404, {"error": {"message": "model 'x' not found", "code": None}}),
    (404, {"error": {"message": "gone", "code": "model_not_found"}}),
    (400, {"error": {"message": "gone", "code": "model_not_found"}}),
    (400, {"error": {"message": "Model Not Exist", "type": "invalid_request_error"}}),
    (400, {"object": "error", "message": "Invalid model: x", "code": 1500}),
    (400, {"error": {"message": "x is not a valid model ID", "code": 400}}),
]


@pytest.mark.parametrize(("status", "said"), NO_MODEL)
def test_an_unknown_model_is_known_by_code_or_words(status: int, said: Any) -> None:
    error = decoded(status, said)

    assert isinstance(error, BackendRejected)
    assert (error.status, error.upstream_code) == (404, "model_not_found")


@pytest.mark.parametrize("body", [b'{"detail":"Not Found"}', b"<html>no</html>", b""])
def test_another_404_is_about_the_address_and_not_the_model(body: bytes) -> None:
    error = decoded(404, body)

    assert isinstance(error, BackendProtocolError)
    assert "Not Found" in error.message


def test_used_up_quota_is_told_from_too_many_requests() -> None:
    by_code = decoded(429, {"error": {"message": "m", "code": "insufficient_quota"}})
    by_type = decoded(429, {"error": {"message": "m", "type": "insufficient_quota"}})

    assert by_code.upstream_code == by_type.upstream_code == "insufficient_quota"
    assert decoded(429).upstream_code == "its_code"


@pytest.mark.parametrize("status", [402, 408, 429, 503, 529])
def test_the_wish_to_wait_is_kept(status: int) -> None:
    assert decoded(status, retry_after=7.5).retry_after == 7.5
    assert decoded(status).retry_after is None


def test_a_server_that_is_loading_is_busy_and_not_broken() -> None:
    loading = {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}}

    assert isinstance(decoded(503, loading), BackendOverloaded)
    assert isinstance(decoded(500, loading), BackendOverloaded)


SHAPES: list[tuple[Any, str]] = [
    ({"error": {"message": "m"}}, "m"),
    ({"error": "m"}, "m"),
    ({"object": "error", "message": "m", "type": "t", "param": None, "code": 400}, "m"),
    ({"detail": "m"}, "m"),
    ({"detail": [{"loc": ["body"], "msg": "m"}, {"msg": "n"}]}, "m; n"),
    ({"detail": {"reason": "m"}}, '{"reason": "m"}'),
    ({"message": "m"}, "m"),
    ([{"error": {"message": "m", "code": 400, "status": "INVALID_ARGUMENT"}}], "m"),
    ("m", "m"),
    (b"plain words", "plain words"),
    (b"<!DOCTYPE html><html><body>m</body></html>", "Bad Request"),
    (b"", "Bad Request"),
    (b"[]", "[]"),
    (b"null", "null"),
    (b"7", "7"),
    (b"\xff\xfe", "\ufffd\ufffd"),
    ({"error": {}}, '{"error": {}}'),
    (b"x" * 1000, "x" * 499 + "…"),
    (b"[" * 100_000, "[" * 499 + "…"),
]


@pytest.mark.parametrize(("said", "message"), SHAPES, ids=range(len(SHAPES)))
def test_the_words_are_found_in_every_shape(said: Any, message: str) -> None:
    assert decoded(400, said).message == message


def test_a_status_without_a_name_is_named_by_its_number() -> None:
    assert decoded(499, b"").message == "the upstream answered with status 499"


def test_secrets_of_the_upstream_stay_with_us() -> None:
    said = {"error": {"message": "key sk-abcdef123456 refused at http://10.0.0.7:8000/v1"}}

    message = decoded(403, said).message

    assert "abcdef" not in message
    assert "10.0.0.7" not in message


RENDERED: list[tuple[GatewayError, int, str, str | None]] = [
    (InvalidRequest("w"), 400, "invalid_request_error", None),
    (BodyTooLarge("w"), 413, "invalid_request_error", None),
    (UnsupportedEncoding(("zstd", "gzip")), 415, "invalid_request_error", None),
    (CapabilityMissing("m", "tools"), 400, "invalid_request_error", None),
    (Untranslatable(("n",)), 400, "invalid_request_error", None),
    (Unauthenticated("w"), 401, "authentication_error", "invalid_api_key"),
    (NotAllowed("w"), 403, "permission_error", None),
    (ModelNotFound("m"), 404, "not_found_error", "model_not_found"),
    (RouteNotFound("w"), 404, "not_found_error", None),
    (MethodNotAllowed(("GET",)), 405, "invalid_request_error", None),
    (NotSupported("w"), 501, "invalid_request_error", None),
    (LoopDetected("w"), 508, "server_error", None),
    (ShuttingDown(), 503, "server_error", None),
    (BackendUnavailable("w"), 502, "server_error", "upstream_unreachable"),
    (BackendTimeout("w"), 504, "server_error", "timeout"),
    (BackendRejected("w", upstream_code="c"), 400, "invalid_request_error", "c"),
    (BackendRejected("w", status=401), 401, "authentication_error", None),
    (BackendRejected("w", status=402), 402, "insufficient_quota", "insufficient_quota"),
    (BackendRejected("w", status=403), 403, "permission_error", None),
    (
        BackendRejected("w", status=404, upstream_code="model_not_found"),
        404,
        "not_found_error",
        "model_not_found",
    ),
    (BackendRejected("w", status=413), 413, "invalid_request_error", None),
    (BackendRefusal("w", status=409), 409, "invalid_request_error", None),
    (BackendAuthFailed("w"), 502, "server_error", "upstream_auth"),
    (BackendRateLimited("w"), 429, "rate_limit_error", "rate_limit_exceeded"),
    (
        BackendRateLimited("w", upstream_code="insufficient_quota"),
        429,
        "rate_limit_error",
        "insufficient_quota",
    ),
    (PoolExhausted("w"), 503, "server_error", "server_is_overloaded"),
    (BackendOverloaded("w"), 503, "server_error", "server_is_overloaded"),
    (BackendFailed("w"), 502, "server_error", None),
    (BackendProtocolError("w"), 502, "server_error", None),
    (BackendError("w"), 502, "server_error", None),
    (GatewayError("w"), 500, "server_error", None),
]


@pytest.mark.parametrize(("error", "status", "kind", "code"), RENDERED)
def test_errors_are_shown_in_this_dialects_form(
    error: GatewayError, status: int, kind: str, code: str | None
) -> None:
    rendered = render(error)

    assert rendered.status == status
    assert (b"content-type", b"application/json") in rendered.headers
    param = "n" if isinstance(error, Untranslatable) else None
    assert json.loads(rendered.body) == {
        "error": {"message": error.message, "type": kind, "param": param, "code": code}
    }


def test_every_kind_of_error_is_in_the_table() -> None:
    assert {type(error) for error, *_ in RENDERED} == set(kinds())


@pytest.mark.parametrize("error", every_error(), ids=repr)
def test_every_error_can_be_shown(error: GatewayError) -> None:
    rendered = render(error)

    assert 400 <= rendered.status <= 599
    assert set(json.loads(rendered.body)["error"]) == {"message", "type", "param", "code"}


def test_a_mistake_is_placed_where_that_is_known() -> None:
    error = InvalidRequest("w", param="type").within("content[1]").within("messages[0]")

    assert json.loads(render(error).body)["error"]["param"] == "messages[0].content[1].type"
    assert InvalidRequest("w").within("[1]").within("tools").param == "tools[1]"


def test_a_wish_to_wait_is_passed_on_in_whole_seconds() -> None:
    assert (b"retry-after", b"2") in render(BackendRateLimited("w", retry_after=1.2)).headers


def test_a_wrong_method_is_told_the_right_ones() -> None:
    assert (b"allow", b"GET, HEAD") in render(MethodNotAllowed(("GET", "HEAD"))).headers


def test_a_compression_that_nobody_can_undo_is_told_those_that_somebody_can() -> None:
    assert (b"accept-encoding", b"zstd, gzip") in render(
        UnsupportedEncoding(("zstd", "gzip"))
    ).headers


def test_a_huge_message_costs_no_more_than_a_long_one() -> None:
    def prepare(size: int) -> Callable[[], object]:
        body = json.dumps({"error": {"message": "model " * size}}).encode()
        return lambda: decode_error(500, body, None)

    assert growth(prepare, 10_000) < TIMES / 2


NESTED = {
    "the message": '{"error":{"message":%s}}',
    "a list of messages": '{"detail":[{"msg":%s}]}',
    "the provider's own words": '{"error":{"message":"m","metadata":{"raw":%s}}}',
}


@pytest.mark.parametrize("said", NESTED.values(), ids=NESTED)
def test_an_error_is_read_however_deeply_it_is_nested(said: str) -> None:
    # What can be parsed cannot always be printed: that takes a few levels more of Python's stack.
    for depth in range(850, 1000):
        body = said % ("[" * depth + "]" * depth)
        assert decode_error(400, body.encode(), None).message
