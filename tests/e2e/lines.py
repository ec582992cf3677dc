"""Chats as bytes, lines and events, for tests that look closer than a client does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from tests.benchmarks.client import Client, Target, connect
from tests.benchmarks.verify import unchunked

MODEL = "m"
DONE = b"[DONE]"


class Outcome(Struct, frozen=True, kw_only=True):
    """A whole answer: its status, and its lines decoded (one of them if not streamed)."""

    status: int
    lines: list[dict[str, Any]]

    @property
    def messages(self) -> list[dict[str, Any]]:
        """What each line says."""
        return [line.get("message", {}) for line in self.lines]

    @property
    def text(self) -> str:
        """The text of all lines."""
        return "".join(message.get("content", "") for message in self.messages)

    @property
    def thinking(self) -> str:
        """The thinking of all lines."""
        return "".join(message.get("thinking", "") for message in self.messages)

    @property
    def tool_calls(self) -> list[dict[str, Any]]:
        """The functions of the tool calls of all lines: `index`, `name`, `arguments`."""
        calls = [call for message in self.messages for call in message.get("tool_calls", ())]
        return [call["function"] for call in calls]

    @property
    def finished(self) -> bool:
        """Whether any line claims that the answer is complete."""
        return any(line.get("done") for line in self.lines)

    @property
    def failed(self) -> bool:
        """Whether the answer says, in the way of its dialect, that it went wrong."""
        last = self.lines[-1] if self.lines else {}
        return list(last) == ["error"] and bool(last["error"]) and not self.finished


class EventOutcome(Outcome, frozen=True, kw_only=True):
    """The same of OpenAI's dialect; `done` tells whether the end mark came, and came last."""

    done: bool

    @property
    def messages(self) -> list[dict[str, Any]]:
        """What each event says."""
        choices = [choice for line in self.lines for choice in line.get("choices", ())]
        return [choice.get("delta") or choice.get("message") or {} for choice in choices]

    @property
    def thinking(self) -> str:
        """The thinking of all events."""
        return "".join(message.get("reasoning") or "" for message in self.messages)

    @property
    def text(self) -> str:
        """The text of all events."""
        return "".join(message.get("content") or "" for message in self.messages)

    @property
    def tool_calls(self) -> list[dict[str, Any]]:
        """The functions of the tool calls, their pieces put together."""
        made: dict[int, dict[str, Any]] = {}
        for message in self.messages:
            for call in message.get("tool_calls") or ():
                function = call["function"]
                known = made.setdefault(call["index"], {"index": call["index"], "arguments": ""})
                known["name"] = known.get("name") or function.get("name")
                known["arguments"] += function.get("arguments") or ""
        return [
            call | {"arguments": msgspec.json.decode(call["arguments"])} for call in made.values()
        ]

    @property
    def finished(self) -> bool:
        """Whether the answer claims to be complete."""
        return self.done or any(
            "message" in it for line in self.lines for it in line.get("choices", ())
        )


def lines_of(status: int, content: bytes) -> Outcome:
    """Read an answer of Ollama's dialect."""
    lines = content.removesuffix(b"\n").split(b"\n")
    return Outcome(status=status, lines=[msgspec.json.decode(line) for line in lines])


def events_of(status: int, content: bytes) -> EventOutcome:
    """Read an answer of OpenAI's dialect, whole or as events, comments left out."""
    datas = [content]
    if content.startswith((b"data: ", b":")):
        assert content.endswith(b"\n\n"), content
        events = content.removesuffix(b"\n\n").split(b"\n\n")
        datas = [it.removeprefix(b"data: ") for it in events if not it.startswith(b":")]
    done = datas[-1] == DONE
    lines = [msgspec.json.decode(data) for data in (datas[:-1] if done else datas)]
    return EventOutcome(status=status, lines=lines, done=done)


class Way(Struct, frozen=True, kw_only=True):
    """A path to the upstream."""

    path: str
    model: str = MODEL
    read: Callable[[int, bytes], Outcome]

    def body(self, *, stream: bool, **more: Any) -> dict[str, Any]:
        """Build a request."""
        return body(stream=stream) | {"model": self.model} | more


WAYS = {
    "ollama": Way(path="/api/chat", read=lines_of),
    "openai": Way(path="/v1/chat/completions", model="optioned", read=events_of),
}
"""The name with options is an alias of `MODEL`: nothing is passed on as it is."""


def body(*, stream: bool, **more: Any) -> dict[str, Any]:
    """Build a request."""
    messages = [{"role": "user", "content": "hello"}]
    return {"model": MODEL, "messages": messages, "stream": stream} | more


class Asker:
    """A client that costs little, and is strict: an answer must end as its framing says."""

    def __init__(self, url: str, way: Way) -> None:
        self._target = Target(url=url)
        self._way = way
        self._client: Client | None = None

    async def ask(self, *, stream: bool = True, **more: Any) -> Outcome:
        """Ask, and read to the end; `more` are further members of the request."""
        if self._client is None or not self._client.usable:
            self._client = await connect(self._target)
        content = msgspec.json.encode(self._way.body(stream=stream, **more))
        request = self._target.request(content, self._way.path)
        async with asyncio.timeout(10):
            answer = await self._client.ask(request)
        content = unchunked(answer.body) if answer.chunked else answer.body
        return self._way.read(int(answer.head.split(b" ", 2)[1]), content)

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._client is not None:
            self._client.close()


@asynccontextmanager
async def asked(url: str, way: Way, *, stream: bool) -> AsyncIterator[asyncio.StreamReader]:
    """Send a request, and hang up, at once, when the block is left."""
    where = urlsplit(url)
    content = msgspec.json.encode(way.body(stream=stream))
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    writer.write(
        b"POST %b HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (way.path.encode(), len(content), content)
    )
    try:
        yield reader
    finally:
        writer.close()
