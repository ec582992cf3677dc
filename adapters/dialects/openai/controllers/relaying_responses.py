"""Responses that a server which has them gives itself, byte for byte."""

from __future__ import annotations

from functools import partial

from litestar.types import ASGIApp

from adapters.dialects.controlling.asking import AnyRequest, caller_of, noting
from adapters.dialects.controlling.relaying import beginning_of, relay_whole
from adapters.dialects.openai.controllers.answering import JSON
from adapters.dialects.openai.relay.parameters import parameters_of_response
from adapters.dialects.openai.relay.responses import (
    RelayedResponseEvents,
    check_response,
    outcome_of,
)
from adapters.dialects.openai.relay.unfolding_responses import unfolded_response
from adapters.dialects.relaying.bodies import read_wanted
from adapters.dialects.relaying.exchange import RelayOpening
from adapters.dialects.replies.batches import Reply
from adapters.dialects.replies.events import EventReply, Keepalive
from domain.relay import AdmittedRelay, Relay
from domain.residence import Residents
from ports.observer import Operation
from ports.raw import RESPONSES, RawRequest

_PATH = "/v1/responses"


class ResponsesRelay:
    """Passes requests on untouched where that is possible."""

    def __init__(self, relay: Relay, residents: Residents, keepalive: Keepalive) -> None:
        self._relay = relay
        self._residents = residents
        self._keepalive = keepalive

    async def create(self, request: AnyRequest, body: bytes) -> ASGIApp | None:
        """Pass an input on; else `None`, and nothing has happened."""
        if not self._relay.speaks(RESPONSES) or (wanted := read_wanted(body)) is None:
            return None
        admitted = await self._relay.admit(
            wanted.model,
            RESPONSES,
            caller_of(request),
            others=wanted.others,
            parameters=partial(parameters_of_response, wanted.members),
        )
        if admitted is None:
            return None
        self._residents.note(admitted.target)
        named = wanted.named(admitted.target.model.id)
        sent = RawRequest(dialect=RESPONSES, path=_PATH, body=named)
        if not wanted.stream:
            _, passed = await relay_whole(
                admitted, sent, Operation.CHAT, check=check_response, outcome_of=outcome_of
            )
            return Reply(passed, JSON)
        return self._in_events(request, admitted, sent)

    def _in_events(self, request: AnyRequest, admitted: AdmittedRelay, sent: RawRequest) -> ASGIApp:
        events = RelayedResponseEvents(asked=admitted.asked)
        begin = beginning_of(admitted, events, check=check_response, unfold=unfolded_response)
        return EventReply(
            RelayOpening(admitted.open(sent, streamed=True, outcome=events.outcome), begin),
            bytes,
            noting(request, events.failed),
            keepalive=self._keepalive,
        )
