from __future__ import annotations

import pytest

from adapters.web.cors import Cors, OriginVerdict

OWN, ALLOWED, REFUSED = OriginVerdict.OWN, OriginVerdict.ALLOWED, OriginVerdict.REFUSED
HOST = b"127.0.0.1:11434"


@pytest.mark.parametrize(
    ("origin", "verdict"),
    [
        (b"", OWN),
        (b"http://127.0.0.1:11434", OWN),
        (b"https://127.0.0.1:11434", OWN),
        (b"http://localhost", ALLOWED),
        (b"https://localhost:8443", ALLOWED),
        (b"http://0.0.0.0:80", ALLOWED),
        (b"app://obsidian.md", ALLOWED),
        (b"file://", ALLOWED),
        (b"vscode-webview://abc", ALLOWED),
        (b"http://localhost.evil.example", REFUSED),
        (b"HTTP://LOCALHOST", REFUSED),
        (b"null", REFUSED),
        (b"*", REFUSED),
        (b"http://[::1]:3000", REFUSED),
        (b"chrome-extension://abc", REFUSED),
        (b"ftp://127.0.0.1:11434", REFUSED),
    ],
)
def test_the_default_origins_are_those_of_ollama(origin: bytes, verdict: OriginVerdict) -> None:
    assert Cors().judge(origin, HOST) is verdict


@pytest.mark.parametrize(
    ("origin", "verdict"),
    [
        (b"https://app.example", ALLOWED),
        (b"https://app.example:1", REFUSED),
        (b"https://x.wild.example", ALLOWED),
        (b"https://.wild.example", ALLOWED),
        (b"https://wild.example", REFUSED),
        (b"https://x.wild.example.evil", REFUSED),
        (b"moz-extension://1", ALLOWED),
        (b"https://deep.suffix", ALLOWED),
        (b"http://localhost:3000", ALLOWED),
        (b"https://evil.example", REFUSED),
        (b"ab", REFUSED),
    ],
)
def test_configured_origins_are_added_with_one_star_each(
    origin: bytes, verdict: OriginVerdict
) -> None:
    cors = Cors(
        [" https://APP.example ", "https://*.wild.example", "moz-extension://*", "*.suffix", "ab*b"]
    )

    assert cors.judge(origin, HOST) is verdict


def test_an_empty_entry_allows_nobody() -> None:
    assert Cors([""]).judge(b"https://evil.example", HOST) is REFUSED


def test_two_stars_in_an_origin_are_a_mistake() -> None:
    with pytest.raises(ValueError, match=r"only one \* .* https://\*\.\*"):
        Cors(["https://*.*"])


@pytest.mark.parametrize("origin", [b"https://evil.example", b"null"])
def test_a_lone_star_allows_every_origin(origin: bytes) -> None:
    cors = Cors(["*"])

    assert cors.judge(origin, HOST) is ALLOWED
    assert cors.answer_headers(origin, "/api/chat") == [(b"access-control-allow-origin", b"*")]


def test_an_answer_names_the_origin_and_varies_by_it() -> None:
    assert Cors().answer_headers(b"http://localhost", "/api/chat") == [
        (b"access-control-allow-origin", b"http://localhost"),
        (b"vary", b"Origin"),
    ]


def test_answers_below_v1_expose_what_the_sdks_read_and_what_is_our_own() -> None:
    headers = dict(Cors().answer_headers(b"http://localhost", "/v1/messages"))

    exposed = headers[b"access-control-expose-headers"].split(b",")
    assert {b"x-request-id", b"request-id", b"retry-after"} <= set(exposed)
    assert {b"x-llamaport-dropped", b"x-llamaport-tokens"} <= set(exposed)


def test_a_preflight_below_v1_lets_the_headers_of_the_sdks_pass() -> None:
    native = dict(Cors().preflight_headers(b"http://localhost", "/api/chat"))
    v1 = dict(Cors().preflight_headers(b"http://localhost", "/v1/messages"))

    name = b"access-control-allow-headers"
    added = set(v1[name].lower().split(b",")) - set(native[name].lower().split(b","))
    assert added == {
        b"x-api-key",
        b"anthropic-version",
        b"anthropic-beta",
        b"anthropic-dangerous-direct-browser-access",
        b"x-stainless-helper",
        b"openai-organization",
        b"openai-project",
    }
    assert {**v1, name: native[name]} == native
