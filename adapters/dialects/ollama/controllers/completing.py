"""Chats and completions: a model answers, or is only loaded or unloaded."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Protocol, TypeVar

from litestar.types import ASGIApp
from msgspec import Struct

from adapters.dialects.controlling.asking import AnyRequest, caller_of
from adapters.dialects.ollama.controllers.answering import (
    JSON,
    admit,
    found,
    moments_of,
    refusal,
    stream,
)
from adapters.dialects.ollama.inbound.calls import Asked, Call
from adapters.dialects.ollama.inbound.lines import AnswerLines
from adapters.dialects.ollama.inbound.metrics import Moments
from adapters.dialects.ollama.losses import NAMES
from adapters.dialects.replies.batches import Header, Reply
from adapters.dialects.replies.dropping import headers_of, in_own_words
from domain.residence import Residents
from domain.target import Target
from domain.translation import Translation
from ports.caller import Caller
from ports.chat import ChatRequest, ChatResponse, ChatStream
from ports.clock import Clock
from ports.errors import ModelNotFound, NotSupported
from ports.generate import GenerateRequest


class Admitted(Protocol):
    """A request that was checked."""

    @property
    def target(self) -> Target:
        """Where it goes."""

    @property
    def losses(self) -> tuple[str, ...]:
        """What of it cannot be carried over, in neutral names."""


Asking_contra = TypeVar("Asking_contra", ChatRequest, GenerateRequest, contravariant=True)
AnyAdmitted = TypeVar("AnyAdmitted", bound=Admitted)


class UseCase(Protocol[Asking_contra, AnyAdmitted]):
    """What chats and completions are asked of: `domain.chat.Chat`, `domain.generate.Generate`."""

    async def admit(self, request: Asking_contra, caller: Caller) -> AnyAdmitted:
        """Check everything that can be checked without asking the upstream."""

    async def answer(self, admitted: AnyAdmitted, /) -> ChatResponse:
        """Answer in one piece."""

    def open(self, admitted: AnyAdmitted, /) -> AbstractAsyncContextManager[ChatStream]:
        """Answer in pieces."""


class AnswerEncoder(Protocol):
    """Encodes whole answers."""

    def __call__(
        self, model: str, response: ChatResponse, moments: Moments, *, alternatives: bool
    ) -> bytes:
        """Encode one; `model` is the name the client sent."""


class LoadEncoder(Protocol):
    """Encodes the answers to requests that ask for nothing."""

    def __call__(self, model: str, now_ns: int, *, unload: bool) -> bytes:
        """Encode one; `model` is the name the client sent."""


class Form(Struct, frozen=True):
    """How a route spells its answers."""

    lines: type[AnswerLines]
    encode: AnswerEncoder
    encode_load: LoadEncoder


async def complete(  # noqa: PLR0913 - all but three by keyword
    request: AnyRequest,
    call: Call[Asked],
    use_case: UseCase[Asked, AnyAdmitted],
    *,
    form: Form,
    residents: Residents,
    translation: Translation,
    clock: Clock,
    started_ns: int,
) -> ASGIApp:
    """Answer a decoded request, which came at that time (monotonic)."""
    model = call.request.model
    try:
        if call.unloads:
            await found(residents.unload, model, caller_of(request))
            return Reply(form.encode_load(model, clock.time_ns(), unload=True), JSON)
        admitted = await admit(use_case.admit, call.request, caller_of(request))
    except ModelNotFound as error:
        raise refusal(error, error) from error
    if call.loads:
        await residents.load(admitted.target, call.keep_alive)
        return Reply(form.encode_load(model, clock.time_ns(), unload=False), JSON)
    if call.debug_render_only:
        raise NotSupported("_debug_render_only: prompts are rendered by the upstream, not here")
    dropped = in_own_words(call.request.dropped, admitted.losses, NAMES)
    translation.allow(dropped)
    residents.note(admitted.target, call.keep_alive)
    headers: tuple[Header, ...] = headers_of(dropped)
    alternatives = call.request.top_logprobs > 0
    if call.stream:
        lines = form.lines(model, started_ns, alternatives=alternatives)
        return await stream(request, use_case.open(admitted), lines, clock, headers=headers)
    response = await use_case.answer(admitted)
    moments = moments_of(clock, started_ns)
    body = form.encode(model, response, moments, alternatives=alternatives)
    return Reply(body, (*JSON, *headers))
