"""Responses that a server which has them gives itself, byte for byte."""

from __future__ import annotations

from functools import partial

from litestar.types import ASGIApp

from adapters.dialects.controlling.asking import AnyRequest, caller_of, noting
from adapters.dialects.controlling.counted import told_by
from adapters.dialects.controlling.relaying import beginning_of, relay_whole
from adapters.dialects.openai.controllers.answering import JSON
from adapters.dialects.openai.relay.parameters import parameters_of_response
from adapters.dialects.openai.relay.responses import (
    RelayedResponseEvents,
    check_count,
    check_response,
    outcome_of,
)
from adapters.dialects.openai.relay.unfolding_responses import unfolded_response
from adapters.dialects.relaying.bodies import Wanted, read_wanted
from adapters.dialects.relaying.exchange import RelayOpening
from adapters.dialects.replies.batches import Reply
from adapters.dialects.replies.events import EventReply, Keepalive
from domain.relay import AdmittedRelay, Relay
from domain.residence import Residents
from ports.errors import NO_ROUTE, BackendProtocolError
from ports.observer import Operation, Outcome
from ports.raw import RESPONSES, RawRequest

_PATH = "/v1/responses"
COUNT_PATH = "/v1/responses/input_tokens"


class ResponsesRelay:
    """Passes requests on untouched where that is possible."""

    def __init__(self, relay: Relay, residents: Residents, keepalive: Keepalive) -> None:
        self._relay = relay
        self._residents = residents
        self._keepalive = keepalive

    async def create(self, request: AnyRequest, body: bytes) -> ASGIApp | None:
        """Pass an input on; else `None`, and nothing has happened."""
        wanted = read_wanted(body) if self._relay.speaks(RESPONSES) else None
        admitted = None if wanted is None else await self._admit(request, wanted)
        if wanted is None or admitted is None:
            return None
        self._residents.note(admitted.target)
        sent = _sent(admitted, wanted, _PATH)
        if not wanted.stream:
            _, passed = await relay_whole(
                admitted, sent, Operation.CHAT, check=check_response, outcome_of=outcome_of
            )
            return Reply(passed, JSON)
        return self._in_events(request, admitted, sent)

    async def count(self, request: AnyRequest, body: bytes) -> ASGIApp | None:
        """Have the tokens of an input counted; else `None`.

        There are servers that have Responses and do not count.
        """
        wanted = read_wanted(body) if self._relay.speaks(RESPONSES) else None
        admitted = None if wanted is None else await self._admit(request, wanted)
        if wanted is None or admitted is None:
            return None
        sent = _sent(admitted, wanted, COUNT_PATH)
        try:
            reply, passed = await relay_whole(
                admitted, sent, Operation.OTHER, check=check_count, outcome_of=_nothing
            )
        except BackendProtocolError as error:
            if error.upstream_code != NO_ROUTE:
                raise
            return None
        return Reply(passed, (*JSON, told_by(reply)))

    async def _admit(self, request: AnyRequest, wanted: Wanted) -> AdmittedRelay | None:
        return await self._relay.admit(
            wanted.model,
            RESPONSES,
            caller_of(request),
            others=wanted.others,
            parameters=partial(parameters_of_response, wanted.members),
        )

    def _in_events(self, request: AnyRequest, admitted: AdmittedRelay, sent: RawRequest) -> ASGIApp:
        events = RelayedResponseEvents(asked=admitted.asked)
        begin = beginning_of(admitted, events, check=check_response, unfold=unfolded_response)
        return EventReply(
            RelayOpening(admitted.open(sent, streamed=True, outcome=events.outcome), begin),
            bytes,
            noting(request, events.failed),
            keepalive=self._keepalive,
        )


def _sent(admitted: AdmittedRelay, wanted: Wanted, path: str) -> RawRequest:
    named = wanted.named(admitted.target.model.id)
    return RawRequest(dialect=RESPONSES, path=path, body=named)


def _nothing(_body: bytes) -> Outcome:
    return Outcome()
