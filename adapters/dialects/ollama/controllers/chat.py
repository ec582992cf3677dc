"""Chats, and what else `/api/chat` is used for."""

from __future__ import annotations

from dishka import FromDishka
from litestar import Controller, post
from litestar.types import ASGIApp

from adapters.dialects.controlling.asking import AnyRequest
from adapters.dialects.controlling.injection import inject
from adapters.dialects.ollama.controllers.completing import Completing, Form
from adapters.dialects.ollama.inbound.chat import decode_chat, encode_chat, encode_load
from adapters.dialects.ollama.inbound.chat_stream import ChatLines
from adapters.dialects.ollama.relay.exchange import CHAT
from domain.chat import Chat

_FORM = Form(CHAT, decode_chat, ChatLines, encode_chat, encode_load)


class ChatController(Controller):
    """Chats, loads and unloads."""

    @post("/api/chat", status_code=200)
    @inject
    async def chat(
        self, request: AnyRequest, chat: FromDishka[Chat], completing: FromDishka[Completing]
    ) -> ASGIApp:
        """Chat, or load or unload a model."""
        return await completing.complete(request, chat, _FORM)
