"""The embedded backend: answers chats and embeds texts by itself, and always the same way.

For building and testing programs without a model, a key or a network. It honours
`max_tokens`, `stop`, `seed` (the choice of words), formats, tools and the choice among them,
thinking and how long it may be. Temperature
and the other sampling options are accepted and change nothing, for nothing is sampled;
there are no log probabilities for the same reason.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager

from msgspec import UNSET
from msgspec.structs import replace

from adapters.backends.folding import fold
from adapters.backends.offline.catalog import CHAT_MODEL, EMBED_MODEL, OfflineCatalog
from adapters.backends.offline.embeddings import add, features, normalised
from adapters.backends.offline.losses import answer_losses, extension_losses
from adapters.backends.offline.prompts import OfflinePrompts
from adapters.backends.offline.reply import Reply, compose
from adapters.backends.offline.speaking import before_stop, in_batches, speak
from adapters.backends.offline.turns import Turns, count_words
from ports.backend import Backend, ChatBackend, EmbedBackend
from ports.chat import (
    ChatChunk,
    ChatRequest,
    ChatResponse,
    ChatStream,
    FinishChunk,
    Usage,
)
from ports.clock import Clock
from ports.embed import EmbedRequest, EmbedResponse, Vector
from ports.errors import CapabilityMissing, ModelNotFound

_BATCH = 64  # words; after each batch others may run
_FEATURES = 4096  # the same, for embeddings


def build(name: str, *, pace: float, dimensions: int, clock: Clock) -> Backend:
    """Make the backend. `pace` is seconds between words, `dimensions` the length of vectors."""
    chat = OfflineChat(pace=pace, clock=clock)
    return Backend(
        name=name,
        kind="offline",
        catalog=OfflineCatalog(dimensions),
        chat=chat,
        generate=OfflinePrompts(chat),
        embed=OfflineEmbed(dimensions=dimensions, clock=clock),
    )


class OfflineChat(ChatBackend):
    """Speaks a word every `pace` seconds, or everything at once if that is 0."""

    def __init__(self, *, pace: float, clock: Clock) -> None:
        self._pace = pace
        self._clock = clock

    async def chat(self, request: ChatRequest, /) -> ChatResponse:
        """Answer in one piece, after as long as the same words take as a stream.

        Raises `InvalidRequest` for a schema that cannot be honoured, `ModelNotFound` and
        `CapabilityMissing`.
        """
        async with self.open_chat(request) as stream:
            return await fold(stream)

    @asynccontextmanager
    async def open_chat(self, request: ChatRequest, /) -> AsyncIterator[ChatStream]:
        """Answer word by word; entering raises what `chat` raises."""
        async with aclosing(self._stream(request, await self._composed(request))) as stream:
            yield stream

    async def _composed(self, request: ChatRequest) -> Reply:
        if request.model == EMBED_MODEL:
            raise CapabilityMissing(request.model, "chat")
        if request.model != CHAT_MODEL:
            raise ModelNotFound(request.model)
        turns = Turns(self._clock)
        reply = await compose(request, turns)
        text, stop = await before_stop(reply.text, request.options, turns)
        return replace(reply, text=text, stop=stop)

    async def _stream(
        self, request: ChatRequest, reply: Reply
    ) -> AsyncGenerator[Sequence[ChatChunk], None]:
        chunks = speak(reply, request.options, request.model)
        first = True
        for batch in in_batches(chunks, 1 if self._pace else _BATCH):
            if not first and not isinstance(batch[0], FinishChunk):
                await self._clock.sleep(self._pace)
            first = False
            yield batch

    def chat_losses(self, request: ChatRequest, /) -> tuple[str, ...]:
        """Name what no answer will show."""
        return answer_losses(request)


class OfflineEmbed(EmbedBackend):
    """Hashes features (`embeddings`) into vectors of a settable length."""

    def __init__(self, *, dimensions: int, clock: Clock) -> None:
        self._dimensions = dimensions
        self._clock = clock

    async def embed(self, request: EmbedRequest, /) -> EmbedResponse:
        """Embed every input into a vector of length 1, an empty text too.

        Fewer `dimensions` cut the vector and scale it again; more than there are change
        nothing (docs/wire/ollama-api.md 2.8). Raises `ModelNotFound`, `CapabilityMissing`.
        """
        if request.model == CHAT_MODEL:
            raise CapabilityMissing(request.model, "embedding")
        if request.model != EMBED_MODEL:
            raise ModelNotFound(request.model)
        length = None if request.dimensions is UNSET else request.dimensions
        vectors = [normalised((await self._hashed(text))[:length]) for text in request.inputs]
        turns = Turns(self._clock)
        counts = [await count_words(text, turns) for text in request.inputs]
        return EmbedResponse(
            vectors=tuple(Vector(values=vector) for vector in vectors),
            usage=Usage(prompt_tokens=sum(counts)),
            model=request.model,
        )

    async def _hashed(self, text: str) -> list[float]:
        vector = [0.0] * self._dimensions
        found = features(text)
        more = True
        while more:
            more = add(vector, found, at_most=_FEATURES)
            await self._clock.sleep(0)
        return vector

    def embed_losses(self, request: EmbedRequest, /) -> tuple[str, ...]:
        """Name what only vendors know."""
        return extension_losses(request.extensions)
