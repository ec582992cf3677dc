"""One question to a server: sent, sent again in another spelling, answered whole or streamed."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Protocol

from adapters.backends.chunks import batches, concealing
from adapters.backends.folding import unfold
from adapters.backends.openai_compatible.adaptation import Other, adapted
from adapters.backends.openai_compatible.profiles import Profiles
from adapters.backends.upstream import Upstream
from adapters.dialects.openai.outbound.profile import Profile
from adapters.dialects.openai.outbound.stream import ChatEvents
from ports.chat import ChatChunk, ChatResponse, ChatStream
from ports.errors import BackendRejected

EVENT_STREAM = "text/event-stream"


class Question(Protocol):
    """A request, as far as an exchange must know it."""

    @property
    @abstractmethod
    def model(self) -> str:
        """The upstream's own id."""

    @abstractmethod
    def path(self, profile: Profile) -> str:
        """Where it goes, below the base URL."""

    @abstractmethod
    def encode(self, *, stream: bool, profile: Profile) -> bytes:
        """Return the body."""

    @abstractmethod
    def decode(self, body: bytes, profile: Profile) -> ChatResponse:
        """Read a whole answer."""

    @abstractmethod
    def events(self, profile: Profile) -> ChatEvents:
        """Return a new reader of a streamed answer."""


class Exchanges:
    """Asks one upstream.

    Some models refuse a field that others demand. Such a refusal costs nothing, so the
    request is sent once more in the other spelling; if that works it is kept for this model
    where it is the model's way (`adaptation`).
    """

    def __init__(self, upstream: Upstream, profiles: Profiles) -> None:
        self._upstream = upstream
        self._profiles = profiles

    async def answer(self, question: Question) -> ChatResponse:
        """Answer in one piece."""
        profile = self._profiles.of(question.model)
        body = question.encode(stream=False, profile=profile)
        try:
            return await self._whole(question, profile, body)
        except BackendRejected as refusal:
            other, again = _respelled(question, profile, refusal, body, stream=False)
        response = await self._whole(question, other.profile, again)
        self._learn(question.model, other)
        return response

    @asynccontextmanager
    async def open(self, question: Question) -> AsyncIterator[ChatStream]:
        """Answer in the batches in which the upstream sends."""
        profile = self._profiles.of(question.model)
        body = question.encode(stream=True, profile=profile)
        async with AsyncExitStack() as stack:
            try:
                opening = self._streamed(question, profile, body)
                chunks = await stack.enter_async_context(opening)
            except BackendRejected as refusal:
                other, again = _respelled(question, profile, refusal, body, stream=True)
                opening = self._streamed(question, other.profile, again)
                chunks = await stack.enter_async_context(opening)
                self._learn(question.model, other)
            yield chunks

    def _learn(self, model: str, other: Other) -> None:
        if other.lasts:
            self._profiles.learn(model, other.profile)

    async def _whole(self, question: Question, profile: Profile, body: bytes) -> ChatResponse:
        answer = await self._upstream.post(question.path(profile), body)
        with concealing(self._upstream):
            return question.decode(answer, profile)

    @asynccontextmanager
    async def _streamed(
        self, question: Question, profile: Profile, body: bytes
    ) -> AsyncIterator[ChatStream]:
        path = question.path(profile)
        async with self._upstream.open(path, body, accept=EVENT_STREAM) as answer:
            if answer.content_type == "application/json":
                # Some servers answer in one piece whatever was asked.
                whole = await answer.read_all()
                with concealing(self._upstream):
                    response = question.decode(whole, profile)
                yield _once(unfold(response))
                return
            events = question.events(profile)
            yield await batches(self._upstream, answer, events)


def _respelled(
    question: Question, profile: Profile, refusal: BackendRejected, body: bytes, *, stream: bool
) -> tuple[Other, bytes]:
    """Spell a refused question otherwise. Raises the refusal where that would change nothing."""
    other = adapted(profile, refusal)
    if other is None:
        raise refusal
    again = question.encode(stream=stream, profile=other.profile)
    if again == body:
        raise refusal
    return other, again


async def _once(batch: Sequence[ChatChunk]) -> AsyncIterator[Sequence[ChatChunk]]:
    yield batch
