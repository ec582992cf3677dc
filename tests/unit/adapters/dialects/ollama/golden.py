"""Recorded exchanges of the real server (tests/golden/README.md)."""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec import Struct

from adapters.dialects.ollama import errors
from ports.errors import GatewayError

_FILE = Path(__file__).parents[4] / "golden" / "ollama-native.jsonl"


class Exchange(Struct, frozen=True):
    """One request and its answer. `error` is `None` where it went well."""

    name: str
    method: str
    path: str
    state: str
    body: bytes
    status: int
    content_type: str
    raw: str
    error: str | None

    @property
    def lines(self) -> list[str]:
        return [f"{line}\n" for line in self.raw.removesuffix("\n").split("\n")]


def exchanges(*paths: str) -> Iterator[Exchange]:
    """Read the recorded POST requests to these paths."""
    with _FILE.open(encoding="utf-8") as lines:
        for line in lines:
            recorded = json.loads(line)
            request = recorded["request"]
            if request["method"] == "POST" and request["path"] in paths:
                yield _exchange(recorded)


def refusal(decode: Callable[[bytes], object], exchange: Exchange) -> GatewayError | None:
    """Return why a recorded body is not taken, `None` if it is."""
    try:
        decode(exchange.body)
    except GatewayError as error:
        return error
    return None


def rendered(error: GatewayError | None) -> tuple[str, int]:
    """Return the body and the status of a refusal."""
    assert error is not None
    answer = errors.render(error)
    return answer.body.decode(), answer.status


def as_recorded(exchange: Exchange) -> tuple[str, int]:
    """Return the body and the status that a recorded refusal has here."""
    # The real server calls some mistakes of a client its own; a decided difference.
    return exchange.raw, {500: 400}.get(exchange.status, exchange.status)


def nanoseconds(created_at: str) -> int:
    """Read a recorded time."""
    whole, _, fraction = created_at.removesuffix("Z").partition(".")
    seconds = int(datetime.fromisoformat(f"{whole}+00:00").timestamp())
    return seconds * 1_000_000_000 + int(fraction.ljust(9, "0"))


def _exchange(recorded: dict[str, Any]) -> Exchange:
    response = recorded["response"]
    body = response.get("body")
    failed = response["status"] >= 400
    return Exchange(
        name=recorded["name"],
        method=recorded["request"]["method"],
        path=recorded["request"]["path"],
        state=recorded["state"],
        body=_body(recorded["request"]),
        status=response["status"],
        content_type=response["headers"].get("Content-Type", ""),
        raw=response.get("raw") or "",
        error=body["error"] if failed and isinstance(body, dict) else None,
    )


def _body(request: dict[str, Any]) -> bytes:
    if "body_base64" in request:
        return base64.b64decode(request["body_base64"])
    if "body_text" in request:
        return request["body_text"].encode()
    return b"" if request.get("body") is None else json.dumps(request["body"]).encode()
