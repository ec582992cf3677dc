"""Recorded exchanges of the real server (tests/golden/README.md), ready to be replayed."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from msgspec import Struct

_FOLDER = Path(__file__).parents[1] / "golden"

GROUPS = ("version", "root", "tags", "show", "chat", "errors")
ROUTES = frozenset(
    {
        ("GET", "/"),
        ("HEAD", "/"),
        ("GET", "/api/version"),
        ("HEAD", "/api/version"),
        ("GET", "/api/tags"),
        ("HEAD", "/api/tags"),
        ("POST", "/api/show"),
        ("POST", "/api/chat"),
    }
)
"""What this version serves."""


class Recorded(Struct, frozen=True, kw_only=True):
    """One request, its answer, and what the model runner behind the server said."""

    name: str
    state: str
    request: dict[str, Any]
    response: dict[str, Any]
    volatile: tuple[str, ...]
    runner: tuple[dict[str, Any], ...]

    @property
    def content(self) -> bytes:
        """The body of the request."""
        if "body_base64" in self.request:
            return base64.b64decode(self.request["body_base64"])
        if "body_text" in self.request:
            return str(self.request["body_text"]).encode()
        body = self.request.get("body")
        return b"" if body is None else json.dumps(body).encode()

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the request, `Host` included."""
        return {"Host": "127.0.0.1:11434", **self.request["headers"]}


@cache
def recordings() -> tuple[Recorded, ...]:
    """Every recorded exchange of the routes and groups that this version serves."""
    runner: dict[str, list[dict[str, Any]]] = {}
    for call in _lines("runner.jsonl"):
        if call["file"] == "ollama-native.jsonl":
            runner.setdefault(call["exchange"], []).append(call["response"])
    return tuple(
        Recorded(
            name=row["name"],
            state=row["state"],
            request=row["request"],
            response=row["response"],
            volatile=tuple(row["volatile"]),
            runner=tuple(runner.get(row["name"], ())),
        )
        for row in _lines("ollama-native.jsonl")
        if row["group"] in GROUPS and _route(row["request"]) in ROUTES
    )


def _route(request: dict[str, Any]) -> tuple[str, str]:
    return request["method"], request["path"].partition("?")[0]


def _lines(name: str) -> Iterator[dict[str, Any]]:
    with (_FOLDER / name).open(encoding="utf-8") as file:
        yield from map(json.loads, file)
