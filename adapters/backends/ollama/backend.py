"""Chats, completions and embeddings of an Ollama server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from adapters.backends.chunks import batches, concealing
from adapters.backends.upstream import Upstream
from adapters.dialects.ollama.outbound.answer import decode_answer, decode_embed
from adapters.dialects.ollama.outbound.losses import chat_losses, embed_losses, prompt_losses
from adapters.dialects.ollama.outbound.request import (
    encode_chat,
    encode_embed,
    encode_generate,
)
from adapters.dialects.ollama.outbound.stream import AnswerReader
from ports.backend import ChatBackend, EmbedBackend, GenerateBackend
from ports.chat import ChatRequest, ChatResponse, ChatStream
from ports.embed import EmbedRequest, EmbedResponse
from ports.generate import GenerateRequest

CHAT = "api/chat"
GENERATE = "api/generate"
EMBED = "api/embed"

LINES = "application/x-ndjson"


class OllamaBackend(ChatBackend, GenerateBackend, EmbedBackend):
    """Translates to `/api/chat`, `/api/generate`, `/api/embed` (docs/wire/dialects.md 3, 4.3)."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream

    async def chat(self, request: ChatRequest, /) -> ChatResponse:
        """Answer in one piece."""
        answer = await self._upstream.post(CHAT, encode_chat(request, stream=False))
        with concealing(self._upstream):
            return decode_answer(answer, think=request.think, one_call=_one_call(request))

    def open_chat(self, request: ChatRequest, /) -> AbstractAsyncContextManager[ChatStream]:
        """Answer in the batches in which the server sends."""
        reader = AnswerReader(think=request.think, one_call=_one_call(request))
        return self._open(CHAT, encode_chat(request, stream=True), reader)

    async def generate(self, request: GenerateRequest, /) -> ChatResponse:
        """Answer in one piece."""
        answer = await self._upstream.post(GENERATE, encode_generate(request, stream=False))
        with concealing(self._upstream):
            return decode_answer(answer, think=request.think)

    def open_generate(self, request: GenerateRequest, /) -> AbstractAsyncContextManager[ChatStream]:
        """Answer in the batches in which the server sends."""
        reader = AnswerReader(think=request.think)
        return self._open(GENERATE, encode_generate(request, stream=True), reader)

    async def embed(self, request: EmbedRequest, /) -> EmbedResponse:
        """Embed every input with one request."""
        answer = await self._upstream.post(EMBED, encode_embed(request))
        with concealing(self._upstream):
            return decode_embed(answer, inputs=len(request.inputs))

    @asynccontextmanager
    async def _open(
        self, path: str, body: bytes, reader: AnswerReader
    ) -> AsyncIterator[ChatStream]:
        async with self._upstream.open(path, body, accept=LINES) as answer:
            yield await batches(self._upstream, answer, reader)

    def chat_losses(self, request: ChatRequest, /) -> tuple[str, ...]:
        """Name what the server has no word for."""
        return chat_losses(request)

    def generate_losses(self, request: GenerateRequest, /) -> tuple[str, ...]:
        """Name what the server has no word for."""
        return prompt_losses(request)

    def embed_losses(self, request: EmbedRequest, /) -> tuple[str, ...]:
        """Name what the server has no word for."""
        return embed_losses(request)


def _one_call(request: ChatRequest) -> bool:
    return request.parallel_tool_calls is False
