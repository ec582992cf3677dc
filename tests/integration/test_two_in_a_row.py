"""One llamaport before another: what the one behind has to say of a request is handed on."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from msgspec.structs import replace

from tests.integration.served import Served, backend, serving
from tests.upstream.answers import chat, plain_chat
from tests.upstream.server import Upstream

HEADER = "x-llamaport-dropped"
HI = [{"role": "user", "content": "hi"}]
NATIVE = 'native = ["openai", "responses", "anthropic"]'
NONE = 'native = ["none"]'
BODIES: dict[str, dict[str, Any]] = {
    "/api/chat": {"messages": HI, "options": {"top_k": 5, "num_ctx": 4096}},
    "/v1/chat/completions": {"messages": HI, "top_k": 5},
    "/v1/responses": {"input": "hi", "top_k": 5},
    "/v1/messages": {"messages": HI, "max_tokens": 9, "top_k": 5},
}


@asynccontextmanager
async def in_a_row(upstream: Upstream, *lines: str) -> AsyncIterator[Served]:
    """Serve before a second one, which is before the upstream; `lines` tell the first of it."""
    elsewhere = "[server]\nport = 1\n"  # as it is called in `Via`, so that nobody sees a loop
    async with (
        serving(elsewhere + backend(upstream.base_url, NONE)) as back,
        serving(backend(f"{back.url}/v1", *lines)) as front,
    ):
        yield front


def named(value: str) -> list[str]:
    return sorted(value.split(", "))


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("path", [path for path in BODIES if path != "/api/chat"])
async def test_what_the_one_behind_drops_of_a_relayed_request_is_told(
    upstream: Upstream, path: str, stream: bool
) -> None:
    upstream.always(chat(["ok"]))
    async with in_a_row(upstream, NATIVE) as served:
        answer = await served.client.post(
            path, json={"model": "m", "stream": stream} | BODIES[path]
        )

    assert answer.status_code == 200, answer.text
    assert answer.headers.get_list(HEADER) == ["top_k"]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("path", BODIES)
async def test_it_is_told_beside_what_is_dropped_here_where_the_request_is_translated(
    upstream: Upstream, path: str, stream: bool
) -> None:
    upstream.always(chat(["ok"]))
    # The first one believes that it may say `top_k`, and the second one drops it.
    async with in_a_row(upstream, NONE, 'profile = "vllm"') as served:
        answer = await served.client.post(
            path, json={"model": "m", "stream": stream, "odd_one": 1} | BODIES[path]
        )

    assert answer.status_code == 200, answer.text
    own = "options.num_ctx" if path == "/api/chat" else "odd_one"
    assert named(answer.headers[HEADER]) == sorted([own, "top_k"])
    assert answer.headers.get_list(HEADER) == [answer.headers[HEADER]]


async def test_of_several_answers_each_name_is_told_once(upstream: Upstream) -> None:
    upstream.always(chat(["ok"]))
    body = {"model": "m", "prompt": ["a", "b"], "n": 2, "top_k": 5}
    async with in_a_row(upstream, NONE, 'profile = "vllm"') as served:
        answer = await served.client.post("/v1/completions", json=body)

    assert answer.status_code == 200, answer.text
    assert len(answer.json()["choices"]) == 4
    assert answer.headers[HEADER] == "top_k"


async def test_nothing_is_handed_on_to_the_next_request(upstream: Upstream) -> None:
    upstream.always(chat(["ok"]))
    async with in_a_row(upstream, NATIVE) as served:
        answers = [
            await served.client.post(
                "/v1/chat/completions", json={"model": "m", "messages": HI} | more
            )
            for more in ({"top_k": 5}, {}, {"top_k": 5})
        ]

    assert [answer.headers.get(HEADER) for answer in answers] == ["top_k", None, "top_k"]


async def test_what_any_server_sends_in_that_header_is_cleaned(upstream: Upstream) -> None:
    odd = "top_k, , \u00e9\ttab," + ", ".join(f"y{number}" for number in range(1000))
    whole = plain_chat("ok")
    upstream.always(replace(whole, headers=(*whole.headers, ("X-Llamaport-Dropped", odd))))
    async with serving(backend(upstream.base_url)) as served:
        answer = await served.client.post(
            "/v1/chat/completions", json={"model": "m", "messages": HI}
        )

    assert re.fullmatch(r"[ -~]{0,4096}", answer.headers[HEADER])
    assert answer.headers[HEADER].startswith("top_k, ")
    assert answer.headers[HEADER].endswith(", ...")


@pytest.mark.parametrize("lines", [NATIVE, NONE])
async def test_tokens_that_the_one_behind_only_estimates_are_not_said_to_be_counted(
    upstream: Upstream, lines: str
) -> None:
    async with in_a_row(upstream, lines) as served:
        body = {"model": "m", "messages": HI}
        answer = await served.client.post("/v1/messages/count_tokens", json=body)

    assert answer.status_code == 200, answer.text
    assert answer.headers["x-llamaport-tokens"] == "estimated"
