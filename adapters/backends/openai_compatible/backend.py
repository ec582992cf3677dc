"""Chats with any server that speaks OpenAI's chat completions."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from functools import partial

from msgspec import Struct

from adapters.backends.openai_compatible.exchange import Exchanges
from adapters.backends.openai_compatible.memory import ReplayMemory
from adapters.backends.openai_compatible.profiles import Profiles
from adapters.backends.upstream import Upstream
from adapters.dialects.openai.outbound.asked import asked_of
from adapters.dialects.openai.outbound.losses import chat_losses
from adapters.dialects.openai.outbound.profile import Profile
from adapters.dialects.openai.outbound.replay import Keep
from adapters.dialects.openai.outbound.request import decode_chat, encode_chat
from adapters.dialects.openai.outbound.stream import ChatEvents
from ports.backend import ChatBackend
from ports.chat import ChatRequest, ChatResponse, ChatStream

PATH = "chat/completions"


class OpenAICompatibleChat(ChatBackend):
    """Translates to `POST /chat/completions` and back (docs/wire/dialects.md 1 and 2)."""

    def __init__(self, upstream: Upstream, profiles: Profiles) -> None:
        self._profiles = profiles
        self._exchanges = Exchanges(upstream, profiles)
        self._memory = ReplayMemory()

    async def chat(self, request: ChatRequest, /) -> ChatResponse:
        """Answer in one piece."""
        return await self._exchanges.answer(_Chat(request, self._memory))

    def open_chat(self, request: ChatRequest, /) -> AbstractAsyncContextManager[ChatStream]:
        """Answer in the batches in which the upstream sends."""
        return self._exchanges.open(_Chat(request, self._memory))

    def chat_losses(self, request: ChatRequest, /) -> tuple[str, ...]:
        """Name what this server is not known to take."""
        return chat_losses(request, self._profiles.of(request.model))


class _Chat(Struct, frozen=True, gc=False):
    request: ChatRequest
    memory: ReplayMemory

    @property
    def model(self) -> str:
        return self.request.model

    def path(self, _: Profile) -> str:
        return PATH

    def encode(self, *, stream: bool, profile: Profile) -> bytes:
        replays = self.memory.recall(self.request) if self.memory else None
        return encode_chat(self.request, stream=stream, profile=profile, replays=replays)

    def decode(self, body: bytes, profile: Profile) -> ChatResponse:
        return decode_chat(body, asked_of(self.request, profile, self._keep()))

    def events(self, profile: Profile) -> ChatEvents:
        return ChatEvents(asked_of(self.request, profile, self._keep()))

    def _keep(self) -> Keep | None:
        # Nothing is called where there are no tools.
        return partial(self.memory.keep, self.request) if self.request.tools else None
