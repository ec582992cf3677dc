"""Raw prompts and gaps before a suffix, for servers that complete text."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from msgspec import Struct
from msgspec.structs import replace

from adapters.backends.openai_compatible.exchange import Exchanges
from adapters.backends.openai_compatible.profiles import Profiles
from adapters.backends.prompts import as_turn
from adapters.backends.upstream import Upstream
from adapters.dialects.openai.outbound.asked import asked_of_prompt
from adapters.dialects.openai.outbound.completions import (
    completion_path,
    decode_completion,
    encode_completion,
    not_supported,
)
from adapters.dialects.openai.outbound.losses import prompt_losses
from adapters.dialects.openai.outbound.profile import Profile
from adapters.dialects.openai.outbound.stream import ChatEvents
from ports.backend import ChatBackend, GenerateBackend
from ports.chat import ChatResponse, ChatStream
from ports.errors import NO_ROUTE, BackendProtocolError
from ports.generate import GenerateRequest


class OpenAICompatibleCompletions(GenerateBackend):
    """Translates to `POST /completions` and back (docs/wire/dialects.md 5).

    Not every server has such a path. There a text to go on with is asked as a chat of one turn;
    for the rest `InvalidRequest` says what cannot be done.
    """

    def __init__(self, upstream: Upstream, profiles: Profiles, chat: ChatBackend) -> None:
        """Take the same upstream's chats as well."""
        self._exchanges = Exchanges(upstream, profiles)
        self._profiles = profiles
        self._chat = chat

    async def generate(self, request: GenerateRequest, /) -> ChatResponse:
        """Answer in one piece."""
        if self._only_chats(request):
            return await self._chat.chat(as_turn(request))
        try:
            return await self._exchanges.answer(_Prompt(request))
        except BackendProtocolError as error:
            _require_turn(request, error)
        response = await self._chat.chat(as_turn(request))
        self._learn(request)
        return response

    @asynccontextmanager
    async def open_generate(self, request: GenerateRequest, /) -> AsyncIterator[ChatStream]:
        """Answer in the batches in which the upstream sends."""
        async with AsyncExitStack() as stack:
            yield await self._opened(request, stack)

    async def _opened(self, request: GenerateRequest, stack: AsyncExitStack) -> ChatStream:
        if self._only_chats(request):
            return await stack.enter_async_context(self._chat.open_chat(as_turn(request)))
        try:
            return await stack.enter_async_context(self._exchanges.open(_Prompt(request)))
        except BackendProtocolError as error:
            _require_turn(request, error)
        chunks = await stack.enter_async_context(self._chat.open_chat(as_turn(request)))
        self._learn(request)
        return chunks

    def generate_losses(self, request: GenerateRequest, /) -> tuple[str, ...]:
        """Name what this server is not known to take, as a chat where one is asked."""
        if self._only_chats(request):
            return self._chat.chat_losses(as_turn(request))
        return prompt_losses(request, self._profiles.of(request.model))

    def _only_chats(self, request: GenerateRequest) -> bool:
        return _is_turn(request) and not self._profiles.of(request.model).completions

    def _learn(self, request: GenerateRequest) -> None:
        known = self._profiles.of(request.model)
        self._profiles.learn(request.model, replace(known, completions=""))


def _is_turn(request: GenerateRequest) -> bool:
    return request.continues and not (request.raw or request.suffix)


def _require_turn(request: GenerateRequest, error: BackendProtocolError) -> None:
    """Raise unless a server without such a path may be asked by a chat instead."""
    if error.upstream_code != NO_ROUTE:
        raise error
    if not _is_turn(request):
        raise not_supported(request) from error


class _Prompt(Struct, frozen=True, gc=False):
    request: GenerateRequest

    @property
    def model(self) -> str:
        return self.request.model

    def path(self, profile: Profile) -> str:
        return completion_path(self.request, profile)

    def encode(self, *, stream: bool, profile: Profile) -> bytes:
        return encode_completion(self.request, stream=stream, profile=profile)

    def decode(self, body: bytes, profile: Profile) -> ChatResponse:
        return decode_completion(body, asked_of_prompt(self.request, profile))

    def events(self, profile: Profile) -> ChatEvents:
        return ChatEvents(asked_of_prompt(self.request, profile), verbatim=True)
