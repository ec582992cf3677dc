"""Statements 81 to 90 of the checklist: lists, facts, and changes."""

from __future__ import annotations

import re
from datetime import datetime
from hashlib import sha256

import pytest
from msgspec.json import encode

from tests.integration.checklist.asking import (
    JSON,
    PROGRESS,
    generate,
    lines,
    post,
    refused,
    whole,
    wire,
)
from tests.integration.served import Served, backend, serving
from tests.upstream.script import Reply
from tests.upstream.server import Upstream

pytestmark = pytest.mark.asyncio(loop_scope="module")

DETAILS = ["parent_model", "format", "family", "families", "parameter_size", "quantization_level"]
DIGEST = "sha256:" + sha256(b"hello").hexdigest()


async def test_081_the_list_has_what_clients_read(served: Served) -> None:
    models = whole(await served.client.get("/api/tags"))["models"]

    assert [it["name"] for it in models] == ["plain:latest", "tools:latest", "embed:latest"]
    for model in models:
        assert model["name"] == model["model"]
        assert re.fullmatch("[0-9a-f]{64}", model["digest"])
        assert isinstance(model["size"], int)
        assert datetime.fromisoformat(model["modified_at"]).tzinfo is not None
        assert list(model["details"])[:6] == DETAILS


async def test_082_what_is_loaded_has_what_clients_read(served: Served) -> None:
    idle = whole(await served.client.get("/api/ps"))
    await generate(served, prompt="")
    [model] = whole(await served.client.get("/api/ps"))["models"]

    assert idle == {"models": []}
    assert all(isinstance(model[key], int) for key in ("size", "size_vram", "context_length"))
    assert datetime.fromisoformat(model["expires_at"]).tzinfo is not None


async def test_083_a_model_is_shown_with_what_clients_read(
    served: Served, upstream: Upstream
) -> None:
    """Decided otherwise: a context length only where the catalog tells one. None is invented."""
    entry = {"id": "long", "object": "model", "context_length": 8192}
    upstream.lists["/models"] = Reply(body=encode({"object": "list", "data": [entry]}))

    silent = whole(await post(served, "/api/show", model="tools"))
    async with serving(backend(upstream.base_url)) as other:
        told = whole(await post(other, "/api/show", model="long"))

    for shown in (silent, told):
        assert shown["model_info"]["general.architecture"]
        assert list(shown["details"])[:6] == DETAILS
        assert datetime.fromisoformat(shown["modified_at"]).tzinfo is not None
    architecture = told["model_info"]["general.architecture"]
    assert told["model_info"][f"{architecture}.context_length"] == 8192
    assert not any(key.endswith(".context_length") for key in silent["model_info"])
    assert sorted(silent["capabilities"]) == ["completion", "thinking", "tools"]


async def test_084_copilot_finds_the_name_that_it_asked_for(served: Served) -> None:
    answer = await served.client.post(
        "/api/show", json={"model": "plain"}, headers={"User-Agent": "GitHubCopilotChat/1"}
    )

    assert whole(answer)["model_info"]["general.basename"] == "plain"


async def test_085_a_model_that_is_here_is_pulled(served: Served) -> None:
    steps = lines(await post(served, "/api/pull", model="plain"))
    plain = await post(served, "/api/pull", model="plain", stream=False)

    assert (steps[0], steps[-1]) == ({"status": "pulling manifest"}, {"status": "success"})
    assert (plain.text, plain.headers["content-type"]) == ('{"status":"success"}', PROGRESS)


async def test_086_an_unknown_model_is_not_pulled(served: Served) -> None:
    error = "pull model manifest: file does not exist"

    steps = lines(await post(served, "/api/pull", model="nope"))
    plain = await post(served, "/api/pull", model="nope", stream=False)

    assert steps == [{"status": "pulling manifest"}, {"error": error}]
    refused(plain, 500, error, kind=PROGRESS)


async def test_087_weights_are_neither_pushed_nor_made(served: Served) -> None:
    made = {"model": "made", "files": {"x.gguf": DIGEST}}
    for path, body in (("/api/push", {"model": "plain"}), ("/api/create", made)):
        for stream in (True, False):
            answer = await post(served, path, **body, stream=stream)

            assert answer.status_code >= 400
            assert isinstance(answer.json()["error"], str)


async def test_088_a_blob_is_not_here_and_a_bad_digest_is_no_blob(served: Served) -> None:
    unknown = await wire(served, "HEAD", f"/api/blobs/{DIGEST}")
    malformed = await wire(served, "HEAD", "/api/blobs/x")

    assert (unknown.status, unknown.content) == (404, b"")
    assert (malformed.status, malformed.content) == (400, b"")


async def test_089_copying_and_deleting_say_nothing(served: Served) -> None:
    copied = await post(served, "/api/copy", source="plain", destination="copy")
    deleted = await served.client.request("DELETE", "/api/delete", json={"model": "copy"})

    for answer in (copied, deleted):
        assert (answer.status_code, answer.content) == (200, b"")
        assert "content-type" not in answer.headers


async def test_090_nobody_is_signed_in(served: Served) -> None:
    me = await served.client.post("/api/me")
    left = await served.client.post("/api/signout")

    assert (me.status_code, me.headers["content-type"]) == (401, JSON)
    assert isinstance(me.json()["error"], str)
    refused(left, 401, "you are not currently signed in")
