"""A chat, from the client's request to the upstream's answer."""

from __future__ import annotations

from collections.abc import Awaitable
from contextlib import AbstractAsyncContextManager

from msgspec import UNSET, Struct
from msgspec.structs import replace

from domain import aliases
from domain.capability import demand, demand_thinking
from domain.exchange import Opened, answered
from domain.permission import require
from domain.routing import Router
from domain.target import Target
from domain.watching import WatchedStream, exchange_of, watched
from ports.backend import ChatBackend
from ports.caller import Caller
from ports.chat import ChatRequest, ChatResponse, ChatStream, NamedTool
from ports.errors import CapabilityMissing, InvalidRequest
from ports.models import Capability
from ports.observer import NOBODY, Exchange, Observer, Operation


class AdmittedChat(Struct, frozen=True, kw_only=True):
    """A request that was checked and may go to its target.

    `asked` is the model as the client named it; `request` is what the backend gets.
    """

    asked: str
    target: Target
    backend: ChatBackend
    request: ChatRequest
    lost: tuple[str, ...] = ()
    """What was lost before the backend had a say."""

    @property
    def losses(self) -> tuple[str, ...]:
        """What of it the backend cannot be told, in neutral names."""
        return (*self.lost, *self.backend.chat_losses(self.request))

    @property
    def exchange(self) -> Exchange:
        """What an observer is told of it."""
        return exchange_of(Operation.CHAT, self.asked, self.target, self.request)

    def ask(self) -> Awaitable[ChatResponse]:
        """Ask the backend for an answer in one piece."""
        return self.backend.chat(self.request)

    def opening(self) -> AbstractAsyncContextManager[ChatStream]:
        """Ask it for one in pieces, once that is entered."""
        return self.backend.open_chat(self.request)


class Chat:
    """Resolves the model, checks that it can do what is asked, and asks its backend."""

    def __init__(self, router: Router, observer: Observer = NOBODY) -> None:
        self._router = router
        self._observer = observer

    async def admit(self, request: ChatRequest, caller: Caller) -> AdmittedChat:
        """Check everything that can be checked without asking the upstream.

        Raises `ModelNotFound`, `NotAllowed`, `InvalidRequest`, `CapabilityMissing` or, where a
        backend's models are not known, its `BackendError`.
        """
        target = await self._router.resolve(request.model)
        require(caller, target, request.model)
        wanted = _within(request, target)
        backend = _able(wanted, target)
        prepared = wanted if target.alias is None else aliases.apply(target.alias, wanted)
        return AdmittedChat(
            asked=request.model,
            target=target,
            backend=backend,
            request=replace(prepared, model=target.model.id, caller=caller.name),
            lost=() if wanted is request else ("think",),
        )

    async def answer(self, chat: AdmittedChat) -> ChatResponse:
        """Answer in one piece."""
        return await answered(watched(chat.ask(), chat.exchange, self._observer), chat.asked)

    def open(self, chat: AdmittedChat) -> AbstractAsyncContextManager[ChatStream]:
        """Answer in pieces; entering waits for the first one (`ports.backend.ChatBackend`)."""
        return Opened(WatchedStream(chat.opening(), chat.exchange, self._observer), chat.asked)


def _within(request: ChatRequest, target: Target) -> ChatRequest:
    """Leave out a wish to think that the model is known not to have an ear for."""
    if not (request.think_if_able and request.think):
        return request
    if target.model.can(Capability.THINKING) is not False:
        return request
    return replace(request, think=UNSET, thinking_budget=UNSET)


def _able(request: ChatRequest, target: Target) -> ChatBackend:
    # The order in which Ollama's own server refuses (docs/wire/ollama-api.md 2.3).
    demand_thinking(target.model, request.model, think=request.think)
    demand(Capability.COMPLETION, target.model, request.model, called="chat")
    if target.backend.chat is None:
        raise CapabilityMissing(request.model, "chat")
    if request.tools:
        demand(Capability.TOOLS, target.model, request.model)
    _check_choice(request)
    return target.backend.chat


def _check_choice(request: ChatRequest) -> None:
    match request.tool_choice:
        case NamedTool(name=name) if all(tool.name != name for tool in request.tools):
            raise InvalidRequest(f"tool_choice names the tool '{name}', which is not in tools")
        case "required" if not request.tools:
            raise InvalidRequest("tool_choice demands a tool call, but there are no tools")
        case _:
            pass
