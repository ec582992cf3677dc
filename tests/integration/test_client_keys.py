"""A backend that is asked with the client's own key."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.integration.served import Served, backend, serving
from tests.upstream.answers import chat, embed, error, plain_chat
from tests.upstream.server import Upstream

FORWARD = ('api_key = "sk-operator"', "forward_client_key = true")
KEYS = '[[keys]]\nname = "ada"\nkey = "k-ada-123"\n[[keys]]\nname = "bob"\nkey = "k-bob-123"\n'
OWN = {"Authorization": "Bearer sk-client"}
MESSAGES = [{"role": "user", "content": "hi"}]
ASKED = {
    "/v1/chat/completions": {"messages": MESSAGES},
    "/v1/responses": {"input": "hi"},
    "/v1/messages": {"messages": MESSAGES, "max_tokens": 9},
    "/api/chat": {"messages": MESSAGES, "stream": False},
    "/v1/moderations": {"input": "hi"},
}
each_path = pytest.mark.parametrize("path", ASKED)


@pytest_asyncio.fixture
async def served(upstream: Upstream) -> AsyncIterator[Served]:
    async with serving(backend(upstream.base_url, *FORWARD)) as served:
        yield served


def keys_of(upstream: Upstream) -> list[str | None]:
    return [it.request.headers.get("authorization") for it in upstream.exchanges]


@each_path
async def test_its_own_key_goes_where_the_configured_one_would(
    upstream: Upstream, served: Served, path: str
) -> None:
    upstream.always(chat(["Hi"]))

    for headers in (OWN, {}, {"Authorization": "Bearer sk-other"}):
        got = await served.client.post(path, json={"model": "m"} | ASKED[path], headers=headers)
        assert got.status_code == 200

    assert keys_of(upstream) == ["Bearer sk-client", "Bearer sk-operator", "Bearer sk-other"]


async def test_several_requests_for_one_have_it_all(upstream: Upstream) -> None:
    upstream.always(embed)
    async with serving(backend(upstream.base_url, *FORWARD, "embed_batch = 1")) as served:
        await served.client.post(
            "/api/embed", json={"model": "m", "input": ["a", "b", "c"]}, headers=OWN
        )

    assert keys_of(upstream) == ["Bearer sk-client"] * 3


async def test_lists_of_models_are_asked_for_in_nobodys_name(
    upstream: Upstream, served: Served
) -> None:
    await served.client.get("/v1/models", headers=OWN)

    asked = [it.headers["authorization"] for it in upstream.requests if it.path == "/v1/models"]
    assert asked == ["Bearer sk-operator"]


@each_path
async def test_a_key_that_is_refused_is_the_clients_business(
    upstream: Upstream, served: Served, path: str
) -> None:
    upstream.always(error(401, "Incorrect API key provided: sk-client"))
    body = {"model": "m"} | ASKED[path]

    got = await served.client.post(path, json=body, headers=OWN)
    ours = await served.client.post(path, json=body)

    # A 401 would make Ollama's clients ask for a login at ollama.com.
    assert got.status_code == (400 if path.startswith("/api") else 401)
    assert "Incorrect API key" in got.text
    assert "sk-client" not in got.text
    assert ours.status_code == 502
    assert "Incorrect" not in ours.text


async def test_a_key_of_this_server_never_goes_upstream(upstream: Upstream) -> None:
    upstream.always(plain_chat("Hi"))
    body = {"model": "m", "messages": MESSAGES}
    given = [
        {"Authorization": "Bearer k-ada-123"},
        {"X-Api-Key": "k-ada-123"},
        {"X-Api-Key": "k-ada-123", "Authorization": "Bearer k-bob-123"},
        {"X-Api-Key": "k-ada-123", **OWN},
    ]
    async with serving(backend(upstream.base_url, *FORWARD) + KEYS) as served:
        for headers in given:
            got = await served.client.post("/v1/chat/completions", json=body, headers=headers)
            assert got.status_code == 200
        stranger = await served.client.post("/v1/chat/completions", json=body, headers=OWN)

    assert stranger.status_code == 401
    assert keys_of(upstream) == ["Bearer sk-operator"] * 3 + ["Bearer sk-client"]
    assert not any("k-ada" in str(it.headers) for it in upstream.requests)


async def test_it_stays_here_unless_the_backend_is_to_have_it(upstream: Upstream) -> None:
    upstream.always(plain_chat("Hi"))
    async with Upstream() as other:
        other.models = ("x",)
        other.always(plain_chat("Hi"))
        config = backend(upstream.base_url) + backend(other.base_url, *FORWARD, name="other")
        async with serving(config) as served:
            for model in ("m", "x"):
                body = {"model": model, "messages": MESSAGES}
                await served.client.post("/v1/chat/completions", json=body, headers=OWN)

        assert keys_of(other) == ["Bearer sk-client"]
    assert keys_of(upstream) == [None]


async def test_headers_of_the_operators_win(upstream: Upstream) -> None:
    upstream.always(plain_chat("Hi"))
    own = 'headers = { "Authorization" = "Basic operator" }'
    async with serving(backend(upstream.base_url, "forward_client_key = true", own)) as served:
        body = {"model": "m", "messages": MESSAGES}
        await served.client.post("/v1/chat/completions", json=body, headers=OWN)

    assert keys_of(upstream) == ["Basic operator"]


async def test_anthropics_dialect_has_it_in_both_places(upstream: Upstream) -> None:
    upstream.always(plain_chat("Hi"))
    async with serving(backend(upstream.base_url, *FORWARD, 'native = ["anthropic"]')) as served:
        body = {"model": "m", "messages": MESSAGES, "max_tokens": 9}
        await served.client.post("/v1/messages", json=body, headers=OWN)

    seen = upstream.requests[-1].headers
    assert (seen["authorization"], seen["x-api-key"]) == ("Bearer sk-client", "sk-client")


async def test_an_ollama_server_gets_it_too(upstream: Upstream) -> None:
    upstream.tags = ("qwen3:8b",)
    box = f'[[backends]]\nname = "box"\nkind = "ollama"\nbase_url = "{upstream.url}"\n'
    upstream.always(error(401, "unauthorized"))
    async with serving(box + "forward_client_key = true\n") as served:
        body = {"model": "qwen3:8b", "messages": MESSAGES, "stream": False}
        got = await served.client.post("/api/chat", json=body, headers=OWN)

    assert keys_of(upstream) == ["Bearer sk-client"]
    assert (got.status_code, got.json()) == (400, {"error": "unauthorized"})
