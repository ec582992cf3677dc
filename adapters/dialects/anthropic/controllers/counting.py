"""Tokens of a prompt, before it is asked (docs/wire/dialects.md 7.9)."""

from __future__ import annotations

from dishka import FromDishka
from litestar import Controller, post
from litestar.types import ASGIApp

from adapters.dialects.anthropic.controllers.answering import JSON, naming
from adapters.dialects.anthropic.inbound.chat import decode_count_call, encode_count
from adapters.dialects.asking import AnyRequest, caller_of
from adapters.dialects.injection import inject
from adapters.dialects.replies import Reply, read_body
from domain.counting import CountTokens

HEADER = b"x-llamaport-tokens"
"""Tells whether the upstream counted, or this server only estimates."""


class CountingController(Controller):
    """Counts."""

    @post("/v1/messages/count_tokens", status_code=200)
    @inject
    async def count_tokens(self, request: AnyRequest, tokens: FromDishka[CountTokens]) -> ASGIApp:
        """Count the tokens of a prompt, or estimate them."""
        asked = decode_count_call(await read_body(request.receive))
        count = await tokens.count(asked, caller_of(request))
        how = (HEADER, b"counted" if count.counted else b"estimated")
        return Reply(encode_count(count.tokens), (JSON, naming(request), how))
