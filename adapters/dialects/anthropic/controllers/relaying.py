"""Requests that a server of Anthropic's dialect answers itself, byte for byte."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from litestar.types import ASGIApp
from msgspec import Struct

from adapters.dialects.anthropic import errors
from adapters.dialects.anthropic.controllers.answering import JSON, naming, request_id_of
from adapters.dialects.anthropic.inbound.stream import PING
from adapters.dialects.anthropic.relay.messages import (
    RelayedMessageEvents,
    check_count,
    check_message,
    outcome_of,
)
from adapters.dialects.anthropic.relay.parameters import parameters_of_message
from adapters.dialects.anthropic.relay.unfolding import unfolded_message
from adapters.dialects.controlling.asking import AnyRequest, caller_of, noting
from adapters.dialects.controlling.counted import told_by
from adapters.dialects.controlling.relaying import beginning_of, relay_whole
from adapters.dialects.relaying.answers import Check
from adapters.dialects.relaying.bodies import Wanted, read_wanted
from adapters.dialects.relaying.exchange import RelayOpening
from adapters.dialects.replies.batches import Reply
from adapters.dialects.replies.events import EventReply, Keepalive
from domain.relay import AdmittedRelay, Relay
from domain.residence import Residents
from ports.errors import NO_ROUTE, BackendProtocolError
from ports.observer import Operation
from ports.parameters import Parameters, no_parameters
from ports.raw import ANTHROPIC, Headers, RawRequest

_HEADERS = ("anthropic-version", "anthropic-beta")
"""Of the client, which the upstream must see too (docs/wire/dialects.md 7.1)."""


class _Route(Struct, frozen=True):
    path: str
    operation: Operation
    check: Check


_MESSAGES = _Route("/v1/messages", Operation.CHAT, check_message)
_COUNT = _Route("/v1/messages/count_tokens", Operation.OTHER, check_count)


class AnthropicRelay:
    """Passes requests on untouched where that is possible.

    Each method returns `None` if it is not; then nothing has happened, and the request is to be
    decoded.
    """

    def __init__(self, relay: Relay, residents: Residents, keepalive: Keepalive) -> None:
        self._relay = relay
        self._residents = residents
        self._keepalive = keepalive

    async def message(self, request: AnyRequest, body: bytes) -> ASGIApp | None:
        """Pass a conversation on."""
        wanted = read_wanted(body) if self._relay.speaks(ANTHROPIC) else None
        if wanted is None:
            return None
        parameters = partial(parameters_of_message, wanted.members)
        admitted = await self._admit(request, wanted, parameters)
        if admitted is None:
            return None
        self._residents.note(admitted.target)
        sent = _sent(request, admitted, wanted, _MESSAGES)
        if not wanted.stream:
            return await _in_one_piece(request, admitted, sent, _MESSAGES)
        return self._in_events(request, admitted, sent)

    async def count(self, request: AnyRequest, body: bytes) -> ASGIApp | None:
        """Have the tokens of a conversation counted; `None` also where the server cannot."""
        wanted = read_wanted(body) if self._relay.speaks(ANTHROPIC) else None
        admitted = None if wanted is None else await self._admit(request, wanted)
        if wanted is None or admitted is None:
            return None
        sent = _sent(request, admitted, wanted, _COUNT)
        try:
            return await _in_one_piece(request, admitted, sent, _COUNT)
        except BackendProtocolError as error:
            if error.upstream_code != NO_ROUTE:
                raise
            return None

    async def _admit(
        self,
        request: AnyRequest,
        wanted: Wanted,
        parameters: Callable[[], Parameters] = no_parameters,
    ) -> AdmittedRelay | None:
        return await self._relay.admit(
            wanted.model,
            ANTHROPIC,
            caller_of(request),
            others=wanted.others,
            parameters=parameters,
        )

    def _in_events(self, request: AnyRequest, admitted: AdmittedRelay, sent: RawRequest) -> ASGIApp:
        events = RelayedMessageEvents(asked=admitted.asked)
        begin = beginning_of(admitted, events, check=check_message, unfold=unfolded_message)
        opening = admitted.open(sent, Operation.CHAT, streamed=True, outcome=events.outcome)
        request_id = request_id_of(request)
        return EventReply(
            RelayOpening(opening, begin),
            bytes,
            noting(request, lambda error: errors.event(error, request_id=request_id)),
            keepalive=self._keepalive,
            headers=(naming(request),),
            sign=PING,
        )


async def _in_one_piece(
    request: AnyRequest,
    admitted: AdmittedRelay,
    sent: RawRequest,
    route: _Route,
) -> ASGIApp:
    reply, passed = await relay_whole(
        admitted, sent, route.operation, check=route.check, outcome_of=outcome_of
    )
    headers = [JSON, naming(request)]
    if route is _COUNT:
        headers.append(told_by(reply))
    return Reply(passed, headers)


def _sent(
    request: AnyRequest, admitted: AdmittedRelay, wanted: Wanted, route: _Route
) -> RawRequest:
    return RawRequest(
        dialect=ANTHROPIC,
        path=route.path,
        body=wanted.named(admitted.target.model.id),
        headers=_headers_of(request),
    )


def _headers_of(request: AnyRequest) -> Headers:
    found = ((name, request.headers.get(name)) for name in _HEADERS)
    return tuple((name, value) for name, value in found if value and value.isascii())
