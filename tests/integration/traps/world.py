"""The server of these tests, its upstreams, and the ways from a client to one of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import httpx
import pytest
from msgspec import Struct

from tests.integration.served import Served, backend
from tests.integration.traps.clients.anthropic import Anthropic
from tests.integration.traps.clients.base import Dialect
from tests.integration.traps.clients.ollama import OllamaChat, OllamaGenerate
from tests.integration.traps.clients.openai import OpenAIChat, OpenAICompletions
from tests.integration.traps.clients.responses import Responses
from tests.integration.traps.said import Said
from tests.upstream.script import Script
from tests.upstream.server import Upstream

OLLAMA_CHAT = OllamaChat()
OLLAMA_GENERATE = OllamaGenerate()
OPENAI_CHAT = OpenAIChat()
OPENAI_COMPLETIONS = OpenAICompletions()
RESPONSES = Responses()
ANTHROPIC = Anthropic()

DIALECTS = (
    OLLAMA_CHAT,
    OLLAMA_GENERATE,
    OPENAI_CHAT,
    OPENAI_COMPLETIONS,
    RESPONSES,
    ANTHROPIC,
)
CHATS = (OLLAMA_CHAT, OPENAI_CHAT, RESPONSES, ANTHROPIC)
"""Those that offer tools."""
THINKING = (OLLAMA_CHAT, OLLAMA_GENERATE, OPENAI_CHAT, RESPONSES, ANTHROPIC)
"""Those whose answers have a place for thinking."""

OPENAI = "openai-compatible"
OPENROUTER = "openrouter"
OLLAMA = "ollama"
KINDS = (OPENAI, OPENROUTER, OLLAMA)
EVENTS = (OPENAI, OPENROUTER)
"""Those that answer in events."""


class Way(Struct, frozen=True):
    """From clients of a dialect to an upstream of a kind, whose one model is `m`.

    `relayed` is false where everything is translated: the model is asked for by an alias with an
    option of its own, and what has one is never passed on as it is.
    """

    dialect: Dialect
    kind: str
    relayed: bool = False

    @property
    def model(self) -> str:
        """What the client calls the model."""
        return f"{self.kind}/m" if self.relayed else f"translated-{self.kind}"

    def __str__(self) -> str:
        """Name it in the list of tests."""
        return f"{self.dialect.name} {'=' if self.relayed else '>'} {self.kind}"


RELAYED = tuple(
    Way(dialect, kind, relayed=True)
    for dialect, kind in (
        (OLLAMA_CHAT, OLLAMA),
        (OLLAMA_GENERATE, OLLAMA),
        (OPENAI_CHAT, OPENAI),
        (OPENAI_COMPLETIONS, OPENAI),
        (OPENAI_CHAT, OPENROUTER),
    )
)
"""Where the upstream speaks the dialect itself."""


def translated(
    dialects: Iterable[Dialect] = DIALECTS, kinds: Iterable[str] = KINDS
) -> tuple[Way, ...]:
    """Return every way on which a translation is needed, or made."""
    kinds = tuple(kinds)
    return tuple(Way(dialect, kind) for dialect in dialects for kind in kinds)


def every(dialects: Iterable[Dialect] = DIALECTS, kinds: Iterable[str] = KINDS) -> tuple[Way, ...]:
    """Return those, and the ones on which bytes are passed on."""
    dialects, kinds = tuple(dialects), tuple(kinds)
    passed = (way for way in RELAYED if way.dialect in dialects and way.kind in kinds)
    return (*translated(dialects, kinds), *passed)


def along(ways: Iterable[Way]) -> pytest.MarkDecorator:
    """Run a test on each of the ways."""
    return pytest.mark.parametrize("way", ways, ids=str)


both = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])


class World(Struct, frozen=True):
    """A running server and its upstreams."""

    served: Served
    upstreams: Mapping[str, Upstream]

    @property
    def client(self) -> httpx.AsyncClient:
        """A client of the server."""
        return self.served.client

    def always(self, way: Way, script: Script) -> None:
        """Have the upstream of a way answer this."""
        self.upstreams[way.kind].always(script)

    def sent(self, way: Way, number: int = -1) -> Any:
        """Return what the upstream was sent, the last request unless another is wanted."""
        return self.upstreams[way.kind].exchanges[number].request.json()

    async def post(self, way: Way, **members: Any) -> httpx.Response:
        """Ask the model; `members` are added to the least that can be asked."""
        asked = {"model": way.model, **way.dialect.body("hi"), **members}
        return await self.client.post(way.dialect.path, json=asked, headers=way.dialect.headers)

    async def ask(self, way: Way, **members: Any) -> Said:
        """Do so, and read the answer."""
        return way.dialect.read(await self.post(way, **members))


def settings(upstreams: Mapping[str, Upstream]) -> str:
    """Write the settings of a server with these upstreams."""
    router = f'base_url = "{upstreams[OPENROUTER].base_url}"\napi_key = "sk-or-1"\n'
    ollama = f'base_url = "{upstreams[OLLAMA].url}"\n'
    return "\n".join(
        (
            backend(upstreams[OPENAI].base_url, name=OPENAI),
            f'[[backends]]\nname = "{OPENROUTER}"\nkind = "openrouter"\n{router}',
            f'[[backends]]\nname = "{OLLAMA}"\nkind = "ollama"\n{ollama}',
            *(
                f'[aliases."translated-{kind}"]\n'
                f'targets = ["{kind}/m"]\noptions = {{ num_ctx = 8192 }}\n'
                for kind in KINDS
            ),
        )
    )
