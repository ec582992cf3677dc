"""Completions, and what else `/api/generate` is used for."""

from __future__ import annotations

from dishka import FromDishka
from litestar import Controller, post
from litestar.types import ASGIApp

from adapters.dialects.controlling.asking import AnyRequest
from adapters.dialects.controlling.injection import inject
from adapters.dialects.ollama.controllers.completing import Completing, Form
from adapters.dialects.ollama.inbound.generate import decode_generate, encode_generate, encode_load
from adapters.dialects.ollama.inbound.generate_stream import GenerateLines
from adapters.dialects.ollama.relay.exchange import GENERATE
from domain.generate import Generate

_FORM = Form(GENERATE, decode_generate, GenerateLines, encode_generate, encode_load)


class GenerateController(Controller):
    """Completes prompts, loads and unloads."""

    @post("/api/generate", status_code=200)
    @inject
    async def generate(
        self,
        request: AnyRequest,
        generate: FromDishka[Generate],
        completing: FromDishka[Completing],
    ) -> ASGIApp:
        """Complete a prompt, or load or unload a model."""
        return await completing.complete(request, generate, _FORM)
