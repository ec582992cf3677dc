"""Raw prompts, answered as a chat of one turn: nothing here has a template."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from adapters.backends.offline.losses import answer_losses
from adapters.backends.prompts import as_turn
from ports.backend import ChatBackend, GenerateBackend
from ports.chat import ChatRequest, ChatResponse, ChatStream
from ports.errors import InvalidRequest
from ports.generate import GenerateRequest


class OfflinePrompts(GenerateBackend):
    """Answers what the chats of this backend would answer to the same text.

    Gaps before a suffix are refused with `InvalidRequest`: to fill one takes a model.
    """

    def __init__(self, chat: ChatBackend) -> None:
        self._chat = chat

    async def generate(self, request: GenerateRequest, /) -> ChatResponse:
        """Answer in one piece."""
        return await self._chat.chat(_as_chat(request))

    def open_generate(self, request: GenerateRequest, /) -> AbstractAsyncContextManager[ChatStream]:
        """Answer word by word."""
        return self._chat.open_chat(_as_chat(request))

    def generate_losses(self, request: GenerateRequest, /) -> tuple[str, ...]:
        """Name what no answer will show."""
        return answer_losses(request)


def _as_chat(request: GenerateRequest) -> ChatRequest:
    if request.suffix:
        raise InvalidRequest("suffix is not supported by this backend")
    return as_turn(request)
