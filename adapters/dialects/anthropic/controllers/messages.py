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
from adapters.dialects.controlling.asking import AnyRequest, answer_in_events, caller_of
from adapters.dialects.controlling.injection import inject
from adapters.dialects.replies.batches import Reply, read_body
from adapters.dialects.replies.dropping import headers_of, in_own_words
from adapters.dialects.replies.events import Keepalive
from domain.chat import Chat
from domain.counting import estimate
from domain.residence import Residents
from domain.translation import Translation


class MessagesController(Controller):
    """Answers messages, in one piece or in events."""

    @post("/v1/messages", status_code=200)
    @inject
    async def messages(  # noqa: PLR0913, PLR0917 - what dishka fills in
        self,
        request: AnyRequest,
        chat: FromDishka[Chat],
        residents: FromDishka[Residents],
        translation: FromDishka[Translation],
        keepalive: FromDishka[Keepalive],
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
        translation.allow(dropped)
        residents.note(admitted.target)
        named = (naming(request), *headers_of(dropped))
        model, tokens = call.request.model, estimate(admitted.request)
        if call.stream:
            events = MessageEvents(
                new_message_id(), model, estimate=tokens, request_id=request_id_of(request)
            )
            return answer_in_events(
                request,
                chat.open(admitted),
                events,
                keepalive=keepalive,
                headers=named,
                sign=PING,
            )
        response = await chat.answer(admitted)
        body = encode_message(new_message_id(), model, response, estimate=tokens)
        return Reply(body, (JSON, *named))
