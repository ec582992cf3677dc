"""A backend that answers by a script."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from adapters.backends.folding import fold
from ports.backend import Backend, ChatBackend, EmbedBackend, GenerateBackend
from ports.chat import (
    ChatChunk,
    ChatRequest,
    ChatResponse,
    ChatStream,
    FinishChunk,
    FinishReason,
    TextChunk,
    Usage,
)
from ports.embed import EmbedRequest, EmbedResponse, Vector
from ports.errors import GatewayError
from ports.generate import GenerateRequest
from tests.fakes.catalog import FakeCatalog

HELLO: tuple[Sequence[ChatChunk], ...] = (
    (TextChunk(text="Hello"),),
    (TextChunk(text=" world"),),
    (
        FinishChunk(
            reason=FinishReason.STOP, usage=Usage(prompt_tokens=3, completion_tokens=2), model="m"
        ),
    ),
)


class FakeChat(ChatBackend):
    """Gives `batches` to every request, or raises `error` while opening, or `fault` at the end."""

    def __init__(self, batches: Sequence[Sequence[ChatChunk]] = HELLO) -> None:
        self.batches = batches
        self.error: GatewayError | None = None
        self.fault: GatewayError | None = None
        self.asked: list[ChatRequest] = []
        self.open = 0

    async def chat(self, request: ChatRequest, /) -> ChatResponse:
        async with self.open_chat(request) as stream:
            return await fold(stream)

    @asynccontextmanager
    async def open_chat(self, request: ChatRequest, /) -> AsyncIterator[ChatStream]:
        self.asked.append(request)
        if self.error is not None:
            raise self.error
        self.open += 1
        try:
            yield self._play()
        finally:
            self.open -= 1

    async def _play(self) -> AsyncIterator[Sequence[ChatChunk]]:
        for batch in self.batches:
            yield batch
        if self.fault is not None:
            raise self.fault

    def chat_losses(self, request: ChatRequest, /) -> tuple[str, ...]:
        return ()


class FakeGenerate(GenerateBackend):
    """Does with prompts what `chat` does with chats; keeps what was asked."""

    def __init__(self, batches: Sequence[Sequence[ChatChunk]] = HELLO) -> None:
        self.chat = FakeChat(batches)
        self.asked: list[GenerateRequest] = []

    async def generate(self, request: GenerateRequest, /) -> ChatResponse:
        self.asked.append(request)
        return await self.chat.chat(ChatRequest(model=request.model))

    def open_generate(self, request: GenerateRequest, /) -> AbstractAsyncContextManager[ChatStream]:
        self.asked.append(request)
        return self.chat.open_chat(ChatRequest(model=request.model))

    def generate_losses(self, request: GenerateRequest, /) -> tuple[str, ...]:
        return ()


class FakeEmbed(EmbedBackend):
    """Gives `vectors` to every request, raises `error`, or counts letters: two numbers a text."""

    def __init__(self, *vectors: Vector) -> None:
        self.vectors = vectors
        self.error: GatewayError | None = None
        self.asked: list[EmbedRequest] = []

    async def embed(self, request: EmbedRequest, /) -> EmbedResponse:
        self.asked.append(request)
        if self.error is not None:
            raise self.error
        counted = tuple(Vector(values=(float(len(text)), 1.0)) for text in request.inputs)
        return EmbedResponse(vectors=self.vectors or counted)

    def embed_losses(self, request: EmbedRequest, /) -> tuple[str, ...]:
        return ()


def backend(name: str, *models: str, **fields: object) -> Backend:
    """A backend of fakes. `fields` are those of `ports.backend.Backend`."""
    given = {"catalog": FakeCatalog(*models), "chat": FakeChat(), "kind": "fake"}
    return Backend(name=name, **{**given, **fields})
