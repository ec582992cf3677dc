"""Statements 1 to 11 of the checklist: the server itself, its paths and methods."""

from __future__ import annotations

import re

import pytest

from tests.integration.checklist.asking import JSON, chat, wire
from tests.integration.served import Served

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_001_the_root_says_that_ollama_is_running(served: Served) -> None:
    answer = await wire(served, "GET", "/")

    assert (answer.status, answer.content_type) == (200, "text/plain; charset=utf-8")
    assert answer.content == b"Ollama is running"


async def test_002_the_head_of_the_root_has_its_headers_and_no_body(served: Served) -> None:
    whole, head = await wire(served, "GET", "/"), await wire(served, "HEAD", "/")

    assert (head.status, head.told, head.content) == (200, whole.told, b"")
    assert dict(head.headers)["content-length"] == "17"


async def test_003_the_version_is_one_key_with_a_plain_number(served: Served) -> None:
    answer = await wire(served, "GET", "/api/version")

    assert (answer.status, answer.content_type) == (200, JSON)
    assert list(answer.json()) == ["version"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", answer.json()["version"])


async def test_004_the_version_and_the_list_have_heads(served: Served) -> None:
    for path in ("/api/version", "/api/tags"):
        answer = await wire(served, "HEAD", path)

        assert (answer.status, answer.content) == (200, b""), path


async def test_005_the_status_tells_whether_there_is_a_cloud(served: Served) -> None:
    answer = await wire(served, "GET", "/api/status")

    assert (answer.status, answer.content_type) == (200, JSON)
    assert isinstance(answer.json()["cloud"]["disabled"], bool)
    assert answer.json()["cloud"]["source"] in {"none", "env", "config", "both"}


async def test_006_an_unknown_path_is_a_404_in_plain_text(served: Served) -> None:
    answer = await wire(served, "GET", "/nope")

    assert (answer.status, answer.content_type) == (404, "text/plain")
    assert answer.content == b"404 page not found"


async def test_007_another_method_is_a_405_that_names_the_right_one(served: Served) -> None:
    answer = await wire(served, "GET", "/api/chat")

    assert (answer.status, dict(answer.headers)["allow"]) == (405, "POST")
    assert (answer.content_type, answer.content) == ("text/plain", b"405 method not allowed")


async def test_008_the_list_allows_head_and_get(served: Served) -> None:
    answer = await wire(served, "POST", "/api/tags")

    assert (answer.status, dict(answer.headers)["allow"]) == (405, "HEAD, GET")


async def test_009_what_is_loaded_has_no_head(served: Served) -> None:
    answer = await wire(served, "HEAD", "/api/ps")

    assert (answer.status, dict(answer.headers)["allow"]) == (405, "GET")


async def test_010_untidy_paths_lead_to_tidy_ones(served: Served) -> None:
    for method, path, status, tidy in (
        ("POST", "/api/chat/", 307, "/api/chat"),
        ("GET", "/api/tags/", 301, "/api/tags"),
        ("GET", "//api/tags", 307, "/api/tags"),
    ):
        answer = await wire(served, method, path)

        assert (answer.status, dict(answer.headers)["location"]) == (status, tidy), path


async def test_011_paths_have_one_letter_case(served: Served) -> None:
    answer = await wire(served, "POST", "/API/Chat", b'{"model":"plain"}')

    assert (answer.status, answer.content) == (404, b"404 page not found")
    assert (await chat(served, messages=[])).status_code == 200
