"""A prompt to complete, from the client's request to the upstream's answer."""

from __future__ import annotations

from collections.abc import Awaitable
from contextlib import AbstractAsyncContextManager

from msgspec import Struct
from msgspec.structs import replace

from domain import aliases
from domain.aliases import Alias
from domain.capability import demand, demand_thinking
from domain.chat import AdmittedChat
from domain.exchange import Opened, answered
from domain.permission import require
from domain.recipes import passes_through
from domain.routing import Router
from domain.target import Target
from domain.watching import WatchedStream, exchange_of, watched
from ports.backend import Backend, GenerateBackend
from ports.caller import Caller
from ports.chat import ChatRequest, ChatResponse, ChatStream, Message, Text
from ports.errors import CapabilityMissing, InvalidRequest
from ports.generate import GenerateRequest
from ports.models import Capability
from ports.observer import NOBODY, Exchange, Observer, Operation


class AdmittedPrompt(Struct, frozen=True, kw_only=True):
    """A request that was checked and may go to its target as it is.

    `asked` is the model as the client named it; `request` is what the backend gets.
    """

    asked: str
    target: Target
    backend: GenerateBackend
    request: GenerateRequest

    @property
    def losses(self) -> tuple[str, ...]:
        """What of it the backend cannot be told, in neutral names."""
        return self.backend.generate_losses(self.request)

    @property
    def exchange(self) -> Exchange:
        """What an observer is told of it."""
        return exchange_of(Operation.COMPLETION, self.asked, self.target, self.request)

    def ask(self) -> Awaitable[ChatResponse]:
        """Ask the backend for an answer in one piece."""
        return self.backend.generate(self.request)

    def opening(self) -> AbstractAsyncContextManager[ChatStream]:
        """Ask it for one in pieces, once that is entered."""
        return self.backend.open_generate(self.request)


AdmittedGenerate = AdmittedPrompt | AdmittedChat
"""Where a backend renders no prompts, an ordinary one is asked as a chat."""


class Generate:
    """Resolves the model, checks that it can do what is asked, and asks its backend.

    An empty prompt asks for nothing, but is checked like any other: clients load a model
    so, and want to know what it cannot do (docs/wire/ollama-api.md 2.9).
    """

    def __init__(self, router: Router, observer: Observer = NOBODY) -> None:
        self._router = router
        self._observer = observer

    async def admit(self, request: GenerateRequest, caller: Caller) -> AdmittedGenerate:
        """Check everything that can be checked without asking the upstream.

        Raises `ModelNotFound`, `NotAllowed`, `InvalidRequest`, `CapabilityMissing` or, where
        a backend's models are not known, its `BackendError`.
        """
        target = await self._router.resolve(request.model)
        require(caller, target, request.model)
        _check(request, target)
        asked, alias = request.model, target.alias
        backend = _generate_backend(request, target.backend, alias)
        prepared = request if alias is None else aliases.apply_to_prompt(alias, request)
        prepared = replace(prepared, model=target.model.id)
        if backend is not None:
            return AdmittedPrompt(asked=asked, target=target, backend=backend, request=prepared)
        if target.backend.chat is None:
            raise CapabilityMissing(asked, "generate")
        return AdmittedChat(
            asked=asked,
            target=target,
            backend=target.backend.chat,
            request=as_chat(
                prepared, before=() if alias is None else alias.messages, caller=caller.name
            ),
            lost=("context",) if request.context else (),
        )

    async def answer(self, generate: AdmittedGenerate) -> ChatResponse:
        """Answer in one piece."""
        answer = watched(generate.ask(), generate.exchange, self._observer)
        return await answered(answer, generate.asked)

    def open(self, generate: AdmittedGenerate) -> AbstractAsyncContextManager[ChatStream]:
        """Answer in pieces; entering waits for the first one (`ports.backend.ChatBackend`)."""
        stream = WatchedStream(generate.opening(), generate.exchange, self._observer)
        return Opened(stream, generate.asked)


def as_chat(
    request: GenerateRequest, *, before: tuple[Message, ...] = (), caller: str = ""
) -> ChatRequest:
    """Ask a prompt as a chat: its system text, the messages `before` it, and the user's turn.

    The context is dropped: only the model that made it understands it (docs/wire/dialects.md
    2.1). So is the template: what a client sent that says something was refused before.
    """
    text = (Text(text=request.prompt),) if request.prompt else ()
    system = (Message(role="system", parts=(Text(text=request.system),)),) if request.system else ()
    turn = Message(role="user", parts=(*text, *request.images))
    return request.in_messages(*system, *before, turn, caller=caller)


def _check(request: GenerateRequest, target: Target) -> None:
    # The order in which Ollama's own server refuses (docs/wire/ollama-api.md 2.2).
    if request.raw and (request.template or request.system or request.context):
        raise InvalidRequest("raw mode does not support template, system, or context")
    demand_thinking(target.model, request.model, think=request.think)
    demand(Capability.COMPLETION, target.model, request.model, called="generate")
    if request.suffix:
        demand(Capability.INSERT, target.model, request.model)


def _generate_backend(
    request: GenerateRequest, backend: Backend, alias: Alias | None
) -> GenerateBackend | None:
    """Return the port that takes this prompt, `None` if it is to be asked as a chat."""
    _check_template(request, backend)
    special = request.raw or request.suffix
    # What an alias has to say has no place beside a text that is only gone on with.
    goes_on = request.continues and not (alias is not None and alias.speaks)
    if backend.generate is not None and (special or goes_on or backend.renders_prompts):
        return backend.generate
    if special and request.prompt:
        what = "raw mode" if request.raw else "suffix"
        raise InvalidRequest(f"{what} is not supported by this backend")
    return None


def _check_template(request: GenerateRequest, backend: Backend) -> None:
    # Whoever is sent messages puts them into a template of its own.
    if not (request.template and request.prompt) or backend.renders_prompts:
        return
    if not passes_through(request.template):
        raise InvalidRequest("template is not supported by this backend")
