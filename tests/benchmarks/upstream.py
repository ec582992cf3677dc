"""A scripted upstream that no gateway can outrun.

Speaks OpenAI (`POST …/chat/completions`, `POST …/embeddings`, `GET …/models`) and, to be relayed
and to measure the driver itself, Ollama (`POST /api/chat`, `GET /api/tags`, `GET /api/version`).
Takes spans as a collector does (`POST …/v1/traces`).
A request is not parsed but for its length, its
model and whether it is to be streamed. Every event is one write, one turn of the loop apart
even when nothing paces it, so that the upstream itself glues no two together.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import re
import sys
from collections.abc import Iterator
from typing import cast

import uvloop

from tests.benchmarks import recordings
from tests.benchmarks.payloads import FLAT, PACE

STREAM = re.compile(rb'"stream"\s*:\s*true')
MODEL = re.compile(rb'"model"\s*:\s*"(?:bench-)?(paced|open)')
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)
OPENAI_HEAD = recordings.head("text/event-stream")
OLLAMA_HEAD = recordings.head("application/x-ndjson")
OPENAI_STREAM = {model: recordings.openai_stream(model) for model in PACE}
OLLAMA_STREAM = {model: recordings.ollama_stream(model) for model in PACE}
OPENAI_PLAIN = recordings.openai_plain()
OLLAMA_PLAIN = recordings.ollama_plain()
OPENAI_EMBEDDING = recordings.openai_embedding()
MODELS = recordings.openai_models()
TAGS = recordings.ollama_models()
VERSION = recordings.whole({"version": "0.33.0"})
TAKEN = recordings.whole({})
NOT_FOUND = recordings.whole({"error": {"message": "no such path"}}, "404 Not Found")


class Connection(asyncio.Protocol):
    """One client: a request, its answer, the next request."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._buffer = b""
        self._closed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._closed = True

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer + data
        end = buffer.find(b"\r\n\r\n")
        if end < 0:
            self._buffer = buffer
            return
        length = LENGTH.search(buffer, 0, end + 2)
        body = buffer[end + 4 :]
        if length is not None and len(body) < int(length[1]):
            self._buffer = buffer
            return
        self._buffer = b""
        self._answer(buffer[: buffer.find(b"\r\n")], body)

    def _answer(self, line: bytes, body: bytes) -> None:
        path = line.split(b" ", 2)[1]
        if path.endswith(b"/chat/completions"):
            self._chat(body, OPENAI_PLAIN, OPENAI_HEAD, OPENAI_STREAM)
        elif path == b"/api/chat":
            self._chat(body, OLLAMA_PLAIN, OLLAMA_HEAD, OLLAMA_STREAM)
        elif path.endswith(b"/embeddings"):
            self._transport.write(OPENAI_EMBEDDING)
        elif path.endswith(b"/v1/traces"):
            self._transport.write(TAKEN)
        elif path == b"/api/tags":
            self._transport.write(TAGS)
        elif path.endswith(b"/models"):
            self._transport.write(MODELS)
        else:
            self._transport.write(VERSION if path == b"/api/version" else NOT_FOUND)

    def _chat(
        self, body: bytes, plain: bytes, head: bytes, streams: dict[str, list[bytes]]
    ) -> None:
        if not STREAM.search(body):
            self._transport.write(plain)
            return
        named = MODEL.search(body)
        model = FLAT if named is None else named[1].decode()
        self._transport.write(head)
        self._next(iter(streams[model]), PACE[model])

    def _next(self, events: Iterator[bytes], pace: float) -> None:
        if self._closed:
            return
        event = next(events, None)
        if event is None:
            self._transport.write(recordings.END)
            return
        self._transport.write(event)
        if pace:
            self._loop.call_later(pace, self._next, events, pace)
        else:
            self._loop.call_soon(self._next, events, pace)


async def serve(port: int) -> None:
    """Serve until cancelled; the port goes to stdout as soon as it is open."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, "127.0.0.1", port, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main(words: list[str]) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    gc.freeze()
    uvloop.run(serve(parser.parse_args(words).port))


if __name__ == "__main__":
    main(sys.argv[1:])
