"""Chats, and what else `/api/chat` is used for."""

from __future__ import annotations

from dishka import FromDishka
from litestar import Controller, post
from litestar.types import ASGIApp

from adapters.dialects.injection import inject
from adapters.dialects.ollama import inbound
from adapters.dialects.ollama.controllers.answering import (
    JSON,
    AnyRequest,
    caller_of,
    refusal,
    stream,
)
from adapters.dialects.ollama.inbound_stream import ChatLines
from adapters.dialects.replies import Reply, read_body
from domain.chat import Chat
from domain.models import ShowModel
from ports.clock import Clock
from ports.errors import ModelNotFound, NotSupported


class ChatController(Controller):
    """Chats, loads and unloads."""

    @post("/api/chat", status_code=200)
    @inject
    async def chat(
        self,
        request: AnyRequest,
        chat: FromDishka[Chat],
        models: FromDishka[ShowModel],
        clock: FromDishka[Clock],
    ) -> ASGIApp:
        """Chat, or load or unload a model."""
        started_ns = clock.monotonic_ns()
        call = inbound.decode_chat(await read_body(request.receive))
        model = call.request.model
        try:
            if call.unloads:
                await models.show(model, caller_of(request))
                return Reply(inbound.encode_load(model, clock.time_ns(), unload=True), JSON)
            admitted = await chat.admit(call.request, caller_of(request))
        except ModelNotFound as error:
            raise refusal(error, error) from error
        if call.loads:
            return Reply(inbound.encode_load(model, clock.time_ns(), unload=False), JSON)
        if call.debug_render_only:
            raise NotSupported("_debug_render_only: prompts are rendered by the upstream, not here")
        alternatives = call.request.top_logprobs > 0
        if call.stream:
            lines = ChatLines(model, started_ns, alternatives=alternatives)
            return await stream(request, chat.open(admitted), lines, clock)
        response = await chat.answer(admitted)
        moments = inbound.Moments(
            created_at_ns=clock.time_ns(),
            started_ns=started_ns,
            finished_ns=clock.monotonic_ns(),
        )
        return Reply(inbound.encode_chat(model, response, moments, alternatives=alternatives), JSON)
