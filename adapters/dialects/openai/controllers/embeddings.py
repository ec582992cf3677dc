"""Embeddings for OpenAI's clients (docs/wire/dialects.md 4)."""

from __future__ import annotations

from dishka import FromDishka
from litestar import Controller, post
from litestar.types import ASGIApp

from adapters.dialects.controlling.answering import Answering
from adapters.dialects.controlling.asking import AnyRequest, caller_of
from adapters.dialects.controlling.injection import inject
from adapters.dialects.openai.controllers.answering import JSON
from adapters.dialects.openai.controllers.relaying import OpenAIRelay
from adapters.dialects.openai.inbound.embeddings import decode_embeddings, encode_embeddings
from adapters.dialects.openai.inbound.vendor import dropped_names
from adapters.dialects.replies.batches import Reply, read_body
from adapters.dialects.requests.unknown_models import not_pulled
from domain.embed import Embed
from ports.errors import ModelNotFound


class EmbeddingsController(Controller):
    """Turns texts into vectors."""

    @post("/v1/embeddings", status_code=200)
    @inject
    async def embeddings(
        self,
        request: AnyRequest,
        embed: FromDishka[Embed],
        answering: FromDishka[Answering],
        relay: FromDishka[OpenAIRelay],
    ) -> ASGIApp:
        """Embed any number of texts, each vector as its upstream scaled it."""
        body = await read_body(request.receive)
        relayed = await relay.embed(request, body)
        if relayed is not None:
            return relayed
        call = decode_embeddings(body)
        try:
            admitted = await embed.admit(call.request, caller_of(request))
            asked = call.request
            dropped = dropped_names(asked.dropped, admitted.losses, asked.extensions)
            headers = answering.begin(admitted.target, dropped)
            response = await embed.answer(admitted, unit_length=False)
        except ModelNotFound as error:
            raise not_pulled(error) from error
        answer = encode_embeddings(call.request.model, response, base64=call.base64)
        return Reply(answer, (*JSON, *headers))
