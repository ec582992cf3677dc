"""A chat, from the client's request to the upstream's answer."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from types import TracebackType

from msgspec import UNSET, Struct
from msgspec.structs import replace

from domain import aliases
from domain.permission import require
from domain.routing import Router, Target
from ports.backend import ChatBackend
from ports.caller import Caller
from ports.chat import ChatRequest, ChatResponse, ChatStream
from ports.errors import BackendRejected, CapabilityMissing, GatewayError, ModelNotFound
from ports.models import Capability


class AdmittedChat(Struct, frozen=True, kw_only=True):
    """A request that was checked and may go to its target.

    `asked` is the model as the client named it; `request` is what the backend gets.
    """

    asked: str
    target: Target
    backend: ChatBackend
    request: ChatRequest


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
            request=replace(prepared, model=target.model.id),
        )

    async def answer(self, chat: AdmittedChat) -> ChatResponse:
        """Answer in one piece."""
        try:
            return await chat.backend.chat(chat.request)
        except BackendRejected as error:
            raise _as_the_client_knows_it(error, chat) from error

    def open(self, chat: AdmittedChat) -> AbstractAsyncContextManager[ChatStream]:
        """Answer in pieces; entering waits for the first one (`ports.backend.ChatBackend`)."""
        return _Opened(chat)


class _Opened(AbstractAsyncContextManager[ChatStream]):
    def __init__(self, chat: AdmittedChat) -> None:
        self._chat = chat
        self._opened = chat.backend.open_chat(chat.request)

    async def __aenter__(self) -> ChatStream:
        try:
            return await self._opened.__aenter__()
        except BackendRejected as error:
            raise _as_the_client_knows_it(error, self._chat) from error

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        return await self._opened.__aexit__(kind, error, traceback)


def _able(request: ChatRequest, target: Target) -> ChatBackend:
    # The order in which Ollama's own server refuses (docs/wire/ollama-api.md 2.3).
    wants_thinking = request.think is not UNSET and request.think is not False
    if wants_thinking and target.model.can(Capability.THINKING) is False:
        raise CapabilityMissing(request.model, Capability.THINKING)
    backend = target.backend.chat
    if backend is None or target.model.can(Capability.COMPLETION) is False:
        raise CapabilityMissing(request.model, "chat")
    if request.tools and target.model.can(Capability.TOOLS) is False:
        raise CapabilityMissing(request.model, Capability.TOOLS)
    return backend


def _as_the_client_knows_it(error: BackendRejected, chat: AdmittedChat) -> GatewayError:
    # The upstream names its own id, which the client may never have heard of.
    return ModelNotFound(chat.asked) if error.upstream_code == "model_not_found" else error
