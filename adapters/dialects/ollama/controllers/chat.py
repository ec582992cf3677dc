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
    admit,
    caller_of,
    found,
    refusal,
    stream,
)
from adapters.dialects.ollama.controllers.relaying import relay_body
from adapters.dialects.ollama.inbound_stream import ChatLines
from adapters.dialects.replies import Reply, read_body
from domain.chat import Chat
from domain.relay import Relay
from domain.residence import Residents
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
        relay: FromDishka[Relay],
        residents: FromDishka[Residents],
        clock: FromDishka[Clock],
    ) -> ASGIApp:
        """Chat, or load or unload a model."""
        started_ns = clock.monotonic_ns()
        body = await read_body(request.receive)
        relayed = await relay_body(request, relay, "/api/chat", body, streams=True)
        if relayed is not None:
            return relayed
        call = inbound.decode_chat(body)
        model = call.request.model
        try:
            if call.unloads:
                await found(residents.unload, model, caller_of(request))
                return Reply(inbound.encode_load(model, clock.time_ns(), unload=True), JSON)
            admitted = await admit(chat.admit, call.request, caller_of(request))
        except ModelNotFound as error:
            raise refusal(error, error) from error
        if call.loads:
            await residents.load(admitted.target, call.keep_alive)
            return Reply(inbound.encode_load(model, clock.time_ns(), unload=False), JSON)
        if call.debug_render_only:
            raise NotSupported("_debug_render_only: prompts are rendered by the upstream, not here")
        residents.note(admitted.target, call.keep_alive)
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
