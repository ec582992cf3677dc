"""Errors as Ollama writes them (docs/wire/ollama-api.md 4.2, 6.4; dialects.md 9.1)."""

import json
from collections.abc import Iterator

import pytest

from adapters.dialects.ollama.errors import render, render_stream_head
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

EXAMPLES: dict[type[GatewayError], tuple[GatewayError, int]] = {
    GatewayError: (GatewayError("internal server error"), 500),
    InvalidRequest: (InvalidRequest("model is required"), 400),
    BodyTooLarge: (BodyTooLarge("body too large"), 413),
    UnsupportedEncoding: (UnsupportedEncoding(("zstd", "gzip")), 415),
    CapabilityMissing: (CapabilityMissing("m", "thinking"), 400),
    Untranslatable: (Untranslatable(("tool_choice",)), 400),
    Unauthenticated: (Unauthenticated("unauthorized"), 401),
    NotAllowed: (NotAllowed("no"), 403),
    ModelNotFound: (ModelNotFound("m"), 404),
    RouteNotFound: (RouteNotFound("no such path"), 404),
    MethodNotAllowed: (MethodNotAllowed(("HEAD", "GET")), 405),
    NotSupported: (NotSupported("not yet"), 501),
    LoopDetected: (LoopDetected("loop"), 508),
    ShuttingDown: (ShuttingDown(), 503),
    BackendError: (BackendError("upstream"), 502),
    BackendUnavailable: (BackendUnavailable("cannot reach upstream"), 502),
    BackendTimeout: (BackendTimeout("upstream timed out"), 504),
    BackendRejected: (BackendRejected("no credits", status=402), 402),
    BackendRefusal: (BackendRefusal("gone", status=410), 410),
    BackendAuthFailed: (BackendAuthFailed("upstream authentication failed"), 502),
    BackendRateLimited: (BackendRateLimited("slow down", retry_after=1.2), 429),
    PoolExhausted: (PoolExhausted("all in use"), 503),
    BackendOverloaded: (BackendOverloaded("loading", retry_after=3), 503),
    BackendFailed: (BackendFailed("Compute error."), 502),
    BackendProtocolError: (BackendProtocolError("invalid response from upstream"), 502),
}
PLAIN = (RouteNotFound, MethodNotAllowed)


def tree(kind: type[GatewayError] = GatewayError) -> Iterator[type[GatewayError]]:
    yield kind
    for child in kind.__subclasses__():
        if child.__module__ == GatewayError.__module__:
            yield from tree(child)


@pytest.mark.parametrize("kind", list(tree()), ids=lambda kind: kind.__name__)
def test_every_error_has_its_status(kind):
    error, status = EXAMPLES[kind]

    assert render(error).status == status
    assert render_stream_head(error).status == status


@pytest.mark.parametrize(
    "kind", [kind for kind in tree() if kind not in PLAIN], ids=lambda kind: kind.__name__
)
def test_the_body_is_one_string_under_error(kind):
    error, _ = EXAMPLES[kind]

    rendered = render(error)

    assert json.loads(rendered.body) == {"error": error.message}
    assert dict(rendered.headers)[b"content-type"] == b"application/json; charset=utf-8"


@pytest.mark.parametrize("kind", [kind for kind in tree() if issubclass(kind, BackendError)])
def test_what_the_upstream_said_before_the_first_line_has_no_charset(kind):
    error, _ = EXAMPLES[kind]

    assert dict(render_stream_head(error).headers)[b"content-type"] == b"application/json"


def test_a_check_before_a_stream_looks_like_any_other():
    error = ModelNotFound("nope")

    assert render_stream_head(error) == render(error)


def test_an_unknown_path_is_plain_text():
    rendered = render(RouteNotFound("no such path"))

    assert rendered.body == b"404 page not found"
    assert rendered.headers == ((b"content-type", b"text/plain"),)


def test_a_wrong_method_is_plain_text_and_names_the_right_ones():
    rendered = render(MethodNotAllowed(("HEAD", "GET")))

    assert rendered.body == b"405 method not allowed"
    assert rendered.headers == ((b"content-type", b"text/plain"), (b"allow", b"HEAD, GET"))


@pytest.mark.parametrize(
    ("seconds", "header"),
    [(1.2, b"2"), (0, b"0"), (30, b"30"), (None, None), (float("inf"), None), (-1, None)],
)
def test_the_wish_of_the_upstream_is_passed_on_in_whole_seconds(seconds, header):
    rendered = render(BackendRateLimited("slow down", retry_after=seconds))

    assert dict(rendered.headers).get(b"retry-after") == header


@pytest.mark.parametrize(
    ("status", "rendered"), [(400, 400), (403, 403), (404, 404), (413, 413), (401, 400), (422, 400)]
)
def test_a_refusal_keeps_its_status_but_is_never_a_401(status, rendered):
    assert render(BackendRejected("no", status=status)).status == rendered


@pytest.mark.parametrize(
    ("model", "capability", "message"),
    [
        ("plain", "tools", "registry.ollama.ai/library/plain:latest does not support tools"),
        ("me/ns:tag", "tools", "registry.ollama.ai/me/ns:tag does not support tools"),
        ("a.b/c", "tools", "a.b/c does not support tools"),
        ("plain", "insert", "registry.ollama.ai/library/plain:latest does not support insert"),
        ("plain", "thinking", '"plain" does not support thinking'),
        ("embed", "chat", '"embed" does not support chat'),
    ],
)
def test_a_missing_capability_is_said_in_the_words_clients_search_for(model, capability, message):
    rendered = render(CapabilityMissing(model, capability))

    assert json.loads(rendered.body) == {"error": message}


def test_an_error_without_words_still_says_something():
    # A client overlooks an empty `error` and takes the stream for a good one.
    assert render(BackendFailed("")).body == b'{"error":"backend_failed"}'


def test_a_message_breaks_no_reader():
    rendered = render(InvalidRequest("a\u2028<b>"))

    assert rendered.body == rb'{"error":"a\u2028\u003cb\u003e"}'
