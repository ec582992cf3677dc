"""Embeddings, by the current route and the older one (docs/wire/ollama-api.md 2.8)."""

from __future__ import annotations

from dishka import FromDishka
from litestar import Controller, post
from litestar.types import ASGIApp

from adapters.dialects.controlling.answering import Answering
from adapters.dialects.controlling.asking import AnyRequest, caller_of
from adapters.dialects.controlling.injection import inject
from adapters.dialects.ollama.controllers.answering import JSON, admit, moments_of, refusal
from adapters.dialects.ollama.controllers.relaying import relay_body
from adapters.dialects.ollama.inbound.embed import (
    decode_embed,
    decode_embeddings,
    encode_embed,
    encode_embeddings,
)
from adapters.dialects.ollama.losses import NAMES
from adapters.dialects.ollama.relay.exchange import EMBED, EMBEDDINGS, Route
from adapters.dialects.replies.batches import Header, Reply, read_body
from adapters.dialects.replies.dropping import in_own_words
from adapters.dialects.requests.extensions import keep_alive_of
from adapters.dialects.requests.unknown_models import not_pulled
from domain.embed import AdmittedEmbed, Embed
from domain.relay import Relay
from domain.residence import Residents
from ports.clock import Clock
from ports.embed import EmbedRequest, EmbedResponse
from ports.errors import (
    CONTEXT_LENGTH_EXCEEDED,
    BackendRejected,
    GatewayError,
    ModelNotFound,
)

TOO_LONG = "the input length exceeds the context length"
NOTHING_TO_CUT = "input exceeds maximum context length and cannot be truncated further"


class EmbedController(Controller):
    """Turns texts into vectors."""

    @post("/api/embed", status_code=200)
    @inject
    async def embed(  # noqa: PLR0913, PLR0917 - what dishka fills in
        self,
        request: AnyRequest,
        embed: FromDishka[Embed],
        relay: FromDishka[Relay],
        residents: FromDishka[Residents],
        answering: FromDishka[Answering],
        clock: FromDishka[Clock],
    ) -> ASGIApp:
        """Embed any number of texts into vectors of length 1."""
        started_ns = clock.monotonic_ns()
        body = await read_body(request.receive)
        relayed = await _relayed(request, relay, EMBED, body)
        if relayed is not None:
            return relayed
        asked = decode_embed(body)
        admitted, headers = await _admitted(embed, asked, request, answering)
        try:
            response = await _answered(embed, admitted, residents, unit_length=True)
        except BackendRejected as error:
            raise _worded(error, asked) from error
        answer = encode_embed(asked.model, response, moments_of(clock, started_ns))
        return Reply(answer, (*JSON, *headers))

    @post("/api/embeddings", status_code=200)
    @inject
    async def embeddings(
        self,
        request: AnyRequest,
        embed: FromDishka[Embed],
        relay: FromDishka[Relay],
        residents: FromDishka[Residents],
        answering: FromDishka[Answering],
    ) -> ASGIApp:
        """Embed one text, the vector as the upstream scaled it."""
        body = await read_body(request.receive)
        relayed = await _relayed(request, relay, EMBEDDINGS, body)
        if relayed is not None:
            return relayed
        asked = decode_embeddings(body)
        admitted, headers = await _admitted(embed, asked, request, answering)
        try:
            response = await _answered(embed, admitted, residents, unit_length=False)
        except BackendRejected as error:
            # This route, and not the other, has 500 for a text that is too long.
            too_long = error.upstream_code == CONTEXT_LENGTH_EXCEEDED
            raise GatewayError(TOO_LONG) if too_long else error from error
        return Reply(encode_embeddings(response), (*JSON, *headers))


async def _relayed(request: AnyRequest, relay: Relay, route: Route, body: bytes) -> ASGIApp | None:
    try:
        return await relay_body(request, relay, route, body)
    except ModelNotFound as error:
        raise not_pulled(error) from error


async def _admitted(
    embed: Embed, asked: EmbedRequest, request: AnyRequest, answering: Answering
) -> tuple[AdmittedEmbed, tuple[Header, ...]]:
    """Check a request; return it with the headers that tell what of it is lost."""
    try:
        admitted = await admit(embed.admit, asked, caller_of(request))
    except ModelNotFound as error:
        raise refusal(error, not_pulled(error)) from error
    dropped = in_own_words(asked.dropped, admitted.losses, NAMES)
    return admitted, answering.allow(dropped)


async def _answered(
    embed: Embed, admitted: AdmittedEmbed, residents: Residents, *, unit_length: bool
) -> EmbedResponse:
    keep_alive = keep_alive_of(admitted.request.extensions)
    if admitted.request.inputs:
        residents.note(admitted.target, keep_alive)
    else:
        await residents.load(admitted.target, keep_alive)
    try:
        return await embed.answer(admitted, unit_length=unit_length)
    except ModelNotFound as error:
        raise not_pulled(error) from error


def _worded(error: BackendRejected, asked: EmbedRequest) -> BackendRejected:
    """Say in Ollama's words that a text is too long."""
    if error.upstream_code != CONTEXT_LENGTH_EXCEEDED:
        return error
    words = NOTHING_TO_CUT if asked.truncate else TOO_LONG
    return BackendRejected(words, upstream_code=CONTEXT_LENGTH_EXCEEDED)
