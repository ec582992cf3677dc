"""Every adapter of the chat port, each told to answer, to stall, to think and to call.

A contract test speaks to a `Chatting` and does not know which adapter it has. What an adapter
cannot do (an embedded backend breaks off never) is `None`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial

from msgspec import Raw, Struct

from adapters.backends.offline.backend import build
from adapters.backends.ollama.build import open_backend as open_ollama
from adapters.backends.ollama.config import OllamaConfig
from adapters.backends.openai_compatible.build import open_backend
from adapters.backends.openai_compatible.config import OpenAICompatibleConfig
from adapters.backends.openrouter.build import open_backend as open_openrouter
from adapters.backends.openrouter.config import OpenRouterConfig
from adapters.memory.clock import SystemClock
from ports.backend import ChatBackend
from ports.chat import (
    ChatChunk,
    ChatRequest,
    ChatStream,
    FinishChunk,
    FinishReason,
    Message,
    Text,
    TextChunk,
    ThinkingChunk,
    TokenLogprob,
    Tool,
    ToolCall,
    ToolCallChunk,
    Usage,
)
from ports.errors import BackendError, BackendRejected, BackendUnavailable
from tests.fakes.backend import FakeChat
from tests.fakes.clock import FakeClock
from tests.upstream import ollama_answers
from tests.upstream.answers import Call, chat, chat_events, error, sse, usage
from tests.upstream.script import Close, Script, Stall, Taken
from tests.upstream.server import Upstream

WEATHER = Tool(
    name="get_weather",
    description="Weather of a city",
    parameters=Raw(b'{"type":"object","properties":{"city":{"type":"string"}}}'),
)


class Chatting(Struct, frozen=True, kw_only=True):
    """An adapter, the name of a model of its own, and how to make it do things."""

    backend: ChatBackend
    model: str
    say: Callable[[], None]
    """From now on it answers a few words."""
    think: Callable[[], None]
    call: Callable[[], None]
    """It calls a tool, twice where it can."""
    weigh: Callable[[], None] | None = None
    """It answers with log probabilities."""
    echo: Callable[[], None]
    """Two requests at once get different answers, each its own."""
    stall: Callable[[], None]
    """It says something and then nothing more."""
    refuse: Callable[[], None]
    break_off: Callable[[], None] | None = None
    open_exchanges: Callable[[], int]

    def request(self, text: str = "hello there, my friend", **more: object) -> ChatRequest:
        message = Message(role="user", parts=(Text(text=text),))
        return ChatRequest(**{"model": self.model, "messages": (message,), **more})  # type: ignore[arg-type]


def nothing() -> None:
    """Do what it does anyway."""


ENTRY = {"token": "Hel", "logprob": -0.5, "bytes": [72, 101, 108], "top_logprobs": []}


@asynccontextmanager
async def openai_compatible(*, routed: bool = False) -> AsyncIterator[Chatting]:
    async with Upstream() as upstream:
        backend_of = (
            open_openrouter(
                OpenRouterConfig(name="up", base_url=upstream.base_url),
                clock=SystemClock(),
                via="1.1 test",
            )
            if routed
            else open_backend(
                OpenAICompatibleConfig(name="up", base_url=upstream.base_url),
                clock=SystemClock(),
                via="1.1 test",
            )
        )
        async with backend_of as backend:
            assert backend.chat is not None

            def always(script: Script) -> Callable[[], None]:
                return lambda: upstream.always(script)

            calls = [
                Call("get_weather", ('{"city"', ':"A"}'), "1"),
                Call("get_weather", ("",), "2"),
            ]
            yield Chatting(
                backend=backend.chat,
                model="m",
                say=always(chat(["Hel", "lo"], counted=usage(12, 3))),
                think=always(chat(["42"], reasoning=["let me", " think"])),
                call=always(chat(["Well. "], tool_calls=calls)),
                weigh=always(chat(["Hel", "lo"], logprobs=[ENTRY])),
                echo=lambda: upstream.always(
                    lambda asked: chat(list(asked.json()["messages"][0]["content"]))(asked)
                ),
                stall=always(sse(chat_events(["Hel"])[:2], Stall())),
                refuse=always(error(400, "no", code="bad")),
                break_off=always(sse(chat_events(["Hel"])[:2], Taken(), Close())),
                open_exchanges=lambda: sum(not exchange.ended for exchange in upstream.exchanges),
            )


@asynccontextmanager
async def ollama() -> AsyncIterator[Chatting]:
    async with Upstream() as upstream:
        config = OllamaConfig(name="up", base_url=upstream.url)
        async with open_ollama(config, clock=SystemClock(), via="1.1 test") as backend:
            assert backend.chat is not None

            def always(script: Script) -> Callable[[], None]:
                return lambda: upstream.always(script)

            calls = [
                ollama_answers.call("get_weather", {"city": "A"}, id="1"),
                ollama_answers.call("get_weather", {}, id="2"),
            ]
            begun = [ollama_answers.chat_line("Hel")]
            yield Chatting(
                backend=backend.chat,
                model="m",
                say=always(ollama_answers.chat(["Hel", "lo"])),
                think=always(ollama_answers.chat(["42"], thinking=["let me", " think"])),
                call=always(ollama_answers.chat(["Well. "], tool_calls=calls)),
                weigh=always(ollama_answers.chat(["Hel", "lo"], logprobs=[ENTRY])),
                echo=lambda: upstream.always(
                    lambda asked: ollama_answers.chat(list(asked.json()["messages"][0]["content"]))(
                        asked
                    )
                ),
                stall=always(ollama_answers.lines(begun, Stall())),
                refuse=always(ollama_answers.error(400, "no")),
                break_off=always(ollama_answers.lines(begun, Taken(), Close())),
                open_exchanges=lambda: sum(not exchange.ended for exchange in upstream.exchanges),
            )


@asynccontextmanager
async def offline() -> AsyncIterator[Chatting]:
    clock = StoppableClock()
    backend = build("offline", pace=0.01, dimensions=8, clock=clock)
    assert backend.chat is not None
    yield Chatting(
        backend=backend.chat,
        model="offline",
        say=nothing,
        think=nothing,
        call=nothing,
        echo=nothing,
        stall=clock.stop,
        refuse=nothing,
        open_exchanges=lambda: clock.waiting,
    )


@asynccontextmanager
async def fake() -> AsyncIterator[Chatting]:
    backend = PatientFake()
    yield Chatting(
        backend=backend,
        model="m",
        say=nothing,
        think=lambda: backend.play(ThinkingChunk(text="hm"), TextChunk(text="42"), FINISH),
        call=lambda: backend.play(
            ToolCallChunk(call=ToolCall(id="1", name="get_weather", arguments='{"city":"A"}')),
            FinishChunk(reason=FinishReason.TOOL_CALLS),
        ),
        weigh=lambda: backend.play(
            TextChunk(text="Hel", logprobs=(TokenLogprob(token="Hel", logprob=-0.5),)), FINISH
        ),
        echo=backend.echo,
        stall=backend.stall,
        refuse=lambda: backend.fail_opening(BackendRejected("no")),
        break_off=lambda: backend.fail_later(BackendUnavailable("broke off")),
        open_exchanges=lambda: backend.open,
    )


ADAPTERS = {
    "openai_compatible": openai_compatible,
    "openrouter": partial(openai_compatible, routed=True),
    "ollama": ollama,
    "offline": offline,
    "fake": fake,
}

FINISH = FinishChunk(reason=FinishReason.STOP, usage=Usage(prompt_tokens=1, completion_tokens=1))


class StoppableClock(FakeClock):
    """A clock whose sleepers can be left sleeping."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting = 0
        self._stopped = False

    def stop(self) -> None:
        self._stopped = True

    async def sleep(self, seconds: float, /) -> None:
        self.waiting += 1
        try:
            if self._stopped:
                await asyncio.Event().wait()
            await super().sleep(seconds)
        finally:
            self.waiting -= 1


class PatientFake(FakeChat):
    """The fake of `tests/fakes`, which can also wait for ever or repeat what it was told."""

    def __init__(self) -> None:
        super().__init__()
        self._echoes = False
        self._stalls = False

    def play(self, *chunks: ChatChunk) -> None:
        self.batches = tuple((chunk,) for chunk in chunks)

    def echo(self) -> None:
        self._echoes = True

    def stall(self) -> None:
        self._stalls = True

    def fail_opening(self, error: BackendError) -> None:
        self.error = error

    def fail_later(self, fault: BackendError) -> None:
        self.batches = self.batches[:1]
        self.fault = fault

    @asynccontextmanager
    async def open_chat(self, request: ChatRequest, /) -> AsyncIterator[ChatStream]:
        if self._echoes:
            (part,) = request.messages[0].parts
            assert isinstance(part, Text)
            yield _one_by_one([*[TextChunk(text=letter) for letter in part.text], FINISH])
            return
        async with super().open_chat(request) as stream:
            yield self._then_stall(stream) if self._stalls else stream

    async def _then_stall(self, stream: ChatStream) -> AsyncIterator[Sequence[ChatChunk]]:
        yield await anext(stream)
        await asyncio.Event().wait()


async def _one_by_one(chunks: Sequence[ChatChunk]) -> AsyncIterator[Sequence[ChatChunk]]:
    for chunk in chunks:
        yield (chunk,)
