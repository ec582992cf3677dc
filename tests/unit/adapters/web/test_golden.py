"""Every recorded exchange about hosts, origins, methods and the root, through the door."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.web.admission import Scope
from adapters.web.door import App
from app.registry import render
from tests.unit.adapters.web.client import Reply, ask, door, scope_of

RECORDED = Path(__file__).parents[3] / "golden" / "ollama-native.jsonl"
GROUPS = ("host", "cors", "methods")
ROOT = ("root: GET the root", "root: HEAD the root")

LET_IN = 299
"""What the application inside answers where the recorded server let nobody in."""

ANY_ADDRESS = "an address cannot be rebound, so every IP literal passes"
EVERY_LISTENER = "hosts are checked on every listener"
OWN_FORM = "below /v1 what is not there is told in the dialect of the path"
V1_HEAD = "below /v1 what can be read has a head"
V1_HEADERS = "below /v1 the headers of the Anthropic SDK may be sent, too"
DIFFERENT = {
    "host: Host '8.8.8.8' on a loopback listener": (LET_IN, ANY_ADDRESS),
    "host: Host '169.254.1.1' on a loopback listener": (LET_IN, ANY_ADDRESS),
    "host: Host '' on a loopback listener": (403, "an empty host is always refused"),
    "host: Host evil.example on a listener bound to all addresses": (403, EVERY_LISTENER),
    "host: Host ollama on a listener bound to all addresses": (403, EVERY_LISTENER),
    "cors: preflight allowed, /v1/chat/completions": (204, V1_HEADERS),
    "cors: preflight allowed, /v1/messages": (204, V1_HEADERS),
    "methods: GET /v1": (404, OWN_FORM),
    "methods: GET /v1/chat/completions": (405, OWN_FORM),
    "methods: GET /v1/messages": (405, OWN_FORM),
    "methods: POST /v1/models": (405, OWN_FORM),
    "methods: HEAD /v1/models": (LET_IN, V1_HEAD),
    "methods: GET /v1/responses/abc": (404, OWN_FORM),
    "methods: POST /v1/messages/count_tokens": (404, OWN_FORM),
}
FRAMING = {b"content-length", b"transfer-encoding", b"date"}
OWN = {b"x-request-id"}


def recorded() -> Iterator[dict[str, Any]]:
    for line in RECORDED.read_text().splitlines():
        exchange = json.loads(line)
        if exchange["group"] in GROUPS or exchange["name"] in ROOT:
            yield exchange


EXCHANGES = {exchange["name"]: exchange for exchange in recorded()}


def seen(reply: Reply) -> dict[str, Any]:
    return {
        "status": reply.status,
        "headers": sorted(pair for pair in reply.headers if pair[0] not in FRAMING | OWN),
        "body": reply.body.decode(),
    }


def expected(response: dict[str, Any]) -> dict[str, Any]:
    return {
        "status": response["status"],
        "headers": sorted(
            (name.lower().encode(), value.encode())
            for name, values in response["headers"].items()
            for value in ([values] if isinstance(values, str) else values)
        ),
        "body": response.get("raw", response.get("body_text", response.get("raw_head", ""))),
    }


def door_for(exchange: dict[str, Any]) -> App:
    """Configure a door as the recorded server was; inside it sits its recorded answer."""
    state, response = exchange["state"], exchange["response"]
    origins = re.search(r'extra origins "(.*)"', state)

    async def answer(_scope: Scope, _receive: Any, send: Any) -> None:
        kind = response["headers"].get("Content-Type", "none")
        came_from_inside = response["status"] == 200 or kind.startswith("application/")
        own: dict[str, Any] = {"status": LET_IN, "body": "let in"}
        if came_from_inside:
            own = expected(response)
        await send(
            {
                "type": "http.response.start",
                "status": own["status"],
                "headers": [(b"content-type", kind.encode())],
            }
        )
        await send({"type": "http.response.body", "body": own["body"].encode()})

    return door(
        answer,
        bound_host="0.0.0.0" if "bound to all addresses" in state else "127.0.0.1",
        origins=["*"] if "(*)" in state else origins[1].split(",") if origins else (),
        renderer=render,
    )


async def replay(exchange: dict[str, Any]) -> Reply:
    request = exchange["request"]
    headers = [
        (name.lower().encode(), value.encode()) for name, value in request["headers"].items()
    ]
    without_host = exchange["name"] == "host: no Host header"
    given = without_host or any(name == b"host" for name, _ in headers)
    host = None if given else b"127.0.0.1:11434"
    return await ask(
        door_for(exchange), scope_of(request["method"], request["path"], headers, host=host)
    )


def test_the_recordings_are_all_there() -> None:
    assert len(EXCHANGES) == 166


@pytest.mark.parametrize("name", [name for name in EXCHANGES if name not in DIFFERENT])
async def test_the_door_answers_as_recorded(name: str) -> None:
    exchange = EXCHANGES[name]

    reply = await replay(exchange)

    assert seen(reply) == expected(exchange["response"])


@pytest.mark.parametrize("name", DIFFERENT)
async def test_the_door_differs_from_the_recording_where_that_was_decided(name: str) -> None:
    exchange = EXCHANGES[name]
    status, _reason = DIFFERENT[name]

    reply = await replay(exchange)

    assert reply.status == status
    assert seen(reply) != expected(exchange["response"])


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages"])
async def test_a_preflight_below_v1_differs_in_added_headers_only(path: str) -> None:
    exchange = EXCHANGES[f"cors: preflight allowed, {path}"]
    name = b"access-control-allow-headers"

    ours = dict(seen(await replay(exchange))["headers"])
    theirs = dict(expected(exchange["response"])["headers"])

    assert ours[name].startswith(theirs[name] + b",")
    assert {**ours, name: b""} == {**theirs, name: b""}
