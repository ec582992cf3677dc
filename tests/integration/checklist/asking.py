"""How the tests of the checklist ask, and what they expect of every refusal."""

from __future__ import annotations

import json
from typing import Any

import httpx

from tests.integration.golden.wire import Answer, ask
from tests.integration.served import Served

JSON = "application/json; charset=utf-8"
PROGRESS = "application/json"
LINES = "application/x-ndjson"
HI = [{"role": "user", "content": "hi"}]
HOST = "127.0.0.1:11434"


async def post(served: Served, path: str, /, **body: Any) -> httpx.Response:
    """Post a JSON body."""
    return await served.client.post(path, json=body)


async def chat(served: Served, **body: Any) -> httpx.Response:
    """Chat with `plain`, unless the body says otherwise."""
    return await post(served, "/api/chat", **{"model": "plain", "messages": HI} | body)


async def generate(served: Served, **body: Any) -> httpx.Response:
    """Complete a prompt with `plain`, unless the body says otherwise."""
    return await post(served, "/api/generate", **{"model": "plain", "prompt": "hi"} | body)


async def wire(served: Served, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
    """Send exactly this."""
    given = {"Host": HOST} | headers
    return await ask(served.url, method, path, list(given.items()), body)


def lines(answer: httpx.Response) -> list[dict[str, Any]]:
    """Decode a stream, every line of it."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == LINES
    assert answer.text.endswith("\n")
    return [json.loads(line) for line in answer.text.removesuffix("\n").split("\n")]


def whole(answer: httpx.Response) -> dict[str, Any]:
    """Decode an answer in one piece."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == JSON
    assert not answer.text.endswith("\n")
    decoded: dict[str, Any] = answer.json()
    return decoded


def refused(answer: httpx.Response, status: int, error: str, *, kind: str = JSON) -> None:
    """Expect a refusal: a flat object with one string."""
    assert (answer.status_code, answer.json()) == (status, {"error": error})
    assert answer.headers["content-type"] == kind


def texts(said: list[dict[str, Any]], key: str = "content") -> str:
    """Join what the lines of a chat say."""
    return "".join(line["message"].get(key, "") for line in said)
