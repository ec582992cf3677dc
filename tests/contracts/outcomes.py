"""What becomes of a case at each kind of backend, by what its upstream gets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from enum import StrEnum
from functools import partial
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from adapters.backends.offline.backend import build
from adapters.backends.offline.catalog import CHAT_MODEL, EMBED_MODEL
from adapters.backends.ollama.build import open_backend as open_ollama
from adapters.backends.ollama.config import OllamaConfig
from adapters.backends.openai_compatible.build import open_backend
from adapters.backends.openai_compatible.config import OpenAICompatibleConfig
from adapters.backends.openrouter.build import open_backend as open_openrouter
from adapters.backends.openrouter.config import OpenRouterConfig
from adapters.dialects.openai.outbound.servers import PROFILES
from adapters.memory.clock import SystemClock
from ports.backend import Backend
from ports.chat import ChatRequest
from ports.embed import EmbedRequest
from ports.errors import InvalidRequest
from ports.generate import GenerateRequest
from tests.contracts.loss_cases import Case, Request
from tests.fakes.clock import FakeClock
from tests.upstream import answers, ollama_answers
from tests.upstream.server import Upstream
from tests.upstream.wire import Received

Said = bytes
"""What an upstream gets; of the offline backend, its answer."""


class Outcome(StrEnum):
    """What becomes of it. The middle two are named as losses, and no other."""

    KEPT = "kept"
    HERE = "here"
    NEARLY = "nearly"
    DROPPED = "dropped"
    REFUSED = "refused"


class Kind(Struct, frozen=True):
    """A kind of backend, and how to see what it says upstream."""

    backend: Backend
    say: Callable[[Request], Awaitable[Said]]

    def losses(self, request: Request) -> tuple[str, ...]:
        port: Any = _port(self.backend, request)
        match request:
            case ChatRequest():
                losses = port.chat_losses(request)
            case GenerateRequest():
                losses = port.generate_losses(request)
            case EmbedRequest():
                losses = port.embed_losses(request)
        return tuple(losses)

    async def outcome(self, case: Case) -> Outcome:
        """Tell what becomes of a case. Raises `AssertionError` if a loss is not named, or more."""
        try:
            plain, said = await self.say(case.base), await self.say(case.asked)
        except InvalidRequest:
            return Outcome.REFUSED
        lost = set(self.losses(case.asked))
        more = lost - set(self.losses(case.base))
        assert more <= {case.loss}, f"{case.label}: {more} are named"
        if any(case.loss == name or case.loss.startswith(f"{name}.") for name in lost):
            return Outcome.DROPPED if said == plain else Outcome.NEARLY
        if said != plain:
            return Outcome.KEPT
        assert case.here, f"{case.label}: it is lost and not named"
        return Outcome.HERE


def _port(backend: Backend, request: Request) -> object:
    match request:
        case ChatRequest():
            return backend.chat
        case GenerateRequest():
            return backend.generate
        case EmbedRequest():
            return backend.embed


async def _answer(backend: Backend, request: Request) -> object:
    port: Any = _port(backend, request)
    match request:
        case ChatRequest():
            return await port.chat(request)
        case GenerateRequest():
            return await port.generate(request)
        case EmbedRequest():
            return await port.embed(request)


def _asked(upstream: Upstream, backend: Backend) -> Callable[[Request], Awaitable[Said]]:
    async def say(request: Request) -> Said:
        await _answer(backend, request)
        return upstream.exchanges[-1].request.body

    return say


def _openai(received: Received) -> Any:
    if received.path.endswith("/embeddings"):
        return answers.embed(received)
    if received.path.endswith("/chat/completions"):
        return answers.chat(["ok"])(received)
    return answers.completion(["ok"])(received)


def _ollama(received: Received) -> Any:
    if received.path.endswith("/embed"):
        return ollama_answers.embed(received)
    if received.path.endswith("/generate"):
        return ollama_answers.completion(["ok"])(received)
    return ollama_answers.chat(["ok"])(received)


@asynccontextmanager
async def openai_compatible(profile: str) -> AsyncIterator[Kind]:
    async with Upstream() as upstream:
        upstream.always(_openai)
        config = OpenAICompatibleConfig(
            name="up",
            base_url=upstream.base_url,
            profile=profile,  # type: ignore[arg-type]  # one of them
        )
        async with open_backend(config, clock=SystemClock(), via="1.1 test") as backend:
            yield Kind(backend, _asked(upstream, backend))


@asynccontextmanager
async def openrouter() -> AsyncIterator[Kind]:
    async with Upstream() as upstream:
        upstream.always(_openai)
        config = OpenRouterConfig(name="up", base_url=upstream.base_url)
        async with open_openrouter(config, clock=SystemClock(), via="1.1 test") as backend:
            yield Kind(backend, _asked(upstream, backend))


@asynccontextmanager
async def ollama() -> AsyncIterator[Kind]:
    async with Upstream() as upstream:
        upstream.always(_ollama)
        config = OllamaConfig(name="up", base_url=upstream.url)
        async with open_ollama(config, clock=SystemClock(), via="1.1 test") as backend:
            yield Kind(backend, _asked(upstream, backend))


@asynccontextmanager
async def offline() -> AsyncIterator[Kind]:
    backend = build("offline", pace=0, dimensions=8, clock=FakeClock())

    async def say(request: Request) -> Said:
        model = EMBED_MODEL if isinstance(request, EmbedRequest) else CHAT_MODEL
        return repr(await _answer(backend, replace(request, model=model))).encode()

    yield Kind(backend, say)


SERVERS = sorted(PROFILES.keys() - {"openrouter"})

KINDS = {
    "openrouter": openrouter,
    "ollama": ollama,
    **{f"openai-compatible, {name}": partial(openai_compatible, name) for name in SERVERS},
}
"""All that have an upstream. The embedded one is looked at by itself."""
