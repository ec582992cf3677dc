"""Clients of `/api/chat` and `/api/generate`."""

from __future__ import annotations

import base64
from abc import abstractmethod
from typing import Any, ClassVar

import httpx

from tests.integration.traps.clients.base import FUNCTION, Dialect
from tests.integration.traps.said import Called, Said, is_streamed, lines_of


class _Ollama(Dialect):
    streams_unasked = True

    def options(self, **options: Any) -> dict[str, Any]:
        if "limit" in options:
            options["num_predict"] = options.pop("limit")
        return {"options": options}

    def read(self, answer: httpx.Response) -> Said:
        pieces = lines_of(answer) if is_streamed(answer) else [answer.json()]
        said = Said(status=answer.status_code, pieces=len(pieces))
        for piece in pieces:
            if "error" in piece:
                assert list(piece) == ["error"]
                said.error = piece["error"]
                continue
            self._read(piece, said)
            said.model, said.created = piece["model"], piece["created_at"]
            if piece["done"]:
                said.ends += 1
                said.reason = piece["done_reason"]
                said.prompt_tokens = piece.get("prompt_eval_count")
                said.completion_tokens = piece.get("eval_count")
        return said

    @abstractmethod
    def _read(self, piece: dict[str, Any], said: Said) -> None:
        """Read what a piece says."""


class OllamaChat(_Ollama):
    name = "ollama chat"
    path = "/api/chat"
    tools: ClassVar[dict[str, Any]] = {"tools": [{"type": "function", "function": FUNCTION}]}

    def body(self, text: str) -> dict[str, Any]:
        return {"messages": [{"role": "user", "content": text}]}

    def image(self, text: str, data: bytes) -> dict[str, Any]:
        encoded = base64.b64encode(data).decode()
        return {"messages": [{"role": "user", "content": text, "images": [encoded]}]}

    def called(self, *results: tuple[dict[str, Any], str]) -> dict[str, Any]:
        calls = [{"function": {"name": "f", "arguments": arguments}} for arguments, _ in results]
        # As its own clients do: no ids anywhere, only the name of the tool.
        answers = [{"role": "tool", "tool_name": "f", "content": it} for _, it in results]
        asked = {"role": "user", "content": "hi"}
        said = {"role": "assistant", "content": "", "tool_calls": calls}
        return {**self.tools, "messages": [asked, said, *answers]}

    def thought(self, thinking: str, text: str) -> dict[str, Any]:
        turn = {"role": "assistant", "content": text, "thinking": thinking}
        return {"messages": [*self.body("hi")["messages"], turn, *self.body("on")["messages"]]}

    def _read(self, piece: dict[str, Any], said: Said) -> None:
        message = piece["message"]
        said.text += message["content"]
        said.thinking += message.get("thinking", "")
        said.calls += tuple(
            Called(call["function"]["name"], call["function"]["arguments"], call.get("id", ""))
            for call in message.get("tool_calls", ())
        )


class OllamaGenerate(_Ollama):
    name = "ollama generate"
    path = "/api/generate"

    def body(self, text: str) -> dict[str, Any]:
        return {"prompt": text}

    def image(self, text: str, data: bytes) -> dict[str, Any]:
        return {"prompt": text, "images": [base64.b64encode(data).decode()]}

    def _read(self, piece: dict[str, Any], said: Said) -> None:
        said.text += piece["response"]
        said.thinking += piece.get("thinking", "")
