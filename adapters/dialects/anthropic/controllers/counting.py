"""Tokens of a prompt, before it is asked (docs/wire/dialects.md 7.9)."""

from __future__ import annotations

from dishka import FromDishka
from litestar import Controller, post
from litestar.types import ASGIApp

from adapters.dialects.anthropic.controllers.answering import JSON, naming
from adapters.dialects.anthropic.controllers.relaying import AnthropicRelay
from adapters.dialects.anthropic.inbound.chat import decode_count_call, encode_count
from adapters.dialects.controlling.asking import AnyRequest, caller_of
from adapters.dialects.controlling.counted import told
from adapters.dialects.controlling.injection import inject
from adapters.dialects.replies.batches import Reply, read_body
from domain.counting import CountTokens


class CountingController(Controller):
    """Counts."""

    @post("/v1/messages/count_tokens", status_code=200)
    @inject
    async def count_tokens(
        self,
        request: AnyRequest,
        tokens: FromDishka[CountTokens],
        relay: FromDishka[AnthropicRelay],
    ) -> ASGIApp:
        """Count the tokens of a prompt, or estimate them."""
        body = await read_body(request.receive)
        relayed = await relay.count(request, body)
        if relayed is not None:
            return relayed
        asked = decode_count_call(body)
        count = await tokens.count(asked, caller_of(request))
        return Reply(
            encode_count(count.tokens), (JSON, naming(request), told(counted=count.counted))
        )
