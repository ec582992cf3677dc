"""How a configured upstream is spoken to: catalogs, quirks, certificates, proxies."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trustme

from tests.integration.served import Served, backend, serving, settings_of
from tests.integration.test_transport import hang_up, proxy
from tests.upstream.answers import chat, error, plain_chat
from tests.upstream.script import Reply
from tests.upstream.server import Upstream
from tests.upstream.wire import Received

HELLO = [{"role": "user", "content": "hi"}]


async def ask(served: Served, **more: Any) -> Any:
    body = {"model": "m", "messages": HELLO, "stream": False} | more
    return await served.client.post("/api/chat", json=body)


# Which models there are.


async def test_while_a_catalog_cannot_be_read_it_is_502_and_not_404(upstream: Upstream) -> None:
    upstream.models = None
    async with serving(backend(upstream.base_url)) as served:
        chatted = await ask(served)
        shown = await served.client.post("/api/show", json={"model": "m"})
        listed = await served.client.get("/api/tags")

    assert (chatted.status_code, shown.status_code) == (502, 502)
    assert (listed.status_code, listed.json()) == (200, {"models": []})
    assert upstream.exchanges == []


async def test_a_catalog_that_is_down_does_not_hide_another(
    upstream: Upstream, unused_tcp_port: int
) -> None:
    upstream.always(chat(["ok"]))
    dead = backend(f"http://127.0.0.1:{unused_tcp_port}/v1", name="dead")
    async with serving(dead + backend(upstream.base_url)) as served:
        answer = await ask(served)
        unknown = await ask(served, model="nope")

    assert answer.status_code == 200
    assert unknown.status_code == 502


async def test_static_models_stand_in_for_a_list(upstream: Upstream) -> None:
    upstream.models = None
    upstream.always(chat(["ok"]))
    async with serving(backend(upstream.base_url, 'static_models = ["m", "n"]')) as served:
        listed = (await served.client.get("/api/tags")).json()["models"]
        known, unknown = await ask(served, model="n"), await ask(served, model="other")

    assert [model["name"] for model in listed] == ["m:latest", "n:latest"]
    assert (known.status_code, unknown.status_code) == (200, 404)


async def test_any_model_passes_names_that_no_list_has(upstream: Upstream) -> None:
    upstream.models = None
    upstream.always(chat(["ok"]))
    async with serving(backend(upstream.base_url, "any_model = true")) as served:
        answer = await ask(served, model="who/knows:latest")

    assert answer.status_code == 200
    assert upstream.exchanges[0].request.json()["model"] == "who/knows"


# What servers want spelled otherwise.


def strict(refused: str, message: str) -> Any:
    def answer(request: Received) -> Reply:
        return error(400, message) if refused in request.json() else chat(["ok"])(request)

    return answer


@pytest.mark.parametrize("stream", [True, False])
async def test_a_server_that_wants_max_completion_tokens_is_asked_again_once(
    upstream: Upstream, stream: bool
) -> None:
    text = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
    upstream.always(strict("max_tokens", text))
    async with serving(backend(upstream.base_url)) as served:
        for _ in range(2):
            answer = await ask(served, options={"num_predict": 5}, stream=stream)

            assert answer.status_code == 200

    sent = [exchange.request.json() for exchange in upstream.exchanges]
    assert ["max_tokens" in body for body in sent] == [True, False, False]
    assert [body.get("max_completion_tokens") for body in sent] == [None, 5, 5]


@pytest.mark.parametrize("stream", [True, False])
async def test_a_limit_beyond_the_context_is_left_out_for_that_request_alone(
    upstream: Upstream, stream: bool
) -> None:
    text = "'max_tokens' is too large: 32000. This model's maximum context length is 8192 tokens"
    upstream.always(strict("max_tokens", text))
    async with serving(backend(upstream.base_url)) as served:
        for _ in range(2):
            answer = await ask(served, options={"num_predict": 32000}, stream=stream)

            assert answer.status_code == 200

    sent = [exchange.request.json() for exchange in upstream.exchanges]
    assert [body.get("max_tokens") for body in sent] == [32000, None, 32000, None]


async def test_a_request_that_would_be_the_same_is_not_sent_again(upstream: Upstream) -> None:
    upstream.always(error(400, "max_tokens is too large"))
    async with serving(backend(upstream.base_url)) as served:
        assert (await ask(served)).status_code == 400

    assert len(upstream.exchanges) == 1


async def test_a_server_that_refuses_stream_options_is_asked_again_once(
    upstream: Upstream,
) -> None:
    upstream.always(strict("stream_options", "Unknown field: stream_options"))
    async with serving(backend(upstream.base_url)) as served:
        for _ in range(2):
            assert (await ask(served, stream=True)).status_code == 200

    sent = [exchange.request.json() for exchange in upstream.exchanges]
    assert ["stream_options" in body for body in sent] == [True, False, False]


async def test_a_refusal_of_something_else_is_sent_once(upstream: Upstream) -> None:
    upstream.always(error(400, "no such temperature"))
    async with serving(backend(upstream.base_url)) as served:
        assert (await ask(served)).status_code == 400

    assert len(upstream.exchanges) == 1


async def test_a_stream_answered_in_one_piece_is_streamed(upstream: Upstream) -> None:
    upstream.always(plain_chat("whole", reasoning="hm"))
    async with serving(backend(upstream.base_url)) as served:
        answer = await ask(served, stream=True)

    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert "".join(line["message"]["content"] for line in lines) == "whole"
    assert "".join(line["message"].get("thinking", "") for line in lines) == "hm"
    assert [line["done"] for line in lines].count(True) == 1
    assert lines[-1]["eval_count"] == 3


@pytest.mark.parametrize(
    ("owner", "sent"), [("vllm", "repetition_penalty"), ("llamacpp", "repeat_penalty"), ("x", None)]
)
async def test_the_owner_of_the_models_tells_what_a_server_takes(
    owner: str, sent: str | None
) -> None:
    rows = [{"id": "m", "object": "model", "owned_by": owner}]

    class Owned(Upstream):
        def _list_of_models(self) -> Reply:
            return Reply(body=msgspec.json.encode({"data": rows}))

    async with Owned() as upstream:
        upstream.always(chat(["ok"]))
        async with serving(backend(upstream.base_url)) as served:
            await ask(served, options={"repeat_penalty": 1.5})

        body = upstream.exchanges[0].request.json()
    assert {name for name in body if name.startswith("repe")} == ({sent} if sent else set())


async def test_the_key_and_the_headers_of_the_settings_are_sent(upstream: Upstream) -> None:
    upstream.always(chat(["ok"]))
    lines = ('api_key = "upstream-key"', 'headers = { "X-Title" = "mine" }')
    async with serving(backend(upstream.base_url, *lines)) as served:
        await served.client.post(
            "/api/chat",
            json={"model": "m", "messages": HELLO},
            headers={"Authorization": "Bearer of-the-client", "Cookie": "c=1"},
        )

    for request in upstream.requests:
        assert request.headers["authorization"] == "Bearer upstream-key"
        assert request.headers["x-title"] == "mine"
        assert "cookie" not in request.headers
        assert request.headers["accept-encoding"] == "identity"


# Ways to the upstream.


@asynccontextmanager
async def tls_upstream(authority: trustme.CA) -> AsyncIterator[str]:
    """Serve the list of models and a chat over TLS, each on a connection of its own."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    listed = b'{"data":[{"id":"m"}]}'

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        body = listed if head.startswith(b"GET") else plain_chat("secure").body
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        await reader.readexactly(int(length or b"0"))
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
            b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
        )
        await hang_up(writer)

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"https://localhost:{server.sockets[0].getsockname()[1]}/v1"


async def test_https_is_verified_against_the_configured_bundle(tmp_path: Path) -> None:
    authority = trustme.CA()
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(bundle)
    async with tls_upstream(authority) as url:
        async with serving(backend(url, f'tls_verify = "{bundle}"')) as trusting:
            answer = await ask(trusting)
        async with serving(backend(url, 'static_models = ["m"]')) as doubting:
            refused = await ask(doubting)

    assert answer.json()["message"]["content"] == "secure"
    assert (refused.status_code, refused.json()) == (502, {"error": "cannot reach upstream"})


async def test_a_configured_proxy_is_asked_with_its_password() -> None:
    seen: list[bytes] = []
    async with proxy(seen) as address:
        lines = (f'proxy = "{address}"', 'static_models = ["m"]')
        async with serving(backend("http://upstream.test/v1", *lines)) as served:
            answer = await ask(served)

    assert answer.status_code == 502  # this proxy says "proxy" to everything
    assert seen[-1].startswith(b"POST http://upstream.test/v1/chat/completions HTTP/1.1")
    assert b"Proxy-Authorization: Basic" in seen[-1]


@pytest.mark.parametrize(("no_proxy", "proxied"), [("", True), ("localhost", False), ("*", False)])
async def test_https_proxy_and_no_proxy_count(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, no_proxy: str, proxied: bool
) -> None:
    authority = trustme.CA()
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(bundle)
    seen: list[bytes] = []
    async with proxy(seen) as address, tls_upstream(authority) as url:
        monkeypatch.setenv("HTTPS_PROXY", address)
        monkeypatch.setenv("NO_PROXY", no_proxy)
        async with serving(settings_of(backend(url, f'tls_verify = "{bundle}"'))) as served:
            answer = await ask(served)

    assert answer.json()["message"]["content"] == "secure"
    assert any(head.startswith(b"CONNECT localhost:") for head in seen) is proxied
