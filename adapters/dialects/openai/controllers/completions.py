"""Completions for OpenAI's older clients (docs/wire/dialects.md 5)."""

from __future__ import annotations

from uuid import uuid4

from dishka import FromDishka
from litestar import Controller, post
from litestar.types import ASGIApp

from adapters.dialects.controlling.asking import AnyRequest, answer_in_events, caller_of
from adapters.dialects.controlling.injection import inject
from adapters.dialects.openai.controllers.answering import JSON
from adapters.dialects.openai.controllers.relaying import OpenAIRelay
from adapters.dialects.openai.inbound.completions import PromptsCall, decode_prompts
from adapters.dialects.openai.inbound.completions_answer import encode_completion
from adapters.dialects.openai.inbound.completions_stream import CompletionEvents
from adapters.dialects.openai.inbound.schema_answer import Mark
from adapters.dialects.openai.inbound.vendor import told
from adapters.dialects.replies.batches import Reply, read_body
from adapters.dialects.replies.dropping import headers_of
from adapters.dialects.replies.events import Keepalive
from domain.generate import AdmittedGenerate, Generate
from domain.residence import Residents
from domain.several import answer_each, open_each
from domain.translation import Translation
from ports.caller import Caller
from ports.clock import Clock


class CompletionsController(Controller):
    """Goes on with texts."""

    @post("/v1/completions", status_code=200)
    @inject
    async def completions(  # noqa: PLR0913, PLR0917 - what dishka fills in
        self,
        request: AnyRequest,
        generate: FromDishka[Generate],
        residents: FromDishka[Residents],
        translation: FromDishka[Translation],
        keepalive: FromDishka[Keepalive],
        clock: FromDishka[Clock],
        relay: FromDishka[OpenAIRelay],
    ) -> ASGIApp:
        """Complete one prompt or several, whole or as events."""
        body = await read_body(request.receive)
        relayed = await relay.continue_text(request, body)
        if relayed is not None:
            return relayed
        call = decode_prompts(body)
        admitted = await _admitted(generate, call, caller_of(request))
        asked = call.requests[0]
        dropped = told(asked.dropped, admitted[0].losses, asked.extensions)
        translation.allow(dropped)
        if call.loads:
            await residents.load(admitted[0].target, call.keep_alive)
        else:
            residents.note(admitted[0].target, call.keep_alive)
        mark = Mark(
            id=f"cmpl-{uuid4().hex}", created=clock.time_ns() // 1_000_000_000, model=asked.model
        )
        prompts = [
            prompt if sent.prompt else None
            for prompt, sent in zip(admitted, call.requests, strict=True)
        ]
        headers = headers_of(dropped)
        if call.stream:
            return answer_in_events(
                request,
                open_each(generate, prompts),
                CompletionEvents(mark, call.form),
                keepalive=keepalive,
                headers=headers,
            )
        responses = await answer_each(generate, prompts)
        return Reply(encode_completion(responses, mark, call.form), (*JSON, *headers))


async def _admitted(
    generate: Generate, call: PromptsCall, caller: Caller
) -> list[AdmittedGenerate]:
    return [await generate.admit(request, caller) for request in call.requests]
