"""Sending recorded requests again, and comparing the answers' shapes with the recorded ones."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import httpx
import msgspec
from msgspec import Struct

from tests.upstream.persona.catalog import GOLDEN

IMPLIED = frozenset({"host", "content-length", "transfer-encoding"})


class Answered(Struct, frozen=True, kw_only=True):
    """An answer. `lines` are the JSON objects of the body, one if it is no stream."""

    status: int
    content_type: str
    text: str
    lines: Sequence[Any]


def recordings(file: str) -> list[dict[str, Any]]:
    """Return the lines of a file of tests/golden."""
    return [json.loads(line) for line in (GOLDEN / file).read_text().splitlines()]


async def send(client: httpx.AsyncClient, request: Mapping[str, Any]) -> Answered:
    """Send a recorded request, with its headers and its exact body."""
    headers = {n: v for n, v in request["headers"].items() if n.lower() not in IMPLIED}
    reply = await client.request(
        request["method"], request["path"], headers=headers, content=_content(request)
    )
    kind = reply.headers.get("content-type", "")
    text = reply.text
    lines = [msgspec.json.decode(line) for line in text.splitlines()] if "json" in kind else []
    return Answered(status=reply.status_code, content_type=kind, text=text, lines=lines)


def recorded_answer(response: Mapping[str, Any]) -> Answered:
    """Read the recorded answer."""
    lines = response.get("lines") or ([response["body"]] if "body" in response else [])
    return Answered(
        status=response["status"],
        content_type=response["headers"].get("Content-Type", ""),
        text=response.get("body_text", ""),
        lines=lines,
    )


def differences(came: Answered, recorded: Answered) -> Iterator[str]:
    """Yield how an answer differs from the recorded one in status, type and shape.

    Each line of a stream must be like one of the recorded ones, and the last like the last.
    """
    if came.status != recorded.status:
        yield f"status {came.status} for {recorded.status}"
        return
    if came.content_type != recorded.content_type:
        yield f"type {came.content_type!r} for {recorded.content_type!r}"
    if bool(came.lines) != bool(recorded.lines):
        yield "body " + ("for none" if came.lines else "missing")
    elif came.lines:
        for line in came.lines[:-1]:
            yield from _nearest(line, recorded.lines, "")
        yield from _shape(came.lines[-1], recorded.lines[-1], "")


def _content(request: Mapping[str, Any]) -> bytes | None:
    for exact in ("raw", "body_text"):
        if request.get(exact):
            return str(request[exact]).encode()
    return None if request.get("body") is None else msgspec.json.encode(request["body"])


def _nearest(came: Any, candidates: Sequence[Any], path: str) -> list[str]:
    found = [list(_shape(came, candidate, path)) for candidate in candidates]
    return min(found, key=len)


def _shape(came: Any, recorded: Any, path: str) -> Iterator[str]:
    if isinstance(recorded, dict) and isinstance(came, dict):
        yield from (f"{path}.{name} missing" for name in recorded if name not in came)
        yield from (f"{path}.{name} new" for name in came if name not in recorded)
        both = [name for name in came if name in recorded]
        if both != [name for name in recorded if name in came]:
            yield f"{path} order of keys {both}"
        for name in both:
            yield from _shape(came[name], recorded[name], f"{path}.{name}")
    elif isinstance(recorded, list) and isinstance(came, list):
        for item in came if recorded else ():
            yield from _nearest(item, recorded, f"{path}[]")
    elif _kind(came) != _kind(recorded):
        yield f"{path} is {_kind(came)} for {_kind(recorded)}"


def _kind(value: Any) -> str:
    match value:
        case bool():
            return "bool"
        case int() | float():
            return "number"
        case _:
            return type(value).__name__
