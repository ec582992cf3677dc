"""A backend that answers by a script."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from domain.folding import fold
from ports.backend import Backend, ChatBackend, EmbedBackend
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


class FakeEmbed(EmbedBackend):
    """Counts letters: two numbers a text."""

    async def embed(self, request: EmbedRequest, /) -> EmbedResponse:
        return EmbedResponse(
            vectors=tuple(Vector(values=(float(len(text)), 1.0)) for text in request.inputs)
        )


def backend(name: str, *models: str, **fields: object) -> Backend:
    """A backend of fakes. `fields` are those of `ports.backend.Backend`."""
    given = {"catalog": FakeCatalog(*models), "chat": FakeChat(), "kind": "fake"}
    return Backend(name=name, **{**given, **fields})
