"""Who may come in: client keys, hosts, web pages, long bodies, our own requests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from tests.integration.relay import relay
from tests.integration.served import Served, backend, serving
from tests.upstream.answers import chat
from tests.upstream.fixtures import module_upstream
from tests.upstream.server import Upstream

__all__ = ["module_upstream"]

pytestmark = pytest.mark.asyncio(loop_scope="module")

CHAT = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "stream": False}

KEYS = f"""
[[keys]]
name = "all"
key = "key-of-all"

[[keys]]
name = "some"
key_sha256 = "{sha256(b"key-of-some").hexdigest()}"
models = ["other*"]

[[keys]]
name = "boss"
key = "key-of-boss"
admin = true

[server]
max_body = 1000
cors_origins = ["https://chat.example"]
allowed_hosts = ["known.example"]
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def locked(module_upstream: Upstream) -> AsyncIterator[Served]:
    async with serving(backend(module_upstream.base_url) + KEYS) as served:
        module_upstream.models = ("m", "other", "other-2")
        await served.client.get("/api/tags", headers=bearer("key-of-all"))
        yield served


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def unlocked(module_upstream: Upstream) -> AsyncIterator[Served]:
    async with serving(backend(module_upstream.base_url)) as served:
        yield served


@pytest.fixture
def upstream(module_upstream: Upstream) -> Upstream:
    module_upstream.forget()
    module_upstream.models = ("m", "other", "other-2")
    module_upstream.always(chat(["ok"]))
    return module_upstream


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


WRONG = [{}, bearer("nope"), {"x-api-key": "nope"}, {"Authorization": "Basic a2V5LW9mLWFsbA=="}]


@pytest.mark.parametrize("headers", WRONG)
@pytest.mark.parametrize(
    ("path", "members"),
    [
        ("/api/chat", {"error"}),
        ("/api/tags", {"error"}),
        ("/v1/chat/completions", {"error"}),
        ("/v1/messages", {"type", "error", "request_id"}),
    ],
)
async def test_without_a_good_key_it_is_401_in_the_dialect(
    upstream: Upstream, locked: Served, headers: dict[str, str], path: str, members: set[str]
) -> None:
    method = "GET" if path == "/api/tags" else "POST"

    answer = await locked.client.request(method, path, json=CHAT, headers=headers)

    assert answer.status_code == 401
    assert set(answer.json()) <= members
    message = answer.json()["error"]
    assert "key" in (message if path.startswith("/api") else message["message"])
    assert upstream.exchanges == []


async def test_the_key_is_asked_for_before_the_body_is_read(locked: Served) -> None:
    where = urlsplit(locked.url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    # The body that is announced never comes.
    writer.write(b"POST /api/chat HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\n\r\n")

    async with asyncio.timeout(2):
        line = await reader.readline()

    writer.close()
    await writer.wait_closed()
    assert b" 401 " in line


@pytest.mark.parametrize(
    "headers",
    [bearer("key-of-all"), {"x-api-key": "key-of-all"}, {"authorization": "bearer key-of-all"}],
)
async def test_a_key_opens_in_either_header(
    upstream: Upstream, locked: Served, headers: dict[str, str]
) -> None:
    assert (await locked.client.post("/api/chat", json=CHAT, headers=headers)).status_code == 200


@pytest.mark.parametrize("path", ["/", "/api/version"])
async def test_some_paths_are_open_to_everybody(locked: Served, path: str) -> None:
    assert (await locked.client.get(path)).status_code == 200


async def test_a_key_with_models_sees_and_uses_only_those(
    upstream: Upstream, locked: Served
) -> None:
    headers = bearer("key-of-some")

    listed = (await locked.client.get("/api/tags", headers=headers)).json()["models"]
    used = await locked.client.post("/api/chat", json=CHAT | {"model": "other"}, headers=headers)
    refused = await locked.client.post("/api/chat", json=CHAT, headers=headers)
    hidden = await locked.client.post("/api/show", json={"model": "m"}, headers=headers)

    assert [model["name"] for model in listed] == ["other:latest", "other-2:latest"]
    assert used.status_code == 200
    assert (refused.status_code, hidden.status_code) == (403, 403)
    assert refused.json() == {"error": "this key may not use model 'm'"}


@pytest.mark.parametrize("asked", ["M", "m:latest", "up/m"])
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/chat", CHAT),
        ("/api/generate", {"prompt": "hi"}),
        ("/api/embed", {"input": "hi"}),
        ("/api/show", {}),
        ("/v1/chat/completions", CHAT),
        ("/v1/messages", CHAT | {"max_tokens": 5}),
        ("/v1/moderations", {"input": "hi"}),
    ],
)
async def test_a_refusal_calls_a_model_as_it_was_asked_for(
    locked: Served, path: str, body: dict[str, Any], asked: str
) -> None:
    answer = await locked.client.post(
        path, json=body | {"model": asked}, headers=bearer("key-of-some")
    )

    assert answer.status_code == 403
    assert f"this key may not use model '{asked}'" in answer.text


async def test_a_key_with_models_cannot_load_another(upstream: Upstream, locked: Served) -> None:
    for body in ({"model": "m"}, {"model": "m", "keep_alive": 0}):
        answer = await locked.client.post("/api/chat", json=body, headers=bearer("key-of-some"))

        assert answer.status_code == 403


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/pull"),
        ("POST", "/api/create"),
        ("POST", "/api/copy"),
        ("POST", "/api/push"),
        ("DELETE", "/api/delete"),
        ("POST", "/api/blobs/x"),
        ("POST", "/api/signout"),
        ("DELETE", "/api/user/keys/x"),
    ],
)
async def test_what_changes_models_needs_an_admin_key(
    locked: Served, method: str, path: str
) -> None:
    refused = await locked.client.request(method, path, headers=bearer("key-of-all"))
    passed = await locked.client.request(method, path, headers=bearer("key-of-boss"))

    assert refused.json() == {"error": "this needs an admin key"}
    assert refused.status_code == 403
    assert passed.json()["error"] in COMPLAINTS


COMPLAINTS = {
    "missing request body",
    "invalid digest format",
    "you are not currently signed in",
}
"""What is said of requests that are let in and say nothing."""


async def test_without_keys_what_changes_models_is_for_this_machine_alone(
    unlocked: Served,
) -> None:
    forwarded = {"X-Forwarded-For": "203.0.113.9"}

    local = await unlocked.client.post("/api/pull")
    remote = await unlocked.client.post("/api/pull", headers=forwarded)

    assert (local.status_code, remote.status_code) == (400, 403)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("127.0.0.1:11434", 200),
        ("8.8.8.8", 200),
        ("x.local", 200),
        ("evil.example", 403),
        ("evil.example:11434", 403),
    ],
)
async def test_a_host_that_is_not_ours_is_refused(unlocked: Served, host: str, status: int) -> None:
    answer = await unlocked.client.get("/api/tags", headers={"Host": host})

    assert answer.status_code == status


async def test_listed_hosts_are_let_in_and_others_not_even_with_keys(locked: Served) -> None:
    for host, status in (("known.example", 200), ("evil.example", 403)):
        answer = await locked.client.get(
            "/api/tags", headers={"Host": host, **bearer("key-of-all")}
        )

        assert answer.status_code == status


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://localhost:3000", 200),
        ("https://chat.example", 200),
        ("https://evil.example", 403),
    ],
)
async def test_web_pages_are_let_in_by_their_origin(
    locked: Served, origin: str, status: int
) -> None:
    headers = {"Origin": origin, **bearer("key-of-all")}

    answer = await locked.client.get("/api/tags", headers=headers)

    assert answer.status_code == status
    allowed = answer.headers.get("access-control-allow-origin")
    assert allowed == (origin if status == 200 else None)


async def test_a_preflight_needs_no_key(locked: Served) -> None:
    headers = {"Origin": "https://chat.example", "Access-Control-Request-Method": "POST"}

    answer = await locked.client.options("/api/chat", headers=headers)

    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "https://chat.example"


async def test_a_web_page_may_read_a_401(locked: Served) -> None:
    answer = await locked.client.get("/api/tags", headers={"Origin": "https://chat.example"})

    assert answer.status_code == 401
    assert answer.headers["access-control-allow-origin"] == "https://chat.example"


async def long_body() -> AsyncIterator[bytes]:
    for _ in range(30):
        yield b" " * 100


@pytest.mark.parametrize("chunked", [True, False])
async def test_a_body_that_is_too_long_is_413(
    upstream: Upstream, locked: Served, chunked: bool
) -> None:
    answer = await locked.client.post(
        "/api/chat",
        content=long_body() if chunked else b" " * 3000,
        headers=bearer("key-of-all"),
    )

    assert answer.status_code == 413
    assert "1000" in answer.json()["error"]
    assert upstream.exchanges == []


async def test_a_request_that_came_back_to_us_is_508(upstream: Upstream, unlocked: Served) -> None:
    await unlocked.client.post("/api/chat", json=CHAT)
    via = upstream.exchanges[0].request.headers["via"]

    ours = await unlocked.client.post("/api/chat", json=CHAT, headers={"Via": via})
    behind = await unlocked.client.get("/api/tags", headers={"Via": f"1.1 proxy, {via}"})
    foreign = await unlocked.client.get("/api/tags", headers={"Via": "1.1 llamaport-000000000000"})

    assert (ours.status_code, behind.status_code, foreign.status_code) == (508, 508, 200)
    assert "backends" in ours.json()["error"]


async def test_a_server_that_is_its_own_backend_answers_instead_of_running_in_circles(
    unused_tcp_port: int,
) -> None:
    # As an operator gets it behind a name that leads back here.
    taken = f"http://127.0.0.1:{unused_tcp_port}"
    settings = backend(f"{taken}/v1", "any_model = true")
    async with serving(settings) as served, relay(unused_tcp_port, served.url):
        answer = await served.client.post("/api/chat", json=CHAT)

    assert answer.status_code == 502
    assert list(answer.json()) == ["error"]
