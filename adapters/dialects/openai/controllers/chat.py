"""Chats with OpenAI's clients (docs/wire/dialects.md 1)."""

from __future__ import annotations

from uuid import uuid4

from dishka import FromDishka
from litestar import Controller, post
from litestar.types import ASGIApp

from adapters.dialects.controlling.asking import AnyRequest, answer_in_events, caller_of
from adapters.dialects.controlling.injection import inject
from adapters.dialects.openai.controllers.answering import JSON
from adapters.dialects.openai.controllers.relaying import OpenAIRelay
from adapters.dialects.openai.inbound.answer import encode_chat
from adapters.dialects.openai.inbound.chat import decode_chat
from adapters.dialects.openai.inbound.chat_stream import ChatEvents
from adapters.dialects.openai.inbound.schema_answer import Mark
from adapters.dialects.openai.inbound.vendor import told
from adapters.dialects.replies.batches import Reply, read_body
from adapters.dialects.replies.dropping import headers_of
from adapters.dialects.replies.events import Keepalive
from domain.chat import Chat
from domain.residence import Residents
from domain.translation import Translation
from ports.clock import Clock


class ChatCompletionsController(Controller):
    """Chats."""

    @post("/v1/chat/completions", status_code=200)
    @inject
    async def chat(  # noqa: PLR0913, PLR0917 - what dishka fills in
        self,
        request: AnyRequest,
        chat: FromDishka[Chat],
        residents: FromDishka[Residents],
        translation: FromDishka[Translation],
        keepalive: FromDishka[Keepalive],
        clock: FromDishka[Clock],
        relay: FromDishka[OpenAIRelay],
    ) -> ASGIApp:
        """Answer a conversation, whole or as events."""
        body = await read_body(request.receive)
        relayed = await relay.chat(request, body)
        if relayed is not None:
            return relayed
        call = decode_chat(body)
        admitted = await chat.admit(call.request, caller_of(request))
        losses = call.said_of(admitted.losses)
        dropped = told(call.request.dropped, losses, call.request.extensions)
        translation.allow(dropped)
        residents.note(admitted.target, call.keep_alive)
        mark = Mark(
            id=f"chatcmpl-{uuid4().hex}",
            created=clock.time_ns() // 1_000_000_000,
            model=call.request.model,
        )
        headers = headers_of(dropped)
        if call.stream:
            return answer_in_events(
                request,
                chat.open(admitted),
                ChatEvents(mark, call.form),
                keepalive=keepalive,
                headers=headers,
            )
        response = await chat.answer(admitted)
        return Reply(encode_chat(response, mark, call.form), (*JSON, *headers))
