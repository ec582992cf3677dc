"""Managing the models of an Ollama server, over real sockets to one that is scripted."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import pytest
import pytest_asyncio

from tests.integration.served import Served, serving
from tests.upstream.answers import error
from tests.upstream.fixtures import upstream
from tests.upstream.ollama_answers import line, lines
from tests.upstream.script import Close, Reply, Send, Stall
from tests.upstream.server import Upstream

__all__ = ["upstream"]

CONFIG = """
[[backends]]
name = "cloud"
kind = "offline"
[[backends]]
name = "box"
kind = "ollama"
base_url = "{url}"
[aliases]
warm = {{ targets = ["box/plain:latest"], system = "Be warm." }}
[models]
file = "{file}"
"""
DIGEST = "sha256:" + sha256(b"hello").hexdigest()
STEPS = ({"status": "pulling manifest"}, {"status": "success"})
EMPTY = Reply(headers=(), body=b"")
ENTRY = {"name": "plain:latest", "model": "plain:latest", "size": 880, "details": {}, "new": [1]}
LOADED = ENTRY | {"expires_at": "2026-11-21T09:41:25.5-05:00", "size_vram": 4}


@pytest_asyncio.fixture
async def served(upstream: Upstream, tmp_path: Path) -> AsyncIterator[Served]:
    upstream.tags = (ENTRY, "me/ns:tag")
    async with serving(CONFIG.format(url=upstream.url, file=tmp_path / "m.json")) as served:
        await served.client.get("/api/tags")
        yield served


async def names(served: Served) -> list[str]:
    return [model["name"] for model in (await served.client.get("/api/tags")).json()["models"]]


async def test_a_pulled_model_is_listed_at_once(upstream: Upstream, served: Served) -> None:
    upstream.reply(lines(STEPS))

    answer = await served.client.post("/api/pull", json={"name": "new:7b"})
    upstream.tags = (ENTRY, "new:7b")

    assert [json.loads(it) for it in answer.text.splitlines()] == list(STEPS)
    (exchange,) = upstream.exchanges
    assert (exchange.request.method, exchange.request.path) == ("POST", "/api/pull")
    assert json.loads(exchange.request.body) == {"model": "new:7b"}
    assert "new:7b" in await names(served)


async def test_a_pull_that_is_cut_off_ends_in_an_error(upstream: Upstream, served: Served) -> None:
    upstream.reply(Reply(steps=[Send(line(STEPS[0])), Close()], headers=lines(()).headers))

    answer = await served.client.post("/api/pull", json={"name": "new:7b"})

    first, last = map(json.loads, answer.text.splitlines())
    assert first == STEPS[0]
    assert set(last) == {"error"}


async def test_a_client_that_leaves_a_pull_ends_it(upstream: Upstream, served: Served) -> None:
    upstream.reply(Reply(steps=[Send(line(STEPS[0])), Stall()], headers=lines(()).headers))

    async with served.client.stream("POST", "/api/pull", json={"name": "new:7b"}) as answer:
        assert await anext(answer.aiter_lines())

    await upstream.closed_early()


async def test_an_error_without_a_stream_keeps_its_words(
    upstream: Upstream, served: Served
) -> None:
    upstream.reply(Reply(status=500, body=b'{"error":"pull model manifest: file does not exist"}'))

    answer = await served.client.post("/api/pull", json={"name": "nope", "stream": False})

    assert answer.json() == {"error": "pull model manifest: file does not exist"}
    assert answer.status_code >= 500


async def test_copy_delete_and_create_name_models_as_the_server_does(
    upstream: Upstream, served: Served
) -> None:
    upstream.reply(EMPTY, EMPTY, lines(STEPS))
    client = served.client

    copied = await client.post("/api/copy", json={"source": "plain", "destination": "box/copy"})
    deleted = await client.request("DELETE", "/api/delete", json={"name": "box/plain"})
    made = await client.post("/api/create", json={"model": "x", "from": "me/ns:tag", "system": "s"})

    assert (copied.status_code, copied.content) == (200, b"")
    assert (deleted.status_code, deleted.content) == (200, b"")
    assert made.status_code == 200
    assert [(it.request.method, json.loads(it.request.body)) for it in upstream.exchanges] == [
        ("POST", {"source": "plain:latest", "destination": "copy"}),
        ("DELETE", {"model": "plain:latest"}),
        ("POST", {"model": "x", "from": "me/ns:tag", "system": "s"}),
    ]


@pytest.mark.parametrize("status", [200, 201])
async def test_a_file_is_uploaded_in_chunks(
    upstream: Upstream, served: Served, status: int
) -> None:
    upstream.reply(Reply(status=status, headers=(), body=b""))

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 65_536

    answer = await served.client.post(f"/api/blobs/{DIGEST}", content=pieces())

    assert (answer.status_code, answer.content) == (status, b"")
    (exchange,) = upstream.exchanges
    assert exchange.request.path == f"/api/blobs/{DIGEST}"
    assert len(exchange.request.body) == 6_553_600


@pytest.mark.parametrize("status", [200, 404])
async def test_whether_a_file_is_there_is_the_servers_word(
    upstream: Upstream, served: Served, status: int
) -> None:
    upstream.reply(Reply(status=status, headers=(), body=b""))

    answer = await served.client.head(f"/api/blobs/{DIGEST}")

    assert answer.status_code == status
    assert upstream.exchanges[0].request.method == "HEAD"


async def test_show_and_the_lists_are_the_servers_own_word(
    upstream: Upstream, served: Served
) -> None:
    shown = {"modelfile": "m", "template": "T", "model_info": {"a": 1}, "capabilities": [], "n": 1}
    upstream.shown["plain:latest"] = Reply(body=json.dumps(shown).encode())
    upstream.running = (LOADED,)

    own = await served.client.post("/api/show", json={"name": "plain"})
    alias = await served.client.post("/api/show", json={"name": "warm"})
    listed = (await served.client.get("/api/tags")).json()["models"]
    running = (await served.client.get("/api/ps")).json()["models"]

    assert own.json() == shown
    assert alias.json()["system"] == "Be warm."
    assert alias.json()["n"] == 1
    assert ENTRY in listed
    assert running == [LOADED]


async def test_made_models_and_the_servers_are_loaded_side_by_side(
    upstream: Upstream, served: Served
) -> None:
    upstream.running = (LOADED,)
    made = {"model": "made", "from": "offline", "system": "x"}
    assert (await served.client.post("/api/create", json=made)).status_code == 200

    loading = {"model": "made", "keep_alive": -1}
    assert (await served.client.post("/api/chat", json=loading)).status_code == 200

    running = (await served.client.get("/api/ps")).json()["models"]
    assert [model["name"] for model in running] == ["made:latest", "plain:latest"]
    assert upstream.exchanges == []


async def test_a_server_that_does_not_answer_has_nothing_loaded(
    upstream: Upstream, served: Served
) -> None:
    await upstream.__aexit__(None, None, None)

    assert (await served.client.get("/api/ps")).json() == {"models": []}


async def test_after_a_refusal_the_list_is_asked_for_again(
    upstream: Upstream, served: Served
) -> None:
    upstream.reply(error(404, "model 'plain:latest' not found"))

    answer = await served.client.request("DELETE", "/api/delete", json={"name": "plain"})
    upstream.tags = ("me/ns:tag",)

    assert answer.status_code == 404
    assert "plain:latest" not in await names(served)
