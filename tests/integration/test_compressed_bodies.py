"""Compressed request bodies, from a socket to an upstream (docs/wire/dialects.md 0.2)."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.integration.served import Served, backend, serving
from tests.upstream.answers import chat
from tests.upstream.fixtures import module_upstream
from tests.upstream.server import Upstream
from tests.zstd import compress as zstd

__all__ = ["module_upstream"]

pytestmark = pytest.mark.asyncio(loop_scope="module")

SMALL = "[server]\nmax_body = 10_000\n"
HELLO = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
CODINGS: dict[str, Callable[[bytes], bytes]] = {"zstd": zstd, "gzip": gzip.compress}
PATHS = ("/v1/chat/completions", "/v1/messages")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(module_upstream: Upstream) -> AsyncIterator[Served]:
    async with serving(SMALL + backend(module_upstream.base_url)) as served:
        yield served


async def post(served: Served, path: str, coding: str, body: bytes) -> httpx.Response:
    headers = {"content-encoding": coding, "content-type": "application/json"}
    return await served.client.post(path, content=body, headers=headers)


def error_of(path: str, answer: httpx.Response) -> dict[str, Any]:
    """Return the error object, in the dialect of the path."""
    said: dict[str, Any] = answer.json()
    assert said.get("type") == ("error" if path == "/v1/messages" else None)
    error: dict[str, Any] = said["error"]
    return error


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("path", PATHS)
async def test_an_upstream_gets_what_the_body_stands_for(
    module_upstream: Upstream, served: Served, path: str, coding: str
) -> None:
    module_upstream.forget()
    module_upstream.always(chat(["hello"]))

    answer = await post(served, path, coding, CODINGS[coding](json.dumps(HELLO).encode()))

    assert answer.status_code == 200, answer.text
    sent = module_upstream.exchanges[0].request
    assert sent.json()["messages"] == HELLO["messages"]
    assert "content-encoding" not in sent.headers


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("coding", "body", "status"),
    [
        ("zstd", b"hello", 400),
        ("gzip", gzip.compress(b"{}")[:-3], 400),
        ("br", b"hello", 415),
        ("zstd", zstd(bytes(10_001)), 413),
        ("gzip", gzip.compress(bytes(100_000_000)), 413),
    ],
    ids=["no zstd", "cut off", "not known", "a byte too long", "a bomb"],
)
async def test_a_body_that_cannot_be_read_is_told_in_the_dialect(
    served: Served, path: str, coding: str, body: bytes, status: int
) -> None:
    answer = await post(served, path, coding, body)

    kind = "request_too_large" if (path, status) == (PATHS[1], 413) else "invalid_request_error"
    assert (answer.status_code, error_of(path, answer)["type"]) == (status, kind)
    if status == 415:
        assert answer.headers["accept-encoding"] == "zstd, gzip"


async def test_elsewhere_a_compressed_body_is_bad_json_as_with_ollama(served: Served) -> None:
    answer = await post(served, "/api/chat", "gzip", gzip.compress(b'{"model":"m"}'))

    assert answer.status_code == 400
    assert "invalid character" in answer.json()["error"]
