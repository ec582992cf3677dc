"""What an upstream has against a request that nobody here has read."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.integration.served import Served, backend, serving
from tests.upstream.answers import HTML, error
from tests.upstream.script import Close, Reply, Send
from tests.upstream.server import Upstream

KEY = "hunter2hunter2"
MORE = """
[routing]
default_backend = "up"
relay_paths = ["/v1/files/*"]
[aliases]
mine = "up/m"
"""
FILE = "/v1/files/nope"
SAID = b'{ "detail":[{"msg":"no file \\u00e9"}], "n":1.50 }'
JSON = (("Content-Type", "application/json; charset=utf-8"), ("X-Account", "org-7"))


@pytest_asyncio.fixture
async def served(upstream: Upstream) -> AsyncIterator[Served]:
    async with serving(backend(upstream.base_url, f'api_key = "{KEY}"') + MORE) as served:
        await served.client.get("/v1/models")
        yield served


@pytest.mark.parametrize(
    "status", [400, 402, 403, 404, 405, 406, 409, 410, 412, 413, 415, 416, 418, 422, 423, 428, 501]
)
async def test_a_refusal_comes_back_as_it_came(
    upstream: Upstream, served: Served, status: int
) -> None:
    upstream.always(Reply(status=status, headers=JSON, body=SAID))

    for got in (await served.client.get(FILE), await served.client.post(FILE, json={"model": "m"})):
        assert (got.status_code, got.content) == (status, SAID)
        assert got.headers["content-type"] == "application/json; charset=utf-8"
        assert got.headers["content-security-policy"] == "sandbox"
        assert "x-account" not in got.headers


@pytest.mark.parametrize("body", [SAID, b""], ids=["with words", "without"])
async def test_it_brings_what_says_how_to_go_on(
    upstream: Upstream, served: Served, body: bytes
) -> None:
    headers = {"Allow": "GET, PUT", "Retry-After": "7", "Content-Range": "bytes */9"}
    upstream.reply(Reply(status=416, headers=(*JSON, *headers.items()), body=body))

    got = await served.client.get(FILE)

    assert {name: got.headers[name] for name in headers} == headers
    assert len(got.headers.get_list("content-type")) == 1


@pytest.mark.parametrize(
    ("reply", "status", "code"),
    [
        (error(401, "Incorrect API key provided"), 502, "upstream_auth"),
        (error(408, "too slow"), 504, "timeout"),
        (error(407, "log in first"), 400, None),
        (error(500, "boom"), 502, None),
        (error(502, "bad gateway"), 502, "upstream_unreachable"),
        (error(503, "loading"), 503, "server_is_overloaded"),
        (Reply(status=307, headers=(("Location", "http://elsewhere/"),)), 502, None),
    ],
    ids=["401", "408", "407", "500", "502", "503", "307"],
)
async def test_what_is_about_the_server_or_its_key_keeps_our_words(
    upstream: Upstream, served: Served, reply: Reply, status: int, code: str | None
) -> None:
    upstream.reply(reply)

    got = await served.client.get(FILE)

    assert (got.status_code, got.json()["error"]["code"]) == (status, code)
    assert "location" not in got.headers


async def test_too_many_requests_say_when_to_come_again(upstream: Upstream, served: Served) -> None:
    slow = error(429, "slow down")
    upstream.reply(Reply(status=429, headers=(*JSON, ("Retry-After", "7")), body=slow.body))

    got = await served.client.get(FILE)

    assert (got.status_code, got.headers["retry-after"]) == (429, "7")
    assert got.json()["error"] == {
        "message": "slow down",
        "type": "rate_limit_error",
        "param": None,
        "code": "rate_limit_exceeded",
    }


UNFIT: dict[str, tuple[Reply, str]] = {
    "a key": (error(409, f"not with {KEY}"), "not with ***"),
    "an address": (error(409, "see http://10.0.0.7:8000/x"), "see [hidden]"),
    "an escaped address": (
        Reply(status=409, body=b'{"error":{"message":"see http:\\/\\/box:8000\\/x"}}'),
        "see [hidden]",
    ),
    "a trace": (
        Reply(status=409, body=b'{"detail":"no\\n    at f (/srv/app.js:3:7)"}'),
        "no",
    ),
    "a page": (Reply(status=409, headers=(("Content-Type", "text/html"),), body=HTML), "Conflict"),
    "nothing": (Reply(status=409, headers=()), "Conflict"),
    "no text": (Reply(status=409, body=b"\xff\xfe"), "\ufffd\ufffd"),
    "a cut": (
        Reply(status=409, headers=JSON, steps=[Send(SAID[:-3]), Close()], content_length=len(SAID)),
        SAID[:-3].decode(),
    ),
    "too long": (Reply(status=409, body=b'"' + b"x" * 17_000), '"' + "x" * 498 + "…"),
}


@pytest.mark.parametrize(("reply", "message"), UNFIT.values(), ids=UNFIT)
async def test_a_refusal_that_cannot_be_shown_keeps_its_status(
    upstream: Upstream, served: Served, reply: Reply, message: str
) -> None:
    upstream.reply(reply)

    got = await served.client.get(FILE)

    assert got.status_code == 409
    assert got.json()["error"] == {
        "message": message,
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }


async def test_a_page_for_a_path_that_is_not_there_says_so(
    upstream: Upstream, served: Served
) -> None:
    upstream.reply(Reply(status=404, headers=(("Content-Type", "text/html"),), body=HTML))

    got = await served.client.get(FILE)

    assert got.status_code == 404
    assert got.json()["error"]["message"] == "the upstream has no such route: Not Found"
    assert got.json()["error"]["code"] is None


async def test_a_model_that_is_not_asked_for_is_not_called_unknown(
    upstream: Upstream, served: Served
) -> None:
    unknown = error(404, "the model 'ft:x' does not exist", code="model_not_found")
    upstream.always(unknown)

    unnamed = await served.client.get(FILE)
    named = await served.client.post("/v1/audio/speech", json={"model": "mine"})

    assert (unnamed.status_code, unnamed.content) == (404, unknown.body)
    assert (named.status_code, named.json()["error"]["code"]) == (404, "model_not_found")
    assert named.json()["error"]["message"] == "model 'mine' not found"


async def test_a_refused_key_of_the_clients_own_is_its_business(upstream: Upstream) -> None:
    refused = error(401, "no such key")
    upstream.always(refused)
    config = backend(upstream.base_url, "forward_client_key = true") + MORE
    async with serving(config) as served:
        got = await served.client.get(FILE, headers={"Authorization": "Bearer own"})

    assert (got.status_code, got.content) == (401, refused.body)


async def test_a_refused_head_has_the_upstreams_status(upstream: Upstream, served: Served) -> None:
    upstream.reply(Reply(status=404, headers=JSON, content_length=len(SAID)))

    got = await served.client.head(FILE)

    assert (got.status_code, got.content) == (404, b"")
    assert (await served.client.get("/v1/models")).status_code == 200


async def test_refusals_are_no_sign_of_a_server_that_fails(
    upstream: Upstream, served: Served
) -> None:
    upstream.always(Reply(status=404, headers=JSON, body=SAID))

    for _ in range(4):
        await served.client.get(FILE)

    assert (await served.client.get("/health")).json()["status"] == "healthy"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"e":"not with \\u0068unter2hunter2"}', '{"e":"not with ***"}'),
        (b'{"e":"see http:\\u002f\\u002fbox:8000\\u002fx"}', '{"e":"see [hidden]"}'),
        (b'{"e":"at /?a=1\\u0026key=abcdefgh"}', '{"e":"at /?a=1&key=[hidden]"}'),
        (b'{"e":"{\\"e\\":\\"http:\\\\/\\\\/box:8000\\\\/x\\"}"}', '{"e":"{"e":"[hidden]"}"}'),
        (b'{"e":"could not connect\\tto box:8000"}', '{"e":"could not connect to [hidden]"}'),
        (b'{"trace":"X: no\\r\\n\\tat a.B.run(B.java:12)\\r\\n"}', '{"trace":"X: no'),
    ],
    ids=["a key", "an address", "a query", "inside of another", "after a tab", "a trace"],
)
async def test_nothing_that_is_spelled_otherwise_comes_through(
    upstream: Upstream, served: Served, body: bytes, message: str
) -> None:
    upstream.reply(Reply(status=409, headers=JSON, body=body))

    got = await served.client.get(FILE)

    assert (got.status_code, got.json()["error"]["message"]) == (409, message)


@pytest.mark.parametrize("status", [200, 409, 416])
@pytest.mark.parametrize("value", [KEY, "a\x01b"], ids=["a key", "a control character"])
async def test_a_header_of_an_answer_that_no_client_may_see_is_left_out(
    upstream: Upstream, served: Served, status: int, value: str
) -> None:
    names = ("Content-Type", "Allow", "Retry-After", "Content-Range", "ETag")
    headers = tuple((name, f"a/b; {value}") for name in names)
    upstream.reply(Reply(status=status, headers=headers, body=b"" if status == 416 else SAID))

    got = await served.client.get(FILE)

    assert got.status_code == status
    assert not [name for name, told in got.headers.items() if value in told]
