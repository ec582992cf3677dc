"""Recorded exchanges of the real server (tests/golden/README.md), ready to be sent again."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from msgspec import Struct

from tests.integration.golden.wire import Answer, Header, ask

_FOLDER = Path(__file__).parents[2] / "golden"

NATIVE = "ollama-native"
OPENAI = "openai-compat"
RESPONSES = "responses"
ANTHROPIC = "anthropic-compat"
FILES = (NATIVE, OPENAI, RESPONSES, ANTHROPIC)
"""What was recorded of each dialect, by the name of its file."""


class Recorded(Struct, frozen=True, kw_only=True):
    """One request, its answer, and what the model runner behind the server said."""

    file: str
    name: str
    group: str
    state: str
    request: dict[str, Any]
    response: dict[str, Any]
    volatile: frozenset[str]
    """Pointers to what changes from run to run."""
    runner: tuple[dict[str, Any], ...]
    """Each time that its runner was asked: a `request` and its `response`."""

    @property
    def path(self) -> str:
        """The path, without its query."""
        return str(self.request["path"]).partition("?")[0]

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
    def headers(self) -> list[Header]:
        """The headers of the request, `Host` included."""
        given: dict[str, str] = self.request["headers"]
        host = {} if self.name == "host: no Host header" else {"Host": "127.0.0.1:11434"}
        return list({**host, **given}.items())

    @property
    def raw(self) -> bytes:
        """The body of the answer, byte for byte."""
        response = self.response
        return str(response.get("raw", response.get("body_text", ""))).encode()


async def send(recorded: Recorded, url: str) -> Answer:
    """Send a recorded request to another server."""
    request = recorded.request
    chunked = bool(request.get("chunked"))
    return await ask(
        url,
        request["method"],
        request["path"],
        recorded.headers,
        recorded.content,
        chunked=chunked,
    )


@cache
def recordings(file: str = NATIVE) -> dict[str, Recorded]:
    """Return every recorded exchange of a file by its name, in their order."""
    runner: dict[str, list[dict[str, Any]]] = {}
    for call in _lines("runner"):
        if call["file"] == f"{file}.jsonl":
            runner.setdefault(call["exchange"], []).append(call)
    return {
        row["name"]: Recorded(
            file=file,
            name=row["name"],
            group=row["group"],
            state=row["state"],
            request=row["request"],
            response=row["response"],
            volatile=frozenset(row["volatile"]),
            runner=tuple(runner.get(row["name"], ())),
        )
        for row in _lines(file)
    }


def everything() -> Iterator[Recorded]:
    """Give every recorded exchange of every file."""
    for file in FILES:
        yield from recordings(file).values()


def _lines(name: str) -> Iterator[dict[str, Any]]:
    with (_FOLDER / f"{name}.jsonl").open(encoding="utf-8") as file:
        yield from map(json.loads, file)
