"""Managing models over the wire, where no upstream has weights to give."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from dishka import Provider, Scope, provide

from ports.backend import Backend
from ports.clock import Clock
from tests.fakes.backend import FakeChat
from tests.fakes.backend import backend as fake_backend
from tests.fakes.clock import FakeClock
from tests.integration.served import Served, serving

GOLDEN = Path(__file__).parents[1] / "golden" / "ollama-native.jsonl"
OFFLINE = '[[backends]]\nname = "offline"\nkind = "offline"\n'
NAMES = ("plain", "chat", "tools", "embed", "vision", "fim", "mymodel:v1", "me/ns:tag", "rtools")
DIGEST = "sha256:" + "0" * 64

DIFFERENT = {
    # No files are kept here.
    "blobs: upload a new blob": 501,
    "blobs: upload a known blob": 501,
    "blobs: HEAD of a known blob": 404,
    "blobs: HEAD of a known blob, digest with a dash": 404,
    "blobs: upload a known blob with other bytes: not read": 501,
    "blobs: upload with another digest": 501,
    "blobs: upload an empty blob": 501,
    "blobs: upload in chunks": 501,
    "create: files with an unknown digest": 501,
    "create: files with a blob that is no model": 501,
    "create: from an uploaded model file": 501,
    "create: from an uploaded model file, not streaming": 501,
    "create: quantize of a model that cannot be quantized": 501,
    "create: quantize to an unknown type": 501,
    # Templates and parameters that would have no effect, and a mistake of the client's.
    "create: with parameters, template, license": 400,
    "create: broken template": 400,
    "create: parameter of a wrong type": 400,
    "create: license a number": 400,
    # No registry stands behind this server.
    "pull: a model that must be downloaded, streaming": 200,
    "pull: a model that must be downloaded, not streaming": 500,
    "pull: registry fails, streaming": 200,
    "pull: registry fails, not streaming": 500,
    "pull: plain http registry without insecure": 200,
    "pull: registry not reachable": 200,
    "push: a model, streaming": 501,
    "push: a model, not streaming": 501,
    "push: as the CLI asks": 501,
    "push: unknown model, streaming": 501,
    "push: unknown model, not streaming": 501,
    "push: invalid name": 501,
    "push: registry refuses, streaming": 501,
    "push: registry refuses, not streaming": 501,
    # No cloud either, nor an account.
    "root: GET the cloud status": 200,
    "root: GET the cloud status, cloud off": 200,
    "root: account, signed out": 401,
    "root: account with an empty object": 401,
    "root: account, cloud off": 401,
    "root: web search, signed out": 403,
    "root: web search without a query": 403,
    "root: web fetch, signed out": 403,
    "root: web fetch without a url": 403,
    "root: model recommendations, service refuses": 200,
    "root: model recommendations, cloud off": 200,
}
"""Exchanges that go otherwise, and with which status."""


def recordings() -> Iterator[dict[str, Any]]:
    with GOLDEN.open(encoding="utf-8") as file:
        for row in map(json.loads, file):
            account = row["group"] == "root" and row["request"]["path"].startswith("/api/")
            if row["group"] in {"copy", "create", "delete", "blobs", "pull", "push"} or account:
                yield row


class Weightless(Provider):
    """Models of a server that has a catalog and no files."""

    scope = Scope.APP

    def __init__(self) -> None:
        super().__init__()
        self.chat = FakeChat()

    @provide(override=True)
    def clock(self) -> Clock:
        return FakeClock()

    @provide(override=True)
    def backends(self) -> tuple[Backend, ...]:
        return (fake_backend("up", *NAMES, chat=self.chat),)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "models.json"


@pytest.fixture
def upstream() -> Weightless:
    return Weightless()


@pytest.fixture
async def served(file: Path, upstream: Weightless) -> AsyncIterator[Served]:
    async with serving(f"{OFFLINE}[models]\nfile = {json.dumps(str(file))}\n", upstream) as served:
        yield served


def content(request: dict[str, Any]) -> bytes:
    if "body_base64" in request:
        return base64.b64decode(request["body_base64"])
    if "body_text" in request:
        return str(request["body_text"]).encode()
    return b"" if request.get("body") is None else json.dumps(request["body"]).encode()


def steps(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out what tells of layers: here are none."""
    about_files = ("pulling ", "using ", "creating ", "verifying ")
    kept = [it for it in lines if "digest" not in it]
    return [
        it
        for it in kept
        if it.get("status") == "pulling manifest"
        or not it.get("status", "").startswith(about_files)
    ]


def as_recorded(row: dict[str, Any], answer: httpx.Response) -> bool:
    wanted = row["response"]
    if answer.status_code != wanted["status"]:
        return False
    if answer.headers.get("content-type") != wanted["headers"].get("Content-Type"):
        return False
    if "lines" not in wanted:
        return answer.text == wanted.get("raw", wanted.get("body_text"))
    theirs = steps(wanted["lines"])
    if row["group"] == "pull":
        theirs = [it for it in theirs if it != {"status": "writing manifest"}]
    return [json.loads(line) for line in answer.text.splitlines()] == theirs


async def test_the_recorded_exchanges_go_as_recorded_but_for_a_known_few(served: Served) -> None:
    found = {}
    for row in recordings():
        request = row["request"]
        answer = await served.client.request(
            request["method"],
            request["path"],
            content=content(request),
            headers={"Host": "127.0.0.1:11434", **request["headers"]},
        )
        if not as_recorded(row, answer):
            found[row["name"]] = answer.status_code

    assert found == DIFFERENT


async def ask(served: Served, method: str, path: str, **body: Any) -> httpx.Response:
    return await served.client.request(method, path, json=body)


async def listed(served: Served) -> list[str]:
    return [model["name"] for model in (await served.client.get("/api/tags")).json()["models"]]


MADE = {
    "model": "made",
    "from": "plain",
    "system": "Be nice",
    "parameters": {"stop": ["END"], "temperature": 0.3},
    "messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "Hello"}],
    "name": "",
}
"""What the command sends for the Modelfile of the recording."""


async def test_a_made_model_is_used_shown_listed_loaded_copied_and_removed(
    served: Served, upstream: Weightless
) -> None:
    made = await ask(served, "POST", "/api/create", **MADE)
    shown = (await ask(served, "POST", "/api/show", name="made")).json()
    chat = {"messages": [{"role": "user", "content": "yo"}], "stream": False}
    answered = await ask(served, "POST", "/api/chat", model="MADE", **chat)
    running = (await served.client.get("/api/ps")).json()["models"]

    assert made.text == '{"status":"writing manifest"}\n{"status":"success"}\n'
    assert (await listed(served))[0] == "made:latest"
    assert shown["system"] == "Be nice"
    assert shown["messages"] == MADE["messages"]
    assert shown["modified_at"] == "2026-08-22T10:00:00Z"
    assert answered.json()["message"]["content"] == "Hello world"
    assert [model["name"] for model in running] == ["made:latest"]
    (asked,) = upstream.chat.asked
    assert (asked.model, asked.options.temperature, asked.options.stop) == ("plain", 0.3, ("END",))
    assert [message.role for message in asked.messages] == ["system", "user", "assistant", "user"]

    assert (
        await ask(served, "POST", "/api/copy", source="made", destination="copy")
    ).content == b""
    assert (await ask(served, "DELETE", "/api/delete", name="made")).status_code == 200
    assert (await listed(served))[0] == "copy:latest"
    assert (await served.client.get("/api/ps")).json() == {"models": []}


async def test_stopping_a_model_takes_it_from_the_list(served: Served) -> None:
    await ask(served, "POST", "/api/chat", model="plain")
    assert len((await served.client.get("/api/ps")).json()["models"]) == 1

    await ask(served, "POST", "/api/chat", model="plain", keep_alive=0)

    assert (await served.client.get("/api/ps")).json() == {"models": []}


async def test_the_modelfile_that_is_shown_makes_the_same_model_again(served: Served) -> None:
    await ask(served, "POST", "/api/create", **MADE)

    shown = (await ask(served, "POST", "/api/show", name="made")).json()

    assert shown["modelfile"] == (
        "FROM up/plain\n"
        "SYSTEM Be nice\n"
        "PARAMETER temperature 0.3\n"
        "PARAMETER stop END\n"
        "MESSAGE user hi\n"
        "MESSAGE assistant Hello\n"
    )
    again = await ask(served, "POST", "/api/create", model="again", **{"from": "up/plain"})
    assert again.status_code == 200


async def test_made_models_survive_a_restart(served: Served, file: Path) -> None:
    await ask(served, "POST", "/api/create", **MADE)

    settings = f"{OFFLINE}[models]\nfile = {json.dumps(str(file))}\n"
    async with serving(settings, Weightless()) as restarted:
        assert (await listed(restarted))[0] == "made:latest"


async def test_two_servers_with_one_file_see_each_others_models(served: Served, file: Path) -> None:
    settings = f"{OFFLINE}[models]\nfile = {json.dumps(str(file))}\n"
    async with serving(settings, Weightless()) as other:
        assert "made:latest" not in await listed(other)

        await ask(served, "POST", "/api/create", **MADE)

        assert "made:latest" in await listed(other)


@pytest.mark.parametrize("place", ["file/models.json", "/proc/llamaport/models.json"])
async def test_where_nothing_can_be_written_create_says_so(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    settings = f"{OFFLINE}[models]\nfile = {json.dumps(str(tmp_path / place))}\n"

    async with serving(settings, Weightless()) as served:
        made = await ask(served, "POST", "/api/create", **MADE)
        copied = await ask(served, "POST", "/api/copy", source="plain", destination="copy")

    assert (made.status_code, copied.status_code) == (501, 501)
    assert "models cannot be kept here" in made.json()["error"]
    assert str(tmp_path) not in made.text


async def test_without_a_home_nothing_is_kept_and_everything_else_works() -> None:
    async with serving(OFFLINE, Weightless()) as served:
        assert (await ask(served, "POST", "/api/create", **MADE)).status_code == 501
        assert (await ask(served, "POST", "/api/show", model="plain")).status_code == 200


REFUSED = [
    ("DELETE", "/api/delete", {"model": "plain"}, 403, "backend 'up'"),
    ("DELETE", "/api/delete", {"model": "fixed"}, 403, "defined in the configuration"),
    ("POST", "/api/create", {"model": "fixed", "from": "chat"}, 403, "configuration"),
    ("POST", "/api/create", {"model": "up/x", "from": "chat"}, 403, "'up/'"),
    ("POST", "/api/create", {"model": "x", "from": "chat", "template": "a"}, 400, "TEMPLATE"),
    ("POST", "/api/create", {"model": "x", "from": "chat", "quantize": "q"}, 501, "quantizing"),
    ("POST", "/api/push", {"model": "plain"}, 501, "push is not supported by this gateway"),
    ("POST", f"/api/blobs/{DIGEST}", {}, 501, "Ollama server"),
]


async def test_what_cannot_be_done_is_refused_with_a_reason(file: Path) -> None:
    settings = f'{OFFLINE}[aliases]\nfixed = "up/plain"\n[models]\nfile = {json.dumps(str(file))}\n'
    async with serving(settings, Weightless()) as served:
        for method, path, body, status, text in REFUSED:
            answer = await ask(served, method, path, **body)

            assert answer.status_code == status, (path, body)
            assert text in answer.json()["error"]
