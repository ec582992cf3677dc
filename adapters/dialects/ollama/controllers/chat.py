"""Chats, and what else `/api/chat` is used for."""

from __future__ import annotations

from dishka import FromDishka
from litestar import Controller, post
from litestar.types import ASGIApp

from adapters.dialects.controlling.asking import AnyRequest
from adapters.dialects.controlling.injection import inject
from adapters.dialects.ollama.controllers.completing import Form, complete
from adapters.dialects.ollama.controllers.relaying import relay_body
from adapters.dialects.ollama.inbound.chat import decode_chat, encode_chat, encode_load
from adapters.dialects.ollama.inbound.chat_stream import ChatLines
from adapters.dialects.ollama.relay.exchange import CHAT
from adapters.dialects.replies.batches import read_body
from domain.chat import Chat
from domain.relay import Relay
from domain.residence import Residents
from domain.translation import Translation
from ports.clock import Clock

_FORM = Form(ChatLines, encode_chat, encode_load)


class ChatController(Controller):
    """Chats, loads and unloads."""

    @post("/api/chat", status_code=200)
    @inject
    async def chat(  # noqa: PLR0913, PLR0917 - what dishka fills in
        self,
        request: AnyRequest,
        chat: FromDishka[Chat],
        relay: FromDishka[Relay],
        residents: FromDishka[Residents],
        translation: FromDishka[Translation],
        clock: FromDishka[Clock],
    ) -> ASGIApp:
        """Chat, or load or unload a model."""
        started_ns = clock.monotonic_ns()
        body = await read_body(request.receive)
        relayed = await relay_body(request, relay, CHAT, body)
        if relayed is not None:
            return relayed
        return await complete(
            request,
            decode_chat(body),
            chat,
            form=_FORM,
            residents=residents,
            translation=translation,
            clock=clock,
            started_ns=started_ns,
        )
