"""Texts to embed, from the client's request to the upstream's vectors."""

from __future__ import annotations

from collections.abc import Awaitable

from msgspec import UNSET, Struct
from msgspec.structs import replace

from domain import aliases
from domain.exchange import answered
from domain.permission import require
from domain.routing import Router
from domain.target import Target
from domain.vectors import cut, normalised
from domain.watching import exchange_of, watched
from ports.backend import EmbedBackend
from ports.caller import Caller
from ports.embed import EmbedRequest, EmbedResponse, Vector
from ports.errors import BackendProtocolError, CapabilityMissing
from ports.models import Capability
from ports.observer import NOBODY, Observer, Operation


class AdmittedEmbed(Struct, frozen=True, kw_only=True):
    """A request that was checked and may go to its target.

    `asked` is the model as the client named it; `request` is what the backend gets.
    """

    asked: str
    target: Target
    backend: EmbedBackend
    request: EmbedRequest

    @property
    def losses(self) -> tuple[str, ...]:
        """What of it the backend cannot be told, in neutral names."""
        return self.backend.embed_losses(self.request)


class Embed:
    """Resolves the model, asks its backend, and sees that every text has its vector.

    A model that is known to be no embedding model is asked all the same: many can embed
    (docs/wire/ollama-api.md 2.8).
    """

    def __init__(self, router: Router, observer: Observer = NOBODY) -> None:
        self._router = router
        self._observer = observer

    async def admit(self, request: EmbedRequest, caller: Caller) -> AdmittedEmbed:
        """Check everything that can be checked without asking the upstream.

        Raises `ModelNotFound`, `NotAllowed`, `CapabilityMissing` where the backend cannot
        embed at all, or, where a backend's models are not known, its `BackendError`.
        """
        target = await self._router.resolve(request.model)
        require(caller, target, request.model)
        backend = target.backend.embed
        if backend is None:
            raise CapabilityMissing(request.model, Capability.EMBEDDING)
        options = request.options
        if target.alias is not None:
            options = aliases.merged(target.alias.options, options)
        return AdmittedEmbed(
            asked=request.model,
            target=target,
            backend=backend,
            request=replace(request, model=target.model.id, options=options),
        )

    async def answer(self, embed: AdmittedEmbed, *, unit_length: bool = True) -> EmbedResponse:
        """Embed the texts; no text at all asks nobody.

        Vectors longer than the `dimensions` that were asked for are cut. With `unit_length`
        each has length 1, or 0 if the upstream's has; without it only what was cut is scaled.
        """
        asked = embed.request
        if not asked.inputs:
            return EmbedResponse(vectors=())
        exchange = exchange_of(Operation.EMBEDDINGS, embed.asked, embed.target, asked)
        # What is no answer must not be told as one.
        checked = _checked(embed.backend.embed(asked), asked, unit_length=unit_length)
        return await answered(watched(checked, exchange, self._observer), embed.asked)


async def _checked(
    answer: Awaitable[EmbedResponse], asked: EmbedRequest, *, unit_length: bool
) -> EmbedResponse:
    response = await answer
    if len(response.vectors) != len(asked.inputs):
        raise BackendProtocolError(
            f"the upstream sent {len(response.vectors)} vectors for {len(asked.inputs)} texts"
        )
    try:
        vectors = tuple(
            _shaped(vector, asked, unit_length=unit_length) for vector in response.vectors
        )
    except ValueError as error:
        raise BackendProtocolError("the upstream sent a vector of no numbers") from error
    return replace(response, vectors=vectors)


def _shaped(vector: Vector, asked: EmbedRequest, *, unit_length: bool) -> Vector:
    if asked.dimensions is not UNSET:
        vector = cut(vector, asked.dimensions)
    return normalised(vector) if unit_length else vector
