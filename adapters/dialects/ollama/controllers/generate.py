"""Completions, and what else `/api/generate` is used for."""

from __future__ import annotations

from dishka import FromDishka
from litestar import Controller, post
from litestar.types import ASGIApp

from adapters.dialects.controlling.asking import AnyRequest
from adapters.dialects.controlling.injection import inject
from adapters.dialects.ollama.controllers.completing import Form, complete
from adapters.dialects.ollama.controllers.relaying import relay_body
from adapters.dialects.ollama.inbound.generate import decode_generate, encode_generate, encode_load
from adapters.dialects.ollama.inbound.generate_stream import GenerateLines
from adapters.dialects.ollama.relay.exchange import GENERATE
from adapters.dialects.replies.batches import read_body
from domain.generate import Generate
from domain.relay import Relay
from domain.residence import Residents
from domain.translation import Translation
from ports.clock import Clock

_FORM = Form(GenerateLines, encode_generate, encode_load)


class GenerateController(Controller):
    """Completes prompts, loads and unloads."""

    @post("/api/generate", status_code=200)
    @inject
    async def generate(  # noqa: PLR0913, PLR0917 - what dishka fills in
        self,
        request: AnyRequest,
        generate: FromDishka[Generate],
        relay: FromDishka[Relay],
        residents: FromDishka[Residents],
        translation: FromDishka[Translation],
        clock: FromDishka[Clock],
    ) -> ASGIApp:
        """Complete a prompt, or load or unload a model."""
        started_ns = clock.monotonic_ns()
        body = await read_body(request.receive)
        relayed = await relay_body(request, relay, GENERATE, body)
        if relayed is not None:
            return relayed
        return await complete(
            request,
            decode_generate(body),
            generate,
            form=_FORM,
            residents=residents,
            translation=translation,
            clock=clock,
            started_ns=started_ns,
        )
