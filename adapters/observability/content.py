"""Questions and answers on a span, where the operator asked for them, cut to so many bytes.

The form is the one of OpenTelemetry's conventions: a JSON list of messages, each with a role and
parts. The end of a long conversation is kept rather than its beginning. Bytes that are no
text (images, sounds, files) are named and not shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, assert_never

from msgspec.json import encode

from ports.chat import (
    ChatChunk,
    ChatRequest,
    ChatResponse,
    FinishChunk,
    FinishReason,
    Message,
    Part,
    Text,
    TextChunk,
    ThinkingChunk,
    ToolCall,
    ToolCallChunk,
)
from ports.embed import EmbedRequest
from ports.generate import GenerateRequest
from ports.observer import Request

Json = dict[str, Any]


class _Budget:
    """Bytes of text that may still be told."""

    def __init__(self, limit: int) -> None:
        self.left = limit

    def spend(self, text: str) -> str:
        """Return as much of a text as there is room for. What is empty costs a byte as well."""
        # A character has at least one byte, so that a huge text costs no more than a long one.
        taken = text[: self.left].encode("utf-8", "replace")[: self.left].decode(errors="ignore")
        # What is cut is the last that is told.
        cost = max(len(taken.encode()), 1)
        self.left = 0 if len(taken) < len(text) else max(self.left - cost, 0)
        return taken


def question(request: Request, limit: int) -> str:
    """Write down what is asked."""
    budget = _Budget(limit)
    told: list[Json] = []
    match request:
        case ChatRequest():
            for message in reversed(request.messages):
                if not budget.left:
                    break
                told.insert(0, _message(message, budget))
        case GenerateRequest():
            told.append(_says("user", budget.spend(request.prompt)))
            if request.system:
                told.insert(0, _says("system", budget.spend(request.system)))
        case EmbedRequest():
            told.append(
                _says("user", *(budget.spend(text) for text in request.inputs if budget.left))
            )
        case _:
            assert_never(request)
    return encode(told).decode()


class Said:
    """What a model says, gathered as it comes, up to `limit` bytes."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._budget = _Budget(limit)
        self._text: list[str] = []
        self._thinking: list[str] = []
        self._calls: list[Json] = []

    def add(self, piece: Sequence[ChatChunk] | ChatResponse) -> None:
        """Take a piece of a stream, or a whole answer."""
        if isinstance(piece, ChatResponse):
            self._thinking.append(self._budget.spend(piece.thinking))
            self._text.append(self._budget.spend(piece.text))
            self._calls.extend(_calls(piece.tool_calls, self._budget))
        elif self._budget.left:
            for chunk in piece:
                self._take(chunk)

    def answer(self, reason: FinishReason | None) -> str:
        """Write it down; empty if nothing was said."""
        parts: list[Json] = []
        if thinking := "".join(self._thinking):
            parts.append({"type": "reasoning", "content": thinking})
        if text := "".join(self._text):
            parts.append({"type": "text", "content": text})
        parts.extend(self._calls)
        if not parts:
            return ""
        ended = {} if reason is None else {"finish_reason": reason.value}
        return encode([{"role": "assistant", "parts": parts, **ended}]).decode()

    def _take(self, chunk: ChatChunk) -> None:
        match chunk:
            case TextChunk(text=text):
                self._text.append(self._budget.spend(text))
            case ThinkingChunk(text=text):
                self._thinking.append(self._budget.spend(text))
            case ToolCallChunk(call=call):
                self._calls.extend(_calls((call,), self._budget))
            case FinishChunk():
                pass
            case _:
                assert_never(chunk)


def _says(role: str, *texts: str) -> Json:
    return {"role": role, "parts": [{"type": "text", "content": text} for text in texts]}


def _message(message: Message, budget: _Budget) -> Json:
    parts = [_part(part, budget) for part in message.parts if budget.left]
    if message.role == "tool":
        # The convention has one answer to a call; its parts are put together.
        text = "".join(part.get("content", "") for part in parts)
        call = budget.spend(message.tool_call_id)
        parts = [{"type": "tool_call_response", "id": call, "response": text}]
    if message.thinking:
        parts.insert(0, {"type": "reasoning", "content": budget.spend(message.thinking)})
    parts.extend(_calls(message.tool_calls, budget))
    if not parts:
        budget.spend("")
    return {"role": message.role, "parts": parts}


def _part(part: Part, budget: _Budget) -> Json:
    if isinstance(part, Text):
        return {"type": "text", "content": budget.spend(part.text)}
    budget.spend("")
    return {"type": type(part).__name__.lower()}


def _calls(calls: Sequence[ToolCall], budget: _Budget) -> list[Json]:
    return [_call(call, budget) for call in calls if budget.left]


def _call(call: ToolCall, budget: _Budget) -> Json:
    called, name = budget.spend(call.id), budget.spend(call.name)
    arguments = budget.spend(call.arguments)
    return {"type": "tool_call", "id": called, "name": name, "arguments": arguments}
