"""Chats for Anthropic's clients."""

from __future__ import annotations

from dishka import FromDishka
from litestar import Controller, post
from litestar.types import ASGIApp

from adapters.dialects.anthropic.controllers.answering import (
    JSON,
    naming,
    new_message_id,
    request_id_of,
)
from adapters.dialects.anthropic.controllers.relaying import AnthropicRelay
from adapters.dialects.anthropic.inbound.chat import (
    NAMES,
    decode_messages_call,
    encode_message,
)
from adapters.dialects.anthropic.inbound.stream import PING, MessageEvents
from adapters.dialects.controlling.answering import Answering
from adapters.dialects.controlling.asking import AnyRequest, caller_of
from adapters.dialects.controlling.injection import inject
from adapters.dialects.replies.batches import Reply, read_body
from adapters.dialects.replies.dropping import in_own_words
from domain.chat import Chat
from domain.counting import estimate


class MessagesController(Controller):
    """Answers messages, in one piece or in events."""

    @post("/v1/messages", status_code=200)
    @inject
    async def messages(
        self,
        request: AnyRequest,
        chat: FromDishka[Chat],
        answering: FromDishka[Answering],
        relay: FromDishka[AnthropicRelay],
    ) -> ASGIApp:
        """Chat."""
        sent = await read_body(request.receive)
        relayed = await relay.message(request, sent)
        if relayed is not None:
            return relayed
        call = decode_messages_call(sent)
        admitted = await chat.admit(call.request, caller_of(request))
        dropped = in_own_words(call.request.dropped, admitted.losses, NAMES)
        headers = (naming(request), *answering.begin(admitted.target, dropped))
        model, tokens = call.request.model, estimate(admitted.request)
        if call.stream:
            events = MessageEvents(
                new_message_id(), model, estimate=tokens, request_id=request_id_of(request)
            )
            opening = chat.open(admitted)
            return answering.in_events(request, opening, events, headers=headers, sign=PING)
        response = await chat.answer(admitted)
        body = encode_message(new_message_id(), model, response, estimate=tokens)
        return Reply(body, (JSON, *headers))
