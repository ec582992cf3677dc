"""Chats with OpenAI's clients (docs/wire/dialects.md 1)."""

from __future__ import annotations

from uuid import uuid4

from dishka import FromDishka
from litestar import Controller, post
from litestar.types import ASGIApp

from adapters.dialects.controlling.answering import Answering
from adapters.dialects.controlling.asking import AnyRequest, caller_of
from adapters.dialects.controlling.injection import inject
from adapters.dialects.openai.controllers.answering import JSON
from adapters.dialects.openai.controllers.relaying import OpenAIRelay
from adapters.dialects.openai.inbound.answer import encode_chat
from adapters.dialects.openai.inbound.chat import decode_chat
from adapters.dialects.openai.inbound.chat_stream import ChatEvents
from adapters.dialects.openai.inbound.schema_answer import Mark
from adapters.dialects.replies.batches import Reply, read_body
from domain.chat import Chat
from ports.clock import Clock


class ChatCompletionsController(Controller):
    """Chats."""

    @post("/v1/chat/completions", status_code=200)
    @inject
    async def chat(
        self,
        request: AnyRequest,
        chat: FromDishka[Chat],
        answering: FromDishka[Answering],
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
        dropped = call.dropped(admitted.losses)
        headers = answering.begin(admitted.target, dropped, call.keep_alive)
        mark = Mark(
            id=f"chatcmpl-{uuid4().hex}",
            created=clock.time_ns() // 1_000_000_000,
            model=call.request.model,
        )
        if call.stream:
            events = ChatEvents(mark, call.form)
            return answering.in_events(request, chat.open(admitted), events, headers=headers)
        response = await chat.answer(admitted)
        return Reply(encode_chat(response, mark, call.form), (*JSON, *headers))
