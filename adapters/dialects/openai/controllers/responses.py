"""Responses without state (docs/wire/dialects.md 6)."""

from __future__ import annotations

from secrets import token_hex

from dishka import FromDishka
from litestar import Controller, post
from litestar.types import ASGIApp

from adapters.dialects.controlling.answering import Answering
from adapters.dialects.controlling.asking import AnyRequest, caller_of
from adapters.dialects.controlling.counted import told
from adapters.dialects.controlling.injection import inject
from adapters.dialects.openai.controllers.answering import JSON
from adapters.dialects.openai.controllers.relaying_responses import COUNT_PATH, ResponsesRelay
from adapters.dialects.openai.responses.answer import encode_count, encode_response
from adapters.dialects.openai.responses.create import decode_create
from adapters.dialects.openai.responses.events import ResponseEvents
from adapters.dialects.replies.batches import Reply, read_body
from domain.chat import Chat
from domain.counting import CountTokens
from ports.clock import Clock

_ID_BYTES = 12


class ResponsesController(Controller):
    """Answers in items."""

    @post("/v1/responses", status_code=200)
    @inject
    async def create(
        self,
        request: AnyRequest,
        chat: FromDishka[Chat],
        answering: FromDishka[Answering],
        clock: FromDishka[Clock],
        relay: FromDishka[ResponsesRelay],
    ) -> ASGIApp:
        """Answer an input, whole or in events."""
        body = await read_body(request.receive)
        relayed = await relay.create(request, body)
        if relayed is not None:
            return relayed
        create = decode_create(body)
        admitted = await chat.admit(create.request, caller_of(request))
        dropped = create.dropped(admitted.losses)
        headers = answering.begin(admitted.target, dropped, create.keep_alive)
        token, created_at = token_hex(_ID_BYTES), _seconds(clock)
        if create.stream:
            events = ResponseEvents(
                create, token=token, created_at=created_at, now=lambda: _seconds(clock)
            )
            return answering.in_events(request, chat.open(admitted), events, headers=headers)
        response = await chat.answer(admitted)
        answer = encode_response(
            create, response, token=token, created_at=created_at, completed_at=_seconds(clock)
        )
        return Reply(answer, (*JSON, *headers))

    @post(COUNT_PATH, status_code=200)
    @inject
    async def count(
        self,
        request: AnyRequest,
        tokens: FromDishka[CountTokens],
        relay: FromDishka[ResponsesRelay],
    ) -> ASGIApp:
        """Count the tokens of an input, or estimate them."""
        body = await read_body(request.receive)
        relayed = await relay.count(request, body)
        if relayed is not None:
            return relayed
        count = await tokens.count(decode_create(body).request, caller_of(request))
        return Reply(encode_count(count.tokens), (*JSON, told(counted=count.counted)))


def _seconds(clock: Clock) -> int:
    return clock.time_ns() // 1_000_000_000
