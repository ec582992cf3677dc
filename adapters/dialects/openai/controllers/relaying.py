"""Requests that an OpenAI-speaking server answers itself, byte for byte."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from functools import partial

from litestar.types import ASGIApp
from msgspec import Struct

from adapters.dialects.controlling.asking import AnyRequest, caller_of, noting
from adapters.dialects.controlling.relaying import beginning_of, relay_whole
from adapters.dialects.openai.controllers.answering import JSON
from adapters.dialects.openai.errors import event_of
from adapters.dialects.openai.relay.answers import check_completed, check_embedded
from adapters.dialects.openai.relay.events import CONTENT, TEXT, RelayedChatEvents
from adapters.dialects.openai.relay.parameters import (
    parameters_of_chat,
    parameters_of_prompt,
    parameters_of_vectors,
)
from adapters.dialects.openai.relay.requests import (
    WantedCompletion,
    read_completion,
    read_embedding,
)
from adapters.dialects.openai.relay.tap import outcome_of
from adapters.dialects.openai.relay.unfolding import unfolded
from adapters.dialects.openai.relay.unless_refused import UnlessRefused
from adapters.dialects.relaying.answers import Check
from adapters.dialects.relaying.bodies import Members, Wanted
from adapters.dialects.relaying.exchange import RelayOpening
from adapters.dialects.replies.batches import Reply, StreamReply
from adapters.dialects.replies.events import HEADERS as EVENTS
from adapters.dialects.replies.events import EventReply, Keepalive
from adapters.dialects.requests.unknown_models import not_pulled
from domain.relay import AdmittedRelay, Relay
from domain.residence import Residents
from ports.errors import NO_ROUTE, BackendProtocolError, ModelNotFound
from ports.observer import Operation
from ports.parameters import Parameters
from ports.raw import OPENAI, RawReply, RawRequest


class _Route(Struct, frozen=True):
    path: str
    operation: Operation
    check: Check
    parameters: Callable[[Members], Parameters]
    text: bytes = b""
    """What stands before the text in its events."""

    def of(self, body: bytes) -> RawRequest:
        return RawRequest(dialect=OPENAI, path=self.path, body=body)


_CHAT = _Route("/v1/chat/completions", Operation.CHAT, check_completed, parameters_of_chat, CONTENT)
_COMPLETIONS = _Route(
    "/v1/completions", Operation.COMPLETION, check_completed, parameters_of_prompt, TEXT
)
_EMBEDDINGS = _Route("/v1/embeddings", Operation.EMBEDDINGS, check_embedded, parameters_of_vectors)


class OpenAIRelay:
    """Passes requests on untouched where that is possible.

    Each method returns `None` if it is not; then the request is to be decoded.
    """

    def __init__(self, relay: Relay, residents: Residents, keepalive: Keepalive) -> None:
        self._relay = relay
        self._residents = residents
        self._keepalive = keepalive
        self._only_chat: set[str] = set()
        """Backends that have turned out not to complete texts."""

    async def chat(self, request: AnyRequest, body: bytes) -> ASGIApp | None:
        """Pass a chat on."""
        wanted = read_completion(body) if self._relay.speaks(OPENAI) else None
        admitted = None if wanted is None else await self._admit(request, wanted, _CHAT)
        if wanted is None or admitted is None:
            return None
        if not wanted.stream:
            return await _in_one_piece(admitted, wanted, _CHAT)
        return EventReply(
            _in_events(admitted, wanted, _CHAT),
            bytes,
            noting(request, event_of),
            keepalive=self._keepalive,
        )

    async def continue_text(self, request: AnyRequest, body: bytes) -> ASGIApp | None:
        """Pass a prompt, or several, on.

        Not every server completes texts, and where one does not a translator has another way.
        That shows only when it is asked, so a stream is opened here.
        """
        wanted = read_completion(body) if self._relay.speaks(OPENAI) else None
        admitted = None if wanted is None else await self._admit(request, wanted, _COMPLETIONS)
        if wanted is None or admitted is None:
            return None
        backend = admitted.target.backend.name
        if backend in self._only_chat:
            return None
        try:
            if not wanted.stream:
                return await _in_one_piece(admitted, wanted, _COMPLETIONS)
            async with AsyncExitStack() as exchange:
                opening = _in_events(admitted, wanted, _COMPLETIONS)
                events = await exchange.enter_async_context(opening)
                fail = noting(request, event_of)
                return StreamReply(events, bytes, fail, headers=EVENTS, exchange=exchange.pop_all())
        except BackendProtocolError as error:
            if error.upstream_code != NO_ROUTE:
                raise
        self._only_chat.add(backend)
        return None

    async def embed(self, request: AnyRequest, body: bytes) -> ASGIApp | None:
        """Pass texts to embed on."""
        wanted = read_embedding(body) if self._relay.speaks(OPENAI) else None
        admitted = None if wanted is None else await self._admit(request, wanted, _EMBEDDINGS)
        if wanted is None or admitted is None:
            return None
        try:
            return await _in_one_piece(admitted, wanted, _EMBEDDINGS)
        except ModelNotFound as error:
            raise not_pulled(error) from error

    async def _admit(
        self, request: AnyRequest, wanted: Wanted, route: _Route
    ) -> AdmittedRelay | None:
        admitted = await self._relay.admit(
            wanted.model,
            OPENAI,
            caller_of(request),
            others=wanted.others,
            parameters=partial(route.parameters, wanted.members),
        )
        if admitted is not None:
            self._residents.note(admitted.target)
        return admitted


async def _in_one_piece(admitted: AdmittedRelay, wanted: Wanted, route: _Route) -> ASGIApp:
    sent = route.of(wanted.named(admitted.target.model.id))
    _, passed = await relay_whole(
        admitted, sent, route.operation, check=route.check, outcome_of=outcome_of
    )
    return Reply(passed, JSON)


def _in_events(
    admitted: AdmittedRelay, wanted: WantedCompletion, route: _Route
) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
    events = RelayedChatEvents(
        asked=admitted.asked, counts=wanted.counts, alone=wanted.alone, text=route.text
    )
    unfold = partial(unfolded, counts=wanted.counts)
    begin = beginning_of(admitted, events, check=route.check, unfold=unfold)

    def opening(body: bytes) -> AbstractAsyncContextManager[RawReply]:
        return admitted.open(route.of(body), route.operation, streamed=True, outcome=events.outcome)

    model = admitted.target.model.id
    first = opening(wanted.counted(model))
    if wanted.counts:
        return RelayOpening(first, begin)
    return RelayOpening(UnlessRefused(first, lambda: opening(wanted.named(model))), begin)
