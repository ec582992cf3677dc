"""A counter that says what it is told to."""

from __future__ import annotations

from ports.backend import TokenCounter
from ports.chat import ChatRequest
from ports.errors import GatewayError


class FakeCounter(TokenCounter):
    """Answers every question with `answer`, or raises it."""

    def __init__(self, answer: int | GatewayError | None = 7) -> None:
        self.answer = answer
        self.asked: list[ChatRequest] = []

    async def count(self, request: ChatRequest, /) -> int | None:
        self.asked.append(request)
        if isinstance(self.answer, GatewayError):
            raise self.answer
        return self.answer
