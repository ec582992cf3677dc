"""Raw prompts and gaps before a suffix, for servers that complete text."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager

from msgspec import Struct

from adapters.backends.openai_compatible.exchange import Exchanges
from adapters.backends.openai_compatible.profiles import Profiles
from adapters.backends.upstream import Upstream
from adapters.dialects.openai.errors import NO_ROUTE
from adapters.dialects.openai.outbound.completions import (
    completion_path,
    decode_completion,
    encode_completion,
    not_supported,
)
from adapters.dialects.openai.outbound.options import watched_stops
from adapters.dialects.openai.outbound.profile import Profile
from adapters.dialects.openai.outbound.stream import ChatEvents
from ports.backend import GenerateBackend
from ports.chat import ChatResponse, ChatStream
from ports.errors import BackendProtocolError
from ports.generate import GenerateRequest


class OpenAICompatibleCompletions(GenerateBackend):
    """Translates to `POST /completions` and back (docs/wire/dialects.md 5).

    Not every server has such a path; there `InvalidRequest` says what cannot be done.
    """

    def __init__(self, upstream: Upstream, profiles: Profiles) -> None:
        self._exchanges = Exchanges(upstream, profiles)

    async def generate(self, request: GenerateRequest, /) -> ChatResponse:
        """Answer in one piece."""
        with _explained(request):
            return await self._exchanges.answer(_Prompt(request))

    @asynccontextmanager
    async def open_generate(self, request: GenerateRequest, /) -> AsyncIterator[ChatStream]:
        """Answer in the batches in which the upstream sends."""
        async with AsyncExitStack() as stack:
            with _explained(request):
                stream = await stack.enter_async_context(self._exchanges.open(_Prompt(request)))
            yield stream

    def generate_losses(self, _request: GenerateRequest, /) -> tuple[str, ...]:
        """Lose nothing that is known of."""
        return ()


@contextmanager
def _explained(request: GenerateRequest) -> Iterator[None]:
    try:
        yield
    except BackendProtocolError as error:
        if error.upstream_code != NO_ROUTE:
            raise
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
        return decode_completion(body, stops=watched_stops(self.request.options, profile))

    def events(self, profile: Profile) -> ChatEvents:
        return ChatEvents(verbatim=True, stops=watched_stops(self.request.options, profile))
