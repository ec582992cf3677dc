"""Chats with any server that speaks OpenAI's chat completions."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, contextmanager

import httpx

from adapters.backends.openai_compatible.adaptation import adapted
from adapters.backends.upstream import Answer, Upstream
from adapters.dialects.openai.outbound import decode_chat, encode_chat
from adapters.dialects.openai.outbound_stream import ChatEvents, unfold
from adapters.dialects.openai.profile import PROFILES, Profile, detect
from ports.backend import ChatBackend
from ports.chat import ChatChunk, ChatRequest, ChatResponse, ChatStream
from ports.errors import BackendError, BackendRejected
from ports.models import ModelInfo

PATH = "chat/completions"
EVENT_STREAM = "text/event-stream"


MAX_LEARNED = 1024
"""Models of one upstream whose own ways are remembered."""


class OpenAICompatibleChat(ChatBackend):
    """Translates to `POST /chat/completions` and back (docs/wire/dialects.md 1 and 2).

    Some models refuse a field that others demand. Such a refusal costs nothing, so the
    request is sent once more in the other spelling; if that works it is kept for this model.
    """

    def __init__(self, upstream: Upstream, *, profile: str, base_url: str) -> None:
        self._upstream = upstream
        self._host = httpx.URL(base_url).host
        self._detects = profile == "auto"
        self._profile = PROFILES[detect(self._host, ()) if self._detects else profile]
        self._learned: dict[str, Profile] = {}

    def meet(self, models: Sequence[ModelInfo]) -> None:
        """Learn from a model list what kind of server this is, unless that is configured."""
        if self._detects:
            self._detects = False
            self._profile = PROFILES[detect(self._host, {model.owned_by for model in models})]

    async def chat(self, request: ChatRequest, /) -> ChatResponse:
        """Answer in one piece."""
        profile = self._profile_of(request)
        try:
            return await self._chat(request, profile)
        except BackendRejected as refusal:
            other = adapted(profile, refusal)
            if other is None:
                raise
        response = await self._chat(request, other)
        self._learn(request, other)
        return response

    @asynccontextmanager
    async def open_chat(self, request: ChatRequest, /) -> AsyncIterator[ChatStream]:
        """Answer in the batches in which the upstream sends."""
        profile = self._profile_of(request)
        async with AsyncExitStack() as stack:
            try:
                chunks = await stack.enter_async_context(self._open(request, profile))
            except BackendRejected as refusal:
                other = adapted(profile, refusal)
                if other is None:
                    raise
                chunks = await stack.enter_async_context(self._open(request, other))
                self._learn(request, other)
            yield chunks

    async def _chat(self, request: ChatRequest, profile: Profile) -> ChatResponse:
        body = encode_chat(request, stream=False, profile=profile)
        answer = await self._upstream.post(PATH, body)
        with self._concealing():
            return decode_chat(answer, think=request.think)

    @asynccontextmanager
    async def _open(self, request: ChatRequest, profile: Profile) -> AsyncIterator[ChatStream]:
        body = encode_chat(request, stream=True, profile=profile)
        async with self._upstream.open(PATH, body, accept=EVENT_STREAM) as answer:
            if answer.content_type == "application/json":
                # Some servers answer in one piece whatever was asked.
                whole = await answer.read_all()
                with self._concealing():
                    batch = unfold(decode_chat(whole, think=request.think))
                yield _once(batch)
                return
            events = ChatEvents(think=request.think)
            with self._concealing():
                first = await _first(answer, events)
            answer.patience.started()
            async with aclosing(self._from(first, answer, events)) as chunks:
                yield chunks

    async def _from(
        self, first: Sequence[ChatChunk], answer: Answer, events: ChatEvents
    ) -> AsyncGenerator[Sequence[ChatChunk], None]:
        yield first
        with self._concealing():
            while not events.done:
                if events.error is not None:
                    raise events.error
                data = await answer.read()
                batch = events.feed(data) if data else events.finish()
                if batch:
                    yield batch
        # The end of the body usually lies in the same packet: read it and the connection
        # can be used again.
        await answer.drain()

    @contextmanager
    def _concealing(self) -> Iterator[None]:
        try:
            yield
        except BackendError as error:
            self._upstream.conceal(error)
            raise

    def _profile_of(self, request: ChatRequest) -> Profile:
        return self._learned.get(request.model, self._profile)

    def _learn(self, request: ChatRequest, profile: Profile) -> None:
        if len(self._learned) >= MAX_LEARNED:
            self._learned.clear()
        self._learned[request.model] = profile


async def _first(answer: Answer, events: ChatEvents) -> Sequence[ChatChunk]:
    """Read until at least one chunk is here."""
    while data := await answer.read():
        if chunks := events.feed(data):
            return chunks
    return events.finish()


async def _once(batch: Sequence[ChatChunk]) -> AsyncIterator[Sequence[ChatChunk]]:
    yield batch
