"""Every adapter of the port for prompts, each told to answer, to stall and to break off.

As in `adapters`: a test does not know which one it has, and what one cannot do is `None`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from msgspec import Struct

from adapters.backends.offline.backend import build
from adapters.backends.ollama.build import open_backend as open_ollama
from adapters.backends.ollama.config import OllamaConfig
from adapters.backends.openai_compatible.build import open_backend
from adapters.backends.openai_compatible.config import OpenAICompatibleConfig
from adapters.memory.clock import SystemClock
from ports.backend import GenerateBackend
from ports.chat import ChatRequest, ChatStream, Message, Text
from ports.errors import BackendRejected, BackendUnavailable
from ports.generate import GenerateRequest
from tests.contracts.adapters import PatientFake, StoppableClock, nothing
from tests.fakes.backend import FakeGenerate
from tests.upstream import ollama_answers
from tests.upstream.answers import completion, completion_events, error, sse, usage
from tests.upstream.script import Close, Script, Stall, Taken
from tests.upstream.server import Upstream


class Generating(Struct, frozen=True, kw_only=True):
    """An adapter, the name of a model of its own, and how to make it do things."""

    backend: GenerateBackend
    model: str
    say: Callable[[], None]
    """From now on it answers a few words."""
    echo: Callable[[], None] | None
    """It answers with the prompt and nothing else."""
    stall: Callable[[], None]
    """It says something and then nothing more."""
    refuse: Callable[[], None]
    break_off: Callable[[], None] | None = None
    open_exchanges: Callable[[], int]

    def request(self, prompt: str = "<|user|>hello", **more: object) -> GenerateRequest:
        return GenerateRequest(**{"model": self.model, "prompt": prompt, "raw": True, **more})  # type: ignore[arg-type]


@asynccontextmanager
async def openai_compatible() -> AsyncIterator[Generating]:
    async with Upstream() as upstream:
        config = OpenAICompatibleConfig(name="up", base_url=upstream.base_url)
        async with open_backend(config, clock=SystemClock(), via="1.1 test") as backend:
            assert backend.generate is not None

            def always(script: Script) -> Callable[[], None]:
                return lambda: upstream.always(script)

            begun = completion_events(["Hel"])[:1]
            yield Generating(
                backend=backend.generate,
                model="m",
                say=always(completion(["Hel", "lo"], counted=usage(12, 3))),
                echo=always(lambda asked: completion(list(asked.json()["prompt"]))(asked)),
                stall=always(sse(begun, Stall())),
                refuse=always(error(400, "no", code="bad")),
                break_off=always(sse(begun, Taken(), Close())),
                open_exchanges=lambda: sum(not exchange.ended for exchange in upstream.exchanges),
            )


@asynccontextmanager
async def ollama() -> AsyncIterator[Generating]:
    async with Upstream() as upstream:
        config = OllamaConfig(name="up", base_url=upstream.url)
        async with open_ollama(config, clock=SystemClock(), via="1.1 test") as backend:
            assert backend.generate is not None

            def always(script: Script) -> Callable[[], None]:
                return lambda: upstream.always(script)

            begun = [ollama_answers.prompt_line("Hel")]
            yield Generating(
                backend=backend.generate,
                model="m",
                say=always(ollama_answers.completion(["Hel", "lo"])),
                echo=always(
                    lambda asked: ollama_answers.completion(list(asked.json()["prompt"]))(asked)
                ),
                stall=always(ollama_answers.lines(begun, Stall())),
                refuse=always(ollama_answers.error(400, "no")),
                break_off=always(ollama_answers.lines(begun, Taken(), Close())),
                open_exchanges=lambda: sum(not exchange.ended for exchange in upstream.exchanges),
            )


@asynccontextmanager
async def offline() -> AsyncIterator[Generating]:
    clock = StoppableClock()
    backend = build("offline", pace=0.01, dimensions=8, clock=clock)
    assert backend.generate is not None
    yield Generating(
        backend=backend.generate,
        model="offline",
        say=nothing,
        echo=None,
        stall=clock.stop,
        refuse=nothing,
        open_exchanges=lambda: clock.waiting,
    )


@asynccontextmanager
async def fake() -> AsyncIterator[Generating]:
    backend = PatientPrompts()
    chat = backend.chat
    yield Generating(
        backend=backend,
        model="m",
        say=nothing,
        echo=chat.echo,
        stall=chat.stall,
        refuse=lambda: chat.fail_opening(BackendRejected("no")),
        break_off=lambda: chat.fail_later(BackendUnavailable("broke off")),
        open_exchanges=lambda: chat.open,
    )


ADAPTERS = {
    "openai_compatible": openai_compatible,
    "offline": offline,
    "ollama": ollama,
    "fake": fake,
}


class PatientPrompts(FakeGenerate):
    """The fake of `tests/fakes`, which can also wait for ever or repeat what it was told."""

    chat: PatientFake

    def __init__(self) -> None:
        super().__init__()
        self.chat = PatientFake()

    def open_generate(self, request: GenerateRequest, /) -> AbstractAsyncContextManager[ChatStream]:
        self.asked.append(request)
        message = Message(role="user", parts=(Text(text=request.prompt),))
        return self.chat.open_chat(ChatRequest(model=request.model, messages=(message,)))
