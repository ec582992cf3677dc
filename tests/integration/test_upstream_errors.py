"""What an upstream answers when it does not answer, and what the client gets of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest
import pytest_asyncio

from tests.integration.served import Served, backend, serving
from tests.upstream.answers import chat_events, error, error_event, html, sse
from tests.upstream.fixtures import module_upstream
from tests.upstream.script import Close, Pause, Reply, Stall
from tests.upstream.server import Upstream

__all__ = ["module_upstream"]

pytestmark = pytest.mark.asyncio(loop_scope="module")

HELLO = [{"role": "user", "content": "hi"}]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(module_upstream: Upstream) -> AsyncIterator[Served]:
    async with serving(backend(module_upstream.base_url)) as served:
        await served.client.get("/api/tags")
        yield served


@pytest.fixture
def upstream(module_upstream: Upstream) -> Upstream:
    module_upstream.forget()
    return module_upstream


@pytest.fixture(params=[True, False], ids=["streamed", "plain"])
def body(request: pytest.FixtureRequest) -> dict[str, object]:
    return {"model": "m", "messages": HELLO, "stream": request.param}


STATUSES = [
    (400, 400, "the reason"),
    (401, 502, "upstream authentication failed"),
    (402, 402, "the reason"),
    (403, 403, "the reason"),
    (404, 502, "the upstream has no such route: the reason"),
    (408, 504, "upstream timed out"),
    (413, 413, "the reason"),
    (422, 400, "the reason"),
    (429, 429, "the reason"),
    (500, 502, "the reason"),
    (502, 502, "cannot reach upstream"),
    (503, 503, "the reason"),
    (504, 504, "upstream timed out"),
    (524, 504, "upstream timed out"),
    (529, 503, "the reason"),
]


@pytest.mark.parametrize(("status", "expected", "text"), STATUSES)
async def test_each_status_has_its_answer(
    *,
    upstream: Upstream,
    served: Served,
    body: dict[str, object],
    status: int,
    expected: int,
    text: str,
) -> None:
    raw = msgspec.json.encode({"error": {"message": "the reason"}})
    # 524 and 529 have no name in the standard library.
    head = f"HTTP/1.1 {status} x\r\nContent-Type: application/json\r\nContent-Length: {len(raw)}"
    upstream.always(Reply(head=head.encode() + b"\r\n\r\n", body=raw, framing="length"))

    answer = await served.client.post("/api/chat", json=body)

    assert (answer.status_code, answer.json()) == (expected, {"error": text})


@pytest.mark.parametrize(
    ("reply", "expected", "text"),
    [
        (
            error(404, "The model `m` does not exist", code="model_not_found"),
            404,
            "model 'm' not found",
        ),
        (error(404, "No endpoints found that support tool use"), 404, "No endpoints found"),
        (error(400, "too long", code="context_length_exceeded"), 400, "too long"),
        (error(501, "no"), 400, "not supported"),
        (html(404), 502, ""),
        (html(200), 502, ""),
        (Reply(body=b'{"error":{"message":"slow down","code":429}}'), 429, "slow down"),
        (Reply(status=307, headers=(("Location", "http://elsewhere/"),)), 502, "redirect"),
        (Reply(head=b"", steps=[Close()], framing="none"), 502, "broke off"),
    ],
)
async def test_other_refusals_have_theirs(
    *,
    upstream: Upstream,
    served: Served,
    body: dict[str, object],
    reply: Reply,
    expected: int,
    text: str,
) -> None:
    upstream.always(reply)

    answer = await served.client.post("/api/chat", json=body)

    assert answer.status_code == expected
    assert text in answer.json()["error"]
    assert "<" not in answer.json()["error"]


@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_reaches_the_client(
    upstream: Upstream, served: Served, body: dict[str, object], status: int
) -> None:
    upstream.always(error(status, "later", Retry_After="7"))

    answer = await served.client.post("/api/chat", json=body)

    assert (answer.status_code, answer.headers["retry-after"]) == (status, "7")


LEAKS = [
    "Incorrect API key provided: sk-proj-abcdefgh1234567890.",
    "connect to http://user:hunter2@10.1.2.3:8000/v1 failed",
    "upstream http://vllm-7.internal:8000/v1/chat refused",
    "could not connect to 192.168.7.9:5432",
    "Authorization: Bearer very-secret-token-123456",
    "no route to [fd00::12]:8080",
    'Traceback (most recent call last):\n  File "/srv/app/secret_place.py", line 1, in x',
]
SECRETS = (
    "sk-proj", "abcdefgh1234567890", "hunter2", "10.1.2.3", "vllm-7", "192.168.7.9",
    "very-secret-token", "fd00::12", "secret_place", "Traceback",
)  # fmt: skip


@pytest.mark.parametrize("text", LEAKS)
@pytest.mark.parametrize("status", [400, 403, 429, 500, 503])
async def test_secrets_and_addresses_in_an_upstreams_words_stay_here(
    upstream: Upstream, served: Served, body: dict[str, object], text: str, status: int
) -> None:
    upstream.always(error(status, text))

    answer = await served.client.post("/api/chat", json=body)

    assert answer.json()["error"]
    assert not [secret for secret in SECRETS if secret in answer.text]


@pytest.mark.parametrize("text", LEAKS)
async def test_secrets_in_an_error_in_mid_stream_stay_here(
    upstream: Upstream, served: Served, text: str
) -> None:
    upstream.always(sse([*chat_events(["Hel"])[:2], error_event(text)]))

    answer = await served.client.post("/api/chat", json={"model": "m", "messages": HELLO})

    assert '"error"' in answer.text.splitlines()[-1]
    assert not [secret for secret in SECRETS if secret in answer.text]


TIMEOUTS = [
    ('timeout = { first_byte = "30ms" }', Reply(head=b"", steps=[Stall()], framing="none"), True),
    ('timeout = { first_byte = "30ms" }', Reply(head=b"", steps=[Stall()], framing="none"), False),
    ('timeout = { first_byte = "30ms" }', sse([], Stall()), True),
    ('timeout = { total = "30ms" }', Reply(head=b"", steps=[Stall()], framing="none"), False),
    (
        'timeout = { idle = "30ms" }',
        Reply(framing="length", content_length=9, steps=[Stall()]),
        False,
    ),
]


@pytest.mark.parametrize(("setting", "reply", "stream"), TIMEOUTS)
async def test_an_upstream_that_takes_too_long_is_504_and_left(
    upstream: Upstream, setting: str, reply: Reply, stream: bool
) -> None:
    upstream.always(reply)
    body = {"model": "m", "messages": HELLO, "stream": stream}
    async with serving(backend(upstream.base_url, setting)) as served:
        answer = await served.client.post("/api/chat", json=body)

        assert (answer.status_code, answer.json()) == (504, {"error": "upstream timed out"})
        assert await upstream.closed_early()


async def test_who_finds_no_connection_free_is_told_which_setting_bounds_them(
    upstream: Upstream, body: dict[str, object]
) -> None:
    done = asyncio.Event()
    upstream.always(sse(chat_events(["Hel"])[:2], Pause(done)))
    lines = ("pool = { max = 1 }", 'timeout = { first_byte = "1s" }')
    holding = {"model": "m", "messages": HELLO}
    async with (
        serving(backend(upstream.base_url, *lines)) as served,
        served.client.stream("POST", "/api/chat", json=holding) as held,
    ):
        pieces = held.aiter_bytes()
        await anext(pieces)
        answer = await served.client.post("/api/chat", json=body)
        done.set()
        await pieces.aclose()

    assert (answer.status_code, answer.json()) == (
        503,
        {"error": "all connections to the backend are in use: pool.max is 1"},
    )


@pytest.mark.parametrize("setting", ['timeout = { idle = "30ms" }', 'timeout = { total = "80ms" }'])
async def test_a_stream_that_stalls_ends_in_an_error(upstream: Upstream, setting: str) -> None:
    upstream.always(sse(chat_events(["Hel"])[:2], Stall()))
    async with serving(backend(upstream.base_url, setting)) as served:
        answer = await served.client.post("/api/chat", json={"model": "m", "messages": HELLO})

        first, *_, last = answer.text.splitlines()
        assert '"Hel"' in first
        assert last == '{"error":"upstream timed out"}'
        assert await upstream.closed_early()


async def test_a_connection_that_does_not_come_about_is_502(
    unused_tcp_port: int, body: dict[str, object]
) -> None:
    settings = backend(f"http://127.0.0.1:{unused_tcp_port}/v1", 'static_models = ["m"]')
    async with serving(settings) as served:
        answer = await served.client.post("/api/chat", json=body)

    assert (answer.status_code, answer.json()) == (502, {"error": "cannot reach upstream"})


async def test_a_connection_that_takes_too_long_is_an_error(body: dict[str, object]) -> None:
    # 192.0.2.0/24 is nobody's (RFC 5737): packets to it get lost or refused at once.
    lines = ('static_models = ["m"]', 'timeout = { connect = "50ms", first_byte = "1s" }')
    async with serving(backend("http://192.0.2.1:9/v1", *lines)) as served:
        answer = await served.client.post("/api/chat", json=body)

    assert (answer.status_code, answer.json()) == (502, {"error": "cannot reach upstream"})
