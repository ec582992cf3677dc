"""Requests that an Ollama server answers itself, byte for byte."""

from __future__ import annotations

from contextlib import AsyncExitStack
from functools import partial

from litestar.types import ASGIApp

from adapters.dialects.controlling.asking import AnyRequest, caller_of, noting
from adapters.dialects.ollama.controllers.answering import JSON, NDJSON, stream_refusal
from adapters.dialects.ollama.errors import body_of
from adapters.dialects.ollama.relay.exchange import (
    COUNTING,
    Route,
    named_as_asked,
    read_members,
    wants_lines,
)
from adapters.dialects.ollama.relay.lines import RelayedLines
from adapters.dialects.ollama.relay.tap import outcome_of
from adapters.dialects.relaying.bodies import Members, members_of, model_of, renamed
from adapters.dialects.relaying.exchange import begun
from adapters.dialects.replies.batches import Reply, StreamReply
from domain.forwarding import whole
from domain.relay import AdmittedRelay, Relay
from ports.errors import GatewayError
from ports.raw import OLLAMA, RawRequest


async def relay_body(
    request: AnyRequest, relay: Relay, route: Route, body: bytes
) -> ASGIApp | None:
    """Pass a request on untouched if that is possible; else `None`, and nothing has happened."""
    if not relay.speaks(OLLAMA):
        return None
    members = members_of(body, COUNTING)
    if members is None or (model := model_of(members)) is None:
        return None
    parameters = partial(route.parameters, members)
    admitted = await relay.admit(model, OLLAMA, caller_of(request), parameters=parameters)
    if admitted is None:
        return None
    sent = RawRequest(
        dialect=OLLAMA,
        path=route.path,
        body=renamed(body, members, admitted.target.model.id),
    )
    if not wants_lines(route, members):
        return await _in_one_piece(admitted, sent, route)
    try:
        return await _in_lines(request, admitted, sent, route)
    except GatewayError as error:
        return stream_refusal(request, error)


async def _in_one_piece(admitted: AdmittedRelay, sent: RawRequest, route: Route) -> ASGIApp:
    members: Members = {}
    async with admitted.open(sent, route.operation, outcome=lambda: outcome_of(members)) as reply:
        body = await whole(reply)
        members = read_members(body)
        answer = named_as_asked(
            body,
            members,
            model=admitted.target.model.id,
            asked=admitted.asked,
            needs=route.needs,
            conceal=reply.conceal,
        )
    return Reply(answer, JSON)


async def _in_lines(
    request: AnyRequest, admitted: AdmittedRelay, sent: RawRequest, route: Route
) -> ASGIApp:
    lines = RelayedLines(model=admitted.target.model.id, asked=admitted.asked)
    opening = admitted.open(sent, route.operation, streamed=True, outcome=lines.outcome)
    async with AsyncExitStack() as exchange:
        # Entered before there is a response, and read up to the first line: a refusal keeps its
        # status.
        reply = await exchange.enter_async_context(opening)
        lines.conceal = reply.conceal
        return StreamReply(
            await begun(reply, lines),
            bytes,
            noting(request, lambda error: body_of(error) + b"\n"),
            headers=NDJSON,
            exchange=exchange.pop_all(),
        )
