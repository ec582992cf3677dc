"""Texts turned into vectors by any server that speaks OpenAI's embeddings."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import TypeVar

from msgspec.structs import replace

from adapters.backends.chunks import concealing
from adapters.backends.openai_compatible.adaptation import adapted_embed
from adapters.backends.openai_compatible.profiles import Profiles
from adapters.backends.upstream import Upstream
from adapters.dialects.openai.outbound.embeddings import decode_embed, encode_embed
from adapters.dialects.openai.outbound.losses import embed_losses
from adapters.dialects.openai.outbound.profile import Profile
from ports.backend import EmbedBackend
from ports.chat import Usage
from ports.embed import EmbedRequest, EmbedResponse
from ports.errors import CONTEXT_LENGTH_EXCEEDED, BackendProtocolError, BackendRejected

Number = TypeVar("Number", int, float)

PATH = "embeddings"

AT_ONCE = 4
"""Batches of one request that are on their way at the same time."""

HALVINGS = 12
"""How often a text that is too long is cut in half before its refusal is the answer."""


class OpenAICompatibleEmbeddings(EmbedBackend):
    """Translates to `POST /embeddings` and back (docs/wire/dialects.md 4).

    What a server takes at a time is asked of it in several batches, and one that fails fails
    the request. Vectors are as long as the server makes them: where it refuses `dimensions`,
    longer than was asked. A text that is too long for the model is cut, if it may be, only
    after the server has refused it: first it is found among the others, then halved.
    """

    def __init__(self, upstream: Upstream, profiles: Profiles, *, batch: int = 0) -> None:
        """Take at most `batch` texts at a time; 0 for as many as the profile says."""
        self._upstream = upstream
        self._profiles = profiles
        self._batch = batch

    async def embed(self, request: EmbedRequest, /) -> EmbedResponse:
        """Embed every input, in order."""
        inputs = request.inputs
        limit = self._batch or self._profiles.of(request.model).embed_limit or len(inputs)
        if len(inputs) > limit:
            starts = range(0, len(inputs), limit)
            parts = [replace(request, inputs=inputs[at : at + limit]) for at in starts]
            return _joined(await self._embed_all(parts))
        return await self._embed(request) if inputs else EmbedResponse(vectors=())

    async def _embed_all(self, parts: Sequence[EmbedRequest]) -> list[EmbedResponse]:
        answers: dict[int, EmbedResponse] = {}

        async def work(numbered: Iterator[tuple[int, EmbedRequest]]) -> None:
            for number, part in numbered:
                answers[number] = await self._embed(part)

        left = iter(enumerate(parts))
        try:
            async with asyncio.TaskGroup() as workers:
                for _ in range(min(AT_ONCE, len(parts))):
                    workers.create_task(work(left))
        except BaseExceptionGroup as failed:
            # The first one to fail has cancelled the others.
            raise failed.exceptions[0] from None
        return [answers[number] for number in range(len(parts))]

    async def _embed(self, request: EmbedRequest) -> EmbedResponse:
        try:
            return await self._ask(request)
        except BackendRejected as refusal:
            if not request.truncate or refusal.upstream_code != CONTEXT_LENGTH_EXCEEDED:
                raise
            last = refusal
        middle = len(request.inputs) // 2
        if middle:
            halves = (request.inputs[:middle], request.inputs[middle:])
            return _joined([await self._embed(replace(request, inputs=half)) for half in halves])
        (text,) = request.inputs
        for _ in range(HALVINGS):
            text = text[: len(text) // 2]
            if not text:
                break
            try:
                return await self._ask(replace(request, inputs=(text,)))
            except BackendRejected as refusal:
                if refusal.upstream_code != CONTEXT_LENGTH_EXCEEDED:
                    raise
                last = refusal
        raise last

    async def _ask(self, request: EmbedRequest) -> EmbedResponse:
        profile = self._profiles.of(request.model)
        learned = False
        while True:
            try:
                response = await self._send(request, profile)
            except BackendRejected as refusal:
                other = adapted_embed(profile, refusal, request)
                if other is None:
                    raise
                profile = other
                learned = True
            else:
                if learned:
                    self._profiles.learn(request.model, profile)
                return response

    async def _send(self, request: EmbedRequest, profile: Profile) -> EmbedResponse:
        answer = await self._upstream.post(PATH, encode_embed(request, profile=profile))
        with concealing(self._upstream):
            return decode_embed(answer, inputs=len(request.inputs))

    def embed_losses(self, request: EmbedRequest, /) -> tuple[str, ...]:
        """Name what this server is not known to take."""
        return embed_losses(request, self._profiles.of(request.model))


def _joined(answers: Sequence[EmbedResponse]) -> EmbedResponse:
    vectors = tuple(vector for answer in answers for vector in answer.vectors)
    if len({len(vector.values) for vector in vectors}) > 1:
        raise BackendProtocolError("the upstream sent vectors of different lengths")
    usage = Usage(
        prompt_tokens=_sum([answer.usage.prompt_tokens for answer in answers]),
        cost=_sum([answer.usage.cost for answer in answers]),
    )
    return replace(answers[0], vectors=vectors, usage=usage)


def _sum(counts: Sequence[Number | None]) -> Number | None:
    # Where one batch was not counted, the others are not the whole.
    known = [count for count in counts if count is not None]
    return sum(known[1:], known[0]) if len(known) == len(counts) else None
