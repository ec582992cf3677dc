"""A chat, from the client's request to the upstream's answer."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from msgspec import Struct
from msgspec.structs import replace

from domain import aliases
from domain.capability import demand, demand_thinking
from domain.exchange import Opened, answered
from domain.index import Target
from domain.permission import require
from domain.routing import Router
from ports.backend import ChatBackend
from ports.caller import Caller
from ports.chat import ChatRequest, ChatResponse, ChatStream
from ports.errors import CapabilityMissing
from ports.models import Capability


class AdmittedChat(Struct, frozen=True, kw_only=True):
    """A request that was checked and may go to its target.

    `asked` is the model as the client named it; `request` is what the backend gets.
    """

    asked: str
    target: Target
    backend: ChatBackend
    request: ChatRequest

    @property
    def losses(self) -> tuple[str, ...]:
        """What of it the backend cannot be told, in neutral names."""
        return self.backend.chat_losses(self.request)


class Chat:
    """Resolves the model, checks that it can do what is asked, and asks its backend."""

    def __init__(self, router: Router) -> None:
        self._router = router

    async def admit(self, request: ChatRequest, caller: Caller) -> AdmittedChat:
        """Check everything that can be checked without asking the upstream.

        Raises `ModelNotFound`, `NotAllowed`, `CapabilityMissing` or, where a backend's models
        are not known, its `BackendError`.
        """
        target = await self._router.resolve(request.model)
        require(caller, target)
        backend = _able(request, target)
        prepared = request if target.alias is None else aliases.apply(target.alias, request)
        return AdmittedChat(
            asked=request.model,
            target=target,
            backend=backend,
            request=replace(prepared, model=target.model.id, caller=caller.name),
        )

    async def answer(self, chat: AdmittedChat) -> ChatResponse:
        """Answer in one piece."""
        return await answered(chat.backend.chat(chat.request), chat.asked)

    def open(self, chat: AdmittedChat) -> AbstractAsyncContextManager[ChatStream]:
        """Answer in pieces; entering waits for the first one (`ports.backend.ChatBackend`)."""
        return Opened(chat.backend.open_chat(chat.request), chat.asked)


def _able(request: ChatRequest, target: Target) -> ChatBackend:
    # The order in which Ollama's own server refuses (docs/wire/ollama-api.md 2.3).
    demand_thinking(target.model, request.model, think=request.think)
    demand(Capability.COMPLETION, target.model, request.model, called="chat")
    if target.backend.chat is None:
        raise CapabilityMissing(request.model, "chat")
    if request.tools:
        demand(Capability.TOOLS, target.model, request.model)
    return target.backend.chat
