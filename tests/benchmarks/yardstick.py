"""What everything is compared to: the least that a Python server can do, on this machine.

An ASGI application without a framework, served by uvicorn as llamaport is, answers the same
requests from memory. Costs of llamaport divided by its costs hold from machine to machine,
where milliseconds do not. `loop_ms` is plain interpreter speed, to tell one from the other.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time

import msgspec
import uvicorn
from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, Scope

from tests.benchmarks.payloads import (
    ALIAS,
    ANTHROPIC,
    CHAT,
    EMBED,
    GENERATE,
    OPENAI,
    PACE,
    PLAIN_TEXT,
    VECTOR,
    deltas,
)


def said(path: str, text: str, *, done: bool = False) -> bytes:
    """Build what a path says."""
    words = {"response": text} if path == GENERATE else {"message": {"content": text}}
    return msgspec.json.encode(words | {"done": done})


PATHS = (CHAT, GENERATE, OPENAI, ANTHROPIC)
"""Answered in one and the same form: that of lines."""

LINES = {
    (path, ALIAS[model]): [said(path, text) + b"\n" for text in deltas(model)]
    for model in PACE
    for path in PATHS
}
LAST = {path: said(path, "", done=True) + b"\n" for path in PATHS}
PLAIN = {path: said(path, PLAIN_TEXT, done=True) for path in PATHS} | {
    EMBED: msgspec.json.encode({"embeddings": [VECTOR]})
}
PACES = {ALIAS[model]: pace for model, pace in PACE.items()}


class Request(msgspec.Struct):
    """What of a request makes a difference."""

    model: str = ""
    stream: bool = False


async def application(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Answer from memory."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return
        body += message["body"]
        if not message["more_body"]:
            break
    request = msgspec.json.decode(body or b"{}", type=Request)
    path = scope["path"]  # type: ignore[typeddict-item]  # no lifespan here
    if request.stream:
        await _stream(path, request.model, send)
    else:
        plain = PLAIN[path]
        await _head(send, b"application/json", (b"content-length", b"%d" % len(plain)))
        await send({"type": "http.response.body", "body": plain, "more_body": False})


async def _stream(path: str, model: str, send: ASGISendCallable) -> None:
    await _head(send, b"application/x-ndjson")
    pace = PACES[model]
    for line in LINES[path, model]:
        await send({"type": "http.response.body", "body": line, "more_body": True})
        await asyncio.sleep(pace)
    await send({"type": "http.response.body", "body": LAST[path], "more_body": False})


async def _head(send: ASGISendCallable, media_type: bytes, *more: tuple[bytes, bytes]) -> None:
    headers = [(b"content-type", media_type), *more]
    await send(
        {"type": "http.response.start", "status": 200, "headers": headers, "trailers": False}
    )


def loop_ms() -> float:
    """Time a loop of plain Python, in milliseconds of CPU; the best of five."""

    def once() -> float:
        value, start = 1, time.process_time()
        for number in range(500_000):
            value = (value * 31 + number) % 1_000_003
        return time.process_time() - start

    return 1000 * min(once() for _ in range(5))


def main(words: list[str]) -> None:
    """Serve on a port, from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    uvicorn.run(
        application,
        host="127.0.0.1",
        port=parser.parse_args(words).port,
        loop="uvloop",
        http="httptools",
        lifespan="off",
        access_log=False,
        log_level="warning",
        backlog=4096,
    )


if __name__ == "__main__":
    main(sys.argv[1:])
