"""Ollama's `/api/chat` as bytes and lines, for tests that look closer than a client does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from tests.benchmarks.client import Client, Target, connect
from tests.benchmarks.verify import unchunked

MODEL = "m"


class Outcome(Struct, frozen=True, kw_only=True):
    """A whole answer: its status, and its lines decoded (one of them if not streamed)."""

    status: int
    lines: list[dict[str, Any]]

    @property
    def text(self) -> str:
        """The text of all lines."""
        return "".join(line.get("message", {}).get("content", "") for line in self.lines)

    @property
    def tool_calls(self) -> list[dict[str, Any]]:
        """The tool calls of all lines."""
        messages = [line.get("message", {}) for line in self.lines]
        return [call for message in messages for call in message.get("tool_calls", ())]

    @property
    def finished(self) -> bool:
        """Whether any line claims that the answer is complete."""
        return any(line.get("done") for line in self.lines)

    @property
    def failed(self) -> bool:
        """Whether the answer says, in the way of its dialect, that it went wrong."""
        last = self.lines[-1] if self.lines else {}
        return list(last) == ["error"] and bool(last["error"]) and not self.finished


def body(*, stream: bool, **more: Any) -> dict[str, Any]:
    """Build a request."""
    messages = [{"role": "user", "content": "hello"}]
    return {"model": MODEL, "messages": messages, "stream": stream} | more


class Asker:
    """A client that costs little, and is strict: an answer must end as its framing says."""

    def __init__(self, url: str) -> None:
        self._target = Target(url=url)
        self._client: Client | None = None

    async def ask(self, *, stream: bool = True, **more: Any) -> Outcome:
        """Ask, and read to the end; `more` are further members of the request."""
        if self._client is None or not self._client.usable:
            self._client = await connect(self._target)
        request = self._target.request(msgspec.json.encode(body(stream=stream, **more)))
        async with asyncio.timeout(10):
            answer = await self._client.ask(request)
        content = unchunked(answer.body) if answer.chunked else answer.body
        return Outcome(
            status=int(answer.head.split(b" ", 2)[1]),
            lines=[msgspec.json.decode(line) for line in content.removesuffix(b"\n").split(b"\n")],
        )

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._client is not None:
            self._client.close()


@asynccontextmanager
async def asked(url: str, *, stream: bool) -> AsyncIterator[asyncio.StreamReader]:
    """Send a request, and hang up, at once, when the block is left."""
    where = urlsplit(url)
    content = msgspec.json.encode(body(stream=stream))
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    writer.write(
        b"POST /api/chat HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (len(content), content)
    )
    try:
        yield reader
    finally:
        writer.close()
