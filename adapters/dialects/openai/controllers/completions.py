"""Completions for OpenAI's older clients (docs/wire/dialects.md 5)."""

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
from adapters.dialects.openai.inbound.completions import PromptsCall, decode_prompts
from adapters.dialects.openai.inbound.completions_answer import encode_completion
from adapters.dialects.openai.inbound.completions_stream import CompletionEvents
from adapters.dialects.openai.inbound.schema_answer import Mark
from adapters.dialects.openai.inbound.vendor import dropped_names
from adapters.dialects.replies.batches import Reply, read_body
from domain.generate import AdmittedGenerate, Generate
from domain.residence import Residents
from domain.several import answer_each, open_each
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
        answering: FromDishka[Answering],
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
        target = admitted[0].target
        dropped = dropped_names(asked.dropped, admitted[0].losses, asked.extensions)
        if call.loads:
            headers = answering.allow(dropped)
            await residents.load(target, call.keep_alive)
        else:
            headers = answering.begin(target, dropped, call.keep_alive)
        mark = Mark(
            id=f"cmpl-{uuid4().hex}", created=clock.time_ns() // 1_000_000_000, model=asked.model
        )
        prompts = [
            prompt if sent.prompt else None
            for prompt, sent in zip(admitted, call.requests, strict=True)
        ]
        if call.stream:
            events = CompletionEvents(mark, call.form)
            opening = open_each(generate, prompts)
            return answering.in_events(request, opening, events, headers=headers)
        responses = await answer_each(generate, prompts)
        return Reply(encode_completion(responses, mark, call.form), (*JSON, *headers))


async def _admitted(
    generate: Generate, call: PromptsCall, caller: Caller
) -> list[AdmittedGenerate]:
    return [await generate.admit(request, caller) for request in call.requests]
