"""Chats and completions: a model answers, or is only loaded or unloaded."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Generic, Protocol, TypeVar

from litestar.types import ASGIApp
from msgspec import Struct

from adapters.dialects.controlling.answering import Answering
from adapters.dialects.controlling.asking import AnyRequest, caller_of
from adapters.dialects.ollama.controllers.answering import (
    JSON,
    admit,
    by_either_name,
    moments_of,
    refusal,
    stream,
)
from adapters.dialects.ollama.controllers.relaying import relay_body
from adapters.dialects.ollama.inbound.calls import Asked, Call
from adapters.dialects.ollama.inbound.lines import AnswerLines
from adapters.dialects.ollama.inbound.metrics import Moments
from adapters.dialects.ollama.losses import NAMES
from adapters.dialects.ollama.relay.exchange import Route
from adapters.dialects.replies.batches import Header, Reply, read_body
from adapters.dialects.replies.dropping import in_own_words
from domain.relay import Relay
from domain.residence import Residents
from domain.target import Target
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


class Form(Struct, Generic[Asked], frozen=True):
    """How a route is spelled, and passed on."""

    route: Route
    decode: Callable[[bytes], Call[Asked]]
    lines: type[AnswerLines]
    encode: AnswerEncoder
    encode_load: LoadEncoder


class Completing:
    """Answers requests of either form."""

    def __init__(
        self, relay: Relay, residents: Residents, answering: Answering, clock: Clock
    ) -> None:
        self._relay = relay
        self._residents = residents
        self._answering = answering
        self._clock = clock

    async def complete(
        self, request: AnyRequest, use_case: UseCase[Asked, AnyAdmitted], form: Form[Asked]
    ) -> ASGIApp:
        """Pass a request on as it is if its model's server speaks Ollama, or else answer it."""
        started_ns = self._clock.monotonic_ns()
        body = await read_body(request.receive)
        relayed = await relay_body(request, self._relay, form.route, body)
        if relayed is not None:
            return relayed
        call = form.decode(body)
        try:
            if call.unloads:
                await by_either_name(self._residents.unload, call.request.model, caller_of(request))
                return self._loaded(call, form)
            admitted = await admit(use_case.admit, call.request, caller_of(request))
        except ModelNotFound as error:
            raise refusal(error, error) from error
        if call.loads:
            await self._residents.load(admitted.target, call.keep_alive)
            return self._loaded(call, form)
        if call.debug_render_only:
            raise NotSupported("_debug_render_only: prompts are rendered by the upstream, not here")
        dropped = in_own_words(call.request.dropped, admitted.losses, NAMES)
        headers: tuple[Header, ...]
        headers = self._answering.begin(admitted.target, dropped, call.keep_alive)
        model, alternatives = call.request.model, call.request.top_logprobs > 0
        if call.stream:
            lines = form.lines(model, started_ns, alternatives=alternatives)
            opening = use_case.open(admitted)
            return await stream(request, opening, lines, self._clock, headers=headers)
        response = await use_case.answer(admitted)
        moments = moments_of(self._clock, started_ns)
        answer = form.encode(model, response, moments, alternatives=alternatives)
        return Reply(answer, (*JSON, *headers))

    def _loaded(self, call: Call[Asked], form: Form[Asked]) -> Reply:
        now_ns = self._clock.time_ns()
        return Reply(form.encode_load(call.request.model, now_ns, unload=call.unloads), JSON)
