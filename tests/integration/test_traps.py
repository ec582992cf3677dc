"""Traps of docs/wire/dialects.md 10 that show only when everything is put together.

The others are covered beside the codec that could fall into them, by tests of the same name.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.integration.served import backend, serving
from tests.upstream.answers import Call, chat, error, error_event, sse
from tests.upstream.server import Upstream

NAMES = (
    "meta-llama/llama-3.3-70b-instruct:free",
    "Org/Model-7B",
    "plain",
    "tagged:8b",
    "a/b/c/d:e",
)


@pytest_asyncio.fixture
async def client(upstream: Upstream) -> AsyncIterator[httpx.AsyncClient]:
    upstream.models = NAMES
    upstream.always(chat(["Hel", "lo"]))
    async with serving(backend(upstream.base_url)) as served:
        yield served.client


def asked(**more: Any) -> dict[str, Any]:
    return {"model": "plain", "messages": [{"role": "user", "content": "hi"}]} | more


async def lines_of(client: httpx.AsyncClient, **more: Any) -> list[dict[str, Any]]:
    answer = await client.post("/api/chat", json=asked(**more))
    return [json.loads(line) for line in answer.content.splitlines()]


async def test_trap_01_an_absent_stream_means_a_stream(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/chat", json=asked())

    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.content.count(b"\n") > 1


@pytest.mark.parametrize("path", ["/api/chat", "/api/show"])
@pytest.mark.parametrize("stream", [True, False])
async def test_trap_02_a_good_post_is_200(
    client: httpx.AsyncClient, path: str, stream: bool
) -> None:
    assert (await client.post(path, json=asked(stream=stream))).status_code == 200


@pytest.mark.parametrize("stream", [True, False])
async def test_trap_04_separators_leave_escaped(
    upstream: Upstream, client: httpx.AsyncClient, stream: bool
) -> None:
    odd = "a\u2028b\u2029c\u0085d"
    upstream.always(chat([odd]))

    answer = await client.post("/api/chat", json=asked(stream=stream))

    assert not re.search("[\u2028\u2029\u0085]", answer.content.decode())
    said = [json.loads(line) for line in answer.content.split(b"\n") if line]
    assert "".join(line["message"]["content"] for line in said) == odd


async def test_trap_09_exactly_one_line_is_the_last(client: httpx.AsyncClient) -> None:
    lines = await lines_of(client)

    assert [line["done"] for line in lines].count(True) == 1
    assert lines[-1]["done"]


async def test_trap_10_usage_is_asked_for_and_makes_no_line_of_its_own(
    upstream: Upstream, client: httpx.AsyncClient
) -> None:
    lines = await lines_of(client)

    assert upstream.exchanges[0].request.json()["stream_options"] == {"include_usage": True}
    *texts, ending = [line["message"]["content"] for line in lines]
    assert ("".join(texts), ending) == ("Hello", "")
    assert all(texts)
    assert (lines[-1]["prompt_eval_count"], lines[-1]["eval_count"]) == (12, 3)


@pytest.mark.parametrize("stream", [True, False])
async def test_trap_12_and_11_a_fault_is_never_a_good_end(
    upstream: Upstream, client: httpx.AsyncClient, stream: bool
) -> None:
    upstream.always(sse([error_event("provider disconnected")]))

    answer = await client.post("/api/chat", json=asked(stream=stream))

    assert answer.status_code == 502
    assert list(answer.json()) == ["error"]


async def test_trap_13_and_14_calls_arrive_whole_with_an_object(
    upstream: Upstream, client: httpx.AsyncClient
) -> None:
    upstream.always(chat(tool_calls=[Call("f", ('{"a":', " [1, 2.50]", "}"))]))

    lines = await lines_of(client)

    (call,) = [call for line in lines for call in line["message"].get("tool_calls", ())]
    assert call["function"] == {"index": 0, "name": "f", "arguments": {"a": [1, 2.5]}}


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("finish", ["tool_calls", "stop", "content_filter", "function_call"])
async def test_trap_19_a_reason_that_ollama_does_not_know_is_stop(
    upstream: Upstream, client: httpx.AsyncClient, finish: str, stream: bool
) -> None:
    upstream.always(chat(["x"], tool_calls=[Call("f", ("{}",))], finish=finish))

    lines = await lines_of(client, stream=stream)

    assert lines[-1]["done_reason"] == "stop"


async def test_trap_19_an_answer_that_was_cut_says_length(
    upstream: Upstream, client: httpx.AsyncClient
) -> None:
    upstream.always(chat(["x"], finish="length"))

    assert (await lines_of(client))[-1]["done_reason"] == "length"


@pytest.mark.parametrize("name", NAMES)
async def test_trap_31_a_name_reaches_the_upstream_as_it_listed_it(
    upstream: Upstream, client: httpx.AsyncClient, name: str
) -> None:
    listed = [model["name"] for model in (await client.get("/api/tags")).json()["models"]]

    for spelling in (name, f"up/{name}", f"{name}:latest" if name == "plain" else name):
        answer = await client.post("/api/chat", json=asked(model=spelling, stream=False))

        assert answer.json()["model"] == spelling
        assert upstream.exchanges[-1].request.json()["model"] == name
    assert name in listed or f"{name}:latest" in listed


async def test_trap_33_nothing_that_clients_iterate_over_is_null(
    upstream: Upstream, client: httpx.AsyncClient
) -> None:
    upstream.always(chat())

    shown = (await client.post("/api/show", json={"model": "plain"})).json()
    answer = (await client.post("/api/chat", json=asked(stream=False))).json()

    assert shown["details"]["families"] == []
    assert isinstance(shown["model_info"], dict)
    assert answer["message"]["content"] == ""


async def test_trap_37_times_are_utc_with_fractions_and_now(client: httpx.AsyncClient) -> None:
    before = time.time()

    lines = await lines_of(client)

    for line in lines:
        form = re.fullmatch(r"(.{10}T.{8})(\.\d{1,9})?Z", line["created_at"])
        assert form is not None
        assert abs(datetime.fromisoformat(f"{form[1]}+00:00").timestamp() - before) < 5
    assert 0 < lines[-1]["total_duration"] < 5e9  # nanoseconds


async def test_trap_38_a_chat_has_a_message_and_no_response(client: httpx.AsyncClient) -> None:
    lines = await lines_of(client)

    assert all("message" in line and "response" not in line for line in lines)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/nowhere", None, 404),
        ("PUT", "/api/chat", None, 405),
        ("POST", "/api/chat", b"[", 400),
        ("POST", "/api/chat", b"", 400),
        ("POST", "/api/generate", b"{}", 404),
        ("POST", "/api/chat", b'{"model":"nope","messages":[]}', 404),
    ],
)
async def test_trap_40_no_error_has_the_form_of_the_framework(
    client: httpx.AsyncClient, method: str, path: str, body: bytes | None, status: int
) -> None:
    answer = await client.request(method, path, content=body)

    assert answer.status_code == status
    assert b"detail" not in answer.content
    if answer.headers["content-type"].startswith("application/json"):
        assert list(answer.json()) == ["error"]


async def test_trap_40_an_upstreams_error_has_the_clients_form(
    upstream: Upstream, client: httpx.AsyncClient
) -> None:
    upstream.always(error(400, "too hot", code="bad_temperature"))

    answer = await client.post("/api/chat", json=asked())

    assert (answer.status_code, answer.json()) == (400, {"error": "too hot"})
