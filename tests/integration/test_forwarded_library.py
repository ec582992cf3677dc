"""Managing models that an Ollama server behind us has."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from dishka import Provider, Scope, provide
from msgspec import Raw

from ports.backend import Backend
from ports.errors import BackendFailed, BackendRejected, BackendUnavailable
from ports.models import ModelInfo
from ports.raw import OLLAMA
from tests.fakes.backend import backend as fake_backend
from tests.fakes.raw import FakeRaw
from tests.integration.served import Served, serving
from tests.waiting import until

OFFLINE = '[[backends]]\nname = "offline"\nkind = "offline"\n'
SMALL_BODIES = f"{OFFLINE}[server]\nmax_body = 1000\n[aliases]\n"
ALIASES = """nick = "box/plain:latest"
warm = { targets = ["box/plain:latest"], options = { temperature = 1.0 }, system = "Be warm." }
"""
NDJSON = "application/x-ndjson"
PULLING = b'{"status":"pulling manifest"}\n'
LAYER = b'{"status":"pulling 5a946b3677ad","digest":"sha256:5a","total":644,"completed":1}\n'
SUCCESS = b'{"status":"success"}\n'
DIGEST = "sha256:" + sha256(b"hello").hexdigest()
ENTRY = b'{"name":"plain:latest","model":"plain:latest","size":880,"details":{"odd":1.50},"new":[]}'


class Box(Provider):
    """A cloud, and behind it a server that has weights."""

    scope = Scope.APP

    def __init__(self) -> None:
        super().__init__()
        self.raw = FakeRaw(PULLING, LAYER[:30], LAYER[30:] + SUCCESS, content_type=NDJSON)
        plain = ModelInfo(id="plain:latest", extensions={"ollama.tags": Raw(ENTRY)})
        self.box = fake_backend("box", plain, "me/ns:tag", raw=self.raw, native=frozenset({OLLAMA}))

    @provide(override=True)
    def backends(self) -> tuple[Backend, ...]:
        return (fake_backend("cloud", "gpt", "plain"), self.box)

    @property
    def heard(self) -> tuple[str, str, Any]:
        (asked,), (body,) = self.raw.asked, self.raw.bodies
        return asked.method, asked.path, json.loads(body)


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture
async def served(box: Box, tmp_path: Path) -> AsyncIterator[Served]:
    file = json.dumps(str(tmp_path / "models.json"))
    async with serving(f"{SMALL_BODIES}{ALIASES}[models]\nfile = {file}\n", box) as served:
        yield served


async def ask(served: Served, method: str, path: str, **body: Any) -> httpx.Response:
    return await served.client.request(method, path, json=body)


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        ("/api/pull", {"model": "new:7b"}, {"model": "new:7b"}),
        (
            "/api/pull",
            {"model": "", "username": "", "insecure": True, "name": "box/plain"},
            {"model": "plain:latest", "username": "", "insecure": True},
        ),
        ("/api/push", {"name": "me/ns:tag", "odd": [1.5]}, {"model": "me/ns:tag", "odd": [1.5]}),
        (
            "/api/create",
            {"model": "box/new", "from": "nick", "system": "s", "template": "t", "name": ""},
            {"model": "new", "from": "plain:latest", "system": "s", "template": "t"},
        ),
        (
            "/api/create",
            {"model": "new", "files": {"m.gguf": DIGEST}, "quantize": "q4_K_M"},
            {"model": "new", "files": {"m.gguf": DIGEST}, "quantize": "q4_K_M"},
        ),
        (
            "/api/create",
            {"model": "new", "from": "unknown:1b"},
            {"model": "new", "from": "unknown:1b"},
        ),
    ],
)
async def test_progress_is_passed_on_in_the_names_of_the_server(
    served: Served, box: Box, path: str, body: dict[str, Any], told: dict[str, Any]
) -> None:
    answer = await ask(served, "POST", path, **body)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == NDJSON
    assert answer.content == PULLING + LAYER + SUCCESS
    assert box.heard == ("POST", path, told)
    assert box.box.catalog.expired == (path != "/api/push")  # which changes nothing there
    assert box.raw.open == 0


async def test_progress_comes_while_it_is_made(served: Served, box: Box) -> None:
    going_on = asyncio.Event()

    async def play() -> AsyncIterator[bytes]:
        yield PULLING
        await going_on.wait()
        yield SUCCESS

    box.raw._play = play
    async with served.client.stream("POST", "/api/pull", json={"model": "new"}) as answer:
        lines = answer.aiter_lines()

        assert await anext(lines) == PULLING.decode().strip()
        going_on.set()
        assert await anext(lines) == SUCCESS.decode().strip()


async def test_a_client_that_leaves_a_pull_closes_it(served: Served, box: Box) -> None:
    async def play() -> AsyncIterator[bytes]:
        yield PULLING
        await asyncio.Event().wait()

    box.raw._play = play
    async with served.client.stream("POST", "/api/pull", json={"model": "new"}) as answer:
        assert await anext(answer.aiter_lines())
        assert box.raw.open == 1

    await until(lambda: box.raw.open == 0)
    assert box.box.catalog.expired == 1


async def test_a_pull_that_breaks_off_never_looks_complete(served: Served, box: Box) -> None:
    box.raw.pieces = (PULLING, LAYER[:30])
    box.raw.fault = BackendUnavailable("the upstream broke off")

    answer = await ask(served, "POST", "/api/pull", model="new")

    assert answer.text.splitlines() == [
        PULLING.decode().strip(),
        '{"error":"the upstream broke off"}',
    ]


async def test_an_error_in_progress_keeps_its_words_but_no_addresses(
    served: Served, box: Box
) -> None:
    box.raw.pieces = (PULLING, b'{"error":"pull model manifest: Get \\"http://10.1.2.3:5/v2\\""}\n')

    answer = await ask(served, "POST", "/api/pull", model="new")

    last = json.loads(answer.text.splitlines()[-1])
    assert last["error"].startswith("pull model manifest: Get ")
    assert "10.1.2.3" not in answer.text


async def test_without_a_stream_the_answer_is_passed_on_whole(served: Served, box: Box) -> None:
    box.raw.pieces, box.raw.content_type = (b'{"status":', b'"success"}'), "application/json"

    answer = await ask(served, "POST", "/api/pull", model="new", stream=False)

    assert answer.headers["content-type"] == "application/json"
    assert answer.text == '{"status":"success"}'


async def test_a_refusal_keeps_its_status(served: Served, box: Box) -> None:
    box.raw.error = BackendRejected("no such template", status=400)
    refused = await ask(served, "POST", "/api/create", model="new", **{"from": "me/ns:tag"})
    box.raw.error = BackendRejected("files are not supported by this gateway", status=501)
    unbuilt = await ask(served, "POST", "/api/create", model="new", **{"from": "me/ns:tag"})
    box.raw.error = BackendFailed("pull model manifest: file does not exist")
    failed = await ask(served, "POST", "/api/pull", model="new", stream=False)

    assert unbuilt.status_code == 501
    assert unbuilt.json() == {"error": "files are not supported by this gateway"}
    assert (refused.status_code, refused.json()) == (400, {"error": "no such template"})
    assert failed.status_code == 502
    assert failed.json() == {"error": "pull model manifest: file does not exist"}


@pytest.mark.parametrize(
    ("method", "path", "body", "told"),
    [
        (
            "POST",
            "/api/copy",
            {"source": "nick", "destination": "box/copy:v1"},
            {"source": "plain:latest", "destination": "copy:v1"},
        ),
        ("DELETE", "/api/delete", {"model": "", "name": "box/plain"}, {"model": "plain:latest"}),
    ],
)
async def test_copy_and_delete_are_passed_on(
    served: Served, box: Box, method: str, path: str, *, body: dict[str, Any], told: dict[str, Any]
) -> None:
    box.raw.pieces, box.raw.content_type = (), ""

    answer = await ask(served, method, path, **body)

    assert (answer.status_code, answer.content) == (200, b"")
    assert "content-type" not in answer.headers
    assert box.heard == (method, path, told)
    assert box.box.catalog.expired == 1


async def test_a_model_of_another_backend_is_not_deleted_there(served: Served, box: Box) -> None:
    answer = await ask(served, "DELETE", "/api/delete", model="plain")

    assert answer.status_code == 403
    assert "'cloud'" in answer.json()["error"]
    assert box.raw.asked == []


async def test_a_name_that_no_server_takes_is_not_passed_on(served: Served, box: Box) -> None:
    answer = await ask(served, "POST", "/api/pull", model="a b")

    assert (answer.status_code, answer.json()) == (400, {"error": "invalid model name"})
    assert box.raw.asked == []


async def test_a_file_is_passed_on_in_pieces_however_long_it_is(served: Served, box: Box) -> None:
    box.raw.pieces, box.raw.content_type, box.raw.status = (), "", 201

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield b"x" * 65_536

    answer = await served.client.post(f"/api/blobs/{DIGEST}", content=pieces())

    (asked,) = box.raw.asked
    assert (answer.status_code, answer.content) == (201, b"")
    assert (asked.method, asked.path) == ("POST", f"/api/blobs/{DIGEST}")
    assert not isinstance(asked.body, bytes)
    assert box.raw.bodies == [b"x" * 65_536 * 64]


async def test_a_long_file_that_says_how_long_it_is_passes_too(served: Served, box: Box) -> None:
    box.raw.pieces, box.raw.content_type = (), ""

    assert (await served.client.post(f"/api/blobs/{DIGEST}", content=b"y" * 5000)).is_success
    assert (await served.client.post("/api/create", content=b"y" * 5000)).status_code == 413


async def test_an_upload_that_breaks_off_is_not_a_whole_one(served: Served, box: Box) -> None:
    where = urlsplit(served.url)
    _, writer = await asyncio.open_connection(where.hostname, where.port)
    head = f"POST /api/blobs/{DIGEST} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\n\r\n"
    writer.write(head.encode() + b"half")
    await until(lambda: box.raw.open == 1)

    writer.close()
    await writer.wait_closed()

    await until(lambda: box.raw.open == 0)
    assert box.raw.bodies == []


@pytest.mark.parametrize(
    ("status", "error"), [(200, None), (404, BackendRejected("no", status=404))]
)
async def test_whether_a_file_is_there_is_asked(
    served: Served, box: Box, status: int, error: BackendRejected | None
) -> None:
    box.raw.pieces, box.raw.content_type, box.raw.error = (), "", error

    answer = await served.client.head(f"/api/blobs/{DIGEST}")

    assert answer.status_code == status
    (asked,) = box.raw.asked
    assert (asked.method, asked.path, asked.body) == ("HEAD", f"/api/blobs/{DIGEST}", b"")


SHOWN = (
    b'{"modelfile":"FROM /blobs/sha256-1","parameters":"stop                           \\"a\\"",'
    b'"template":"T","details":{},"model_info":{"x":1.50},"capabilities":["completion"],'
    b'"modified_at":"2026-09-21T03:13:18.25-04:00","odd":1.50}'
)


async def test_show_is_the_servers_own_word(served: Served, box: Box) -> None:
    box.raw.pieces, box.raw.content_type = (SHOWN[:40], SHOWN[40:]), "application/json"

    answer = await ask(served, "POST", "/api/show", name="nick", verbose=True)

    assert answer.content == SHOWN
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert box.heard == ("POST", "/api/show", {"model": "plain:latest", "verbose": True})


async def test_what_an_alias_brings_is_laid_over_it(served: Served, box: Box) -> None:
    box.raw.pieces, box.raw.content_type = (SHOWN,), "application/json"

    answer = await ask(served, "POST", "/api/show", model="warm")

    shown = answer.json()
    assert shown["system"] == "Be warm."
    assert shown["parameters"].splitlines() == [
        'stop                           "a"',
        "temperature                    1",
    ]
    assert b'"odd":1.50' in answer.content


async def test_the_list_holds_all_that_the_server_says_of_its_models(served: Served) -> None:
    listed = await served.client.get("/api/tags")

    renamed = ENTRY.replace(b"plain:latest", b"box/plain:latest")
    assert renamed in listed.content


async def test_over_its_models_too_a_made_model_can_be_kept_here(served: Served, box: Box) -> None:
    made = await ask(served, "POST", "/api/create", model="made", **{"from": "warm"})
    deleted = await ask(served, "DELETE", "/api/delete", model="made")

    assert (made.status_code, deleted.status_code) == (200, 200)
    assert box.raw.asked == []
