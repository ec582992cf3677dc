"""Statements 31 to 44 of the checklist: which model is meant, and what is said of others."""

from __future__ import annotations

import pytest

from tests.integration.checklist.asking import (
    JSON,
    chat,
    generate,
    lines,
    post,
    refused,
    whole,
    wire,
)
from tests.integration.served import Served
from tests.upstream.answers import chat as said
from tests.upstream.server import Upstream

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_031_a_chat_needs_a_model(served: Served) -> None:
    refused(await post(served, "/api/chat"), 400, "model is required")


async def test_032_a_completion_finds_no_empty_model(served: Served) -> None:
    refused(await post(served, "/api/generate"), 404, "model '' not found")


async def test_033_an_embedding_finds_no_empty_model(served: Served) -> None:
    refused(await post(served, "/api/embed"), 404, "model '' not found")


async def test_034_the_older_embedding_needs_a_model(served: Served) -> None:
    refused(await post(served, "/api/embeddings"), 400, "model is required")


async def test_035_show_push_and_delete_need_a_model(served: Served) -> None:
    for method, path in (
        ("POST", "/api/show"),
        ("POST", "/api/push"),
        ("DELETE", "/api/delete"),
    ):
        answer = await wire(served, method, path, b"{}")

        assert (answer.status, answer.content_type) == (400, JSON), path
        assert answer.json() == {"error": "model is required"}, path


async def test_036_nothing_is_pulled_or_made_without_a_name(served: Served) -> None:
    for path in ("/api/pull", "/api/create"):
        refused(await post(served, path), 400, "invalid model name")


async def test_037_an_unknown_model_neither_chats_nor_completes(served: Served) -> None:
    for ask in (chat, generate):
        refused(await ask(served, model="nope"), 404, "model 'nope' not found")


async def test_038_an_unknown_model_does_not_embed(served: Served) -> None:
    error = 'model "nope" not found, try pulling it first'

    refused(await post(served, "/api/embed", model="nope", input="x"), 404, error)
    refused(await post(served, "/api/embeddings", model="nope", prompt="x"), 404, error)


async def test_039_an_unknown_model_is_shown_with_its_tag(served: Served) -> None:
    refused(await post(served, "/api/show", model="nope"), 404, "model 'nope:latest' not found")


async def test_040_an_unknown_model_is_neither_deleted_nor_copied(served: Served) -> None:
    deleted = await served.client.request("DELETE", "/api/delete", json={"model": "nope"})
    copied = await post(served, "/api/copy", source="nope", destination="x")

    refused(deleted, 404, "model 'nope' not found")
    refused(copied, 404, 'model "nope" not found')


async def test_041_a_name_has_no_blank_in_it(served: Served) -> None:
    refused(await chat(served, model="a b"), 400, "invalid model name")


async def test_042_a_model_is_found_in_any_spelling_and_echoed_as_asked(
    served: Served, upstream: Upstream
) -> None:
    upstream.always(said(["hello"]))

    for name in ("PLAIN", "plain", "plain:latest", " plain "):
        streamed = lines(await chat(served, model=name))
        plain = whole(await chat(served, model=name, stream=False))

        assert {line["model"] for line in streamed} == {name} == {plain["model"]}


async def test_043_another_tag_is_another_model(served: Served) -> None:
    refused(await chat(served, model="plain:8b"), 404, "model 'plain:8b' not found")


async def test_044_the_model_may_come_as_its_name(served: Served) -> None:
    named = {"model": "", "name": "plain"}

    shown = await post(served, "/api/show", **named)
    pulled = await post(served, "/api/pull", **named, stream=False)
    copied = await post(served, "/api/copy", source="plain", destination="copy")
    deleted = await served.client.request(
        "DELETE", "/api/delete", json={"model": "", "name": "copy"}
    )

    assert whole(shown)["details"]
    assert pulled.json() == {"status": "success"}
    assert (copied.status_code, deleted.status_code) == (200, 200)
