"""An Ollama server behind this one that answers every request as the recorded one did."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from types import MappingProxyType
from typing import Any, Self

from tests.integration.golden.comparison import headers_of
from tests.integration.golden.lines import spelling
from tests.integration.golden.recordings import Recorded, recordings
from tests.integration.golden.unequal import unequal
from tests.integration.golden.wire import Answer
from tests.integration.served import Served, serving
from tests.upstream.script import Reply, Send
from tests.upstream.server import Upstream

GROUPS = frozenset(
    {
        "blobs",
        "chat",
        "copy",
        "create",
        "delete",
        "embed",
        "embeddings",
        "generate",
        "ps",
        "pull",
        "push",
        "show",
        "tags",
    }
)
"""What an Ollama server answers itself."""

CONFIG = """
[[backends]]
name = "box"
kind = "ollama"
base_url = "{url}"
[models]
file = "{folder}/models.json"
"""

LISTED_ALONE = frozenset({"tags", "ps"})
"""Groups whose answers come of what the catalog read before."""

Entry = dict[str, Any]

OTHERWISE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "ollama.com: its refusals would ask clients to sign in": (
            "show: show of a model with the :cloud suffix",
            "generate: cloud suffix",
            "generate: model with remote host",
            "chat: cloud suffix",
            "chat: cloud tag suffix",
            "chat: model with remote host, service refuses",
            "embed: cloud suffix",
            "embeddings: cloud suffix",
        ),
        "an answer that is not complete ends with an error": (
            "generate: a token repeated more than 30 times: the stream ends without a done line",
            "generate: the same, not streaming: done false",
            (
                "generate: runner reports an error inside its stream, streaming: "
                "the stream ends without a done line"
            ),
            "chat: runner error inside its stream after a token, streaming",
            "chat: runner error inside its stream after a token, not streaming",
            "chat: runner stream ends without a finish reason, streaming",
            "chat: runner stream ends without a finish reason, not streaming",
        ),
        "what has more behind its end is decoded and made anew": ("chat: body: two JSON values",),
        "addresses and paths of the upstream are hidden": (
            "pull: plain http registry without insecure",
            "pull: registry not reachable",
        ),
        "the recording has a placeholder where the real bytes are escaped": (
            "show: show asked by GitHub Copilot Chat",
            "show: show asked by GitHub Copilot Chat, other spelling of the name",
            "create: files with an unknown digest",
        ),
        "a name that is not there is refused here": (
            "push: unknown model, streaming",
            "push: unknown model, not streaming",
            "push: invalid name",
        ),
        "a mistake in the request is 400, not 500": (
            "embeddings: too long for the runner",
            "create: license a number",
            "create: parameter of a wrong type",
        ),
    }
)
"""What comes through otherwise, and why."""


def relayable() -> list[Recorded]:
    """Return the exchanges that are replayed."""
    return [recorded for recorded in recordings().values() if recorded.group in GROUPS]


class Relays:
    """Starts a server before the recorded one, and scripts that for each exchange."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self._served = await self._stack.enter_async_context(self._serving(_everything()))
        self._bare = await self._stack.enter_async_context(self._serving([]))
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self._stack.aclose()

    @asynccontextmanager
    async def of(self, recorded: Recorded) -> AsyncIterator[Served]:
        """Return the server for one exchange."""
        if recorded.group in LISTED_ALONE:
            running = recorded.response.get("body") or {"models": []}
            entries = _standard() if recorded.group == "ps" else running["models"]
            async with self._serving(entries) as served:
                self._script(recorded, entries)
                if recorded.group == "ps":
                    self._upstream.running = tuple(running["models"])
                yield served
            return
        bare = recorded.state.startswith("no models")
        self._script(recorded, [] if bare else _everything())
        yield self._bare if bare else self._served

    def _script(self, recorded: Recorded, entries: list[Entry]) -> None:
        self._upstream.forget()
        self._upstream.tags = tuple(entries)
        answer = as_upstream(recorded)
        if recorded.group == "show":
            self._upstream.shown.update({entry["name"]: answer for entry in entries})
        self._upstream.always(answer)

    @asynccontextmanager
    async def _serving(self, entries: list[Entry]) -> AsyncIterator[Served]:
        self._upstream.forget()
        self._upstream.tags = tuple(entries)
        for name, recorded in recordings().items():
            if name.startswith("show: show ") and recorded.response["status"] == 200:
                shown = as_upstream(recorded)
                self._upstream.shown.setdefault(f"{name.removeprefix('show: show ')}:latest", shown)
        with tempfile.TemporaryDirectory(prefix="llamaport-") as folder:
            settings = CONFIG.format(url=self._upstream.url, folder=folder)
            async with serving(settings) as served:
                await served.client.get("/api/tags")
                yield served


def as_upstream(recorded: Recorded) -> Reply:
    """Answer as recorded: status, type and bytes, each line in a chunk of its own."""
    response = recorded.response
    kind = response["headers"].get("Content-Type")
    headers = (("Content-Type", kind),) if kind else ()
    if "lines" in response:
        lines = recorded.raw.splitlines(keepends=True)
        return Reply(status=response["status"], headers=headers, steps=[Send(it) for it in lines])
    return Reply(status=response["status"], headers=headers, body=recorded.raw)


def relayed_differences(recorded: Recorded, answer: Answer) -> list[str]:
    """Name what came through otherwise than the upstream sent it.

    Answers pass byte for byte, streams but for U+0085, on which clients in Python split lines.
    """
    if answer.status != recorded.response["status"]:
        return [f"status {answer.status}: {answer.text[:200]}"]
    raw = spelling(recorded.raw) if "lines" in recorded.response else recorded.raw
    return [
        *unequal("headers", answer.told, headers_of(recorded)),
        *unequal("bytes", answer.content, raw),
    ]


def refused_differences(recorded: Recorded, answer: Answer) -> list[str]:
    """Name what is otherwise in an error: its words for people pass, its status by the table."""
    if recorded.request["method"] == "HEAD":
        return [*unequal("status", answer.status, recorded.response["status"])]
    words = said(json.loads(recorded.raw)["error"])
    status = recorded.response["status"]
    if status == 500:
        status = 400 if _CLIENTS_FAULT.match(words) else 502
    return [
        *unequal("status", answer.status, status),
        *unequal("type", (answer.content_type or "").partition(";")[0], "application/json"),
        *unequal("body", answer.json(), {"error": words}),
    ]


def said(error: str) -> str:
    """Take the message out of an error that a runner's own answer is the text of."""
    if not error.startswith("{"):
        return error
    message: str = json.loads(error)["error"]["message"]
    return message


_CLIENTS_FAULT = re.compile('option "|invalid format: |template: ')


def _standard() -> list[Entry]:
    entries: list[Entry] = recordings()["tags: list all models"].response["body"]["models"]
    return entries


def _everything() -> list[Entry]:
    """List the standard models, and all that exchanges made or copied."""
    entries = recordings()["tags: list models after creating some"].response["body"]["models"]
    names = ("copy1:latest", "you/copy2:v2", "Copy3:latest", "nobody/thing:latest")
    copies = [_standard()[0] | {"name": name, "model": name} for name in names]
    return [*entries, *copies]
