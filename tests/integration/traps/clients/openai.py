"""Clients of `/v1/chat/completions` and `/v1/completions`."""

from __future__ import annotations

import base64
import json
from abc import abstractmethod
from typing import Any, ClassVar

import httpx

from tests.integration.traps.clients.base import FUNCTION, Dialect
from tests.integration.traps.said import Called, Said, events_of, is_streamed


class _OpenAI(Dialect):
    counts: ClassVar[dict[str, Any]] = {"stream_options": {"include_usage": True}}

    def options(self, **options: Any) -> dict[str, Any]:
        if "limit" in options:
            options["max_tokens"] = options.pop("limit")
        return options

    def read(self, answer: httpx.Response) -> Said:
        streamed = is_streamed(answer)
        pieces = [data for _, data in events_of(answer)] if streamed else [answer.json()]
        said = Said(status=answer.status_code, pieces=len(pieces))
        arguments: dict[int, Called] = {}
        for piece in pieces:
            if piece == "[DONE]":
                said.ends += 1
            elif "error" in piece:
                assert set(piece["error"]) == {"message", "type", "param", "code"}
                said.error = piece["error"]["message"]
            elif piece.get("choices") or piece.get("usage"):
                self._event(piece, said, arguments)
            # What is left is an upstream's own, which a relay passes on as it is.
        said.calls = tuple(call for _, call in sorted(arguments.items()))
        if not streamed and not said.error:
            said.ends += 1
        return said

    def _event(self, piece: dict[str, Any], said: Said, arguments: dict[int, Called]) -> None:
        # What an upstream says aside passes through where its bytes do.
        said.model, said.created = piece.get("model", said.model), piece.get("created")
        if piece.get("usage"):
            said.prompt_tokens = piece["usage"]["prompt_tokens"]
            said.completion_tokens = piece["usage"]["completion_tokens"]
        for choice in piece.get("choices") or ():
            assert choice["index"] == 0
            said.reason = choice["finish_reason"] or said.reason
            self._read(choice, said, arguments)

    @abstractmethod
    def _read(self, choice: dict[str, Any], said: Said, arguments: dict[int, Called]) -> None:
        """Read what a choice says."""


class OpenAIChat(_OpenAI):
    name = "openai chat"
    path = "/v1/chat/completions"
    tools: ClassVar[dict[str, Any]] = {"tools": [{"type": "function", "function": FUNCTION}]}

    def body(self, text: str) -> dict[str, Any]:
        return {"messages": [{"role": "user", "content": text}]}

    def image(self, text: str, data: bytes, after: str = "") -> dict[str, Any]:
        # The client says PNG whatever it is: only the bytes are to be believed.
        url = f"data:image/png;base64,{base64.b64encode(data).decode()}"
        parts = [{"type": "text", "text": text}, {"type": "image_url", "image_url": {"url": url}}]
        if after:
            parts.append({"type": "text", "text": after})
        return {"messages": [{"role": "user", "content": parts}]}

    def called(self, *results: tuple[dict[str, Any], str]) -> dict[str, Any]:
        calls = [
            {
                "id": f"call_{number}",
                "type": "function",
                "function": {"name": "f", "arguments": json.dumps(arguments)},
            }
            for number, (arguments, _) in enumerate(results)
        ]
        answers = [
            {"role": "tool", "tool_call_id": f"call_{number}", "content": result}
            for number, (_, result) in enumerate(results)
        ]
        asked = {"role": "user", "content": "hi"}
        said = {"role": "assistant", "content": None, "tool_calls": calls}
        return {**self.tools, "messages": [asked, said, *answers]}

    def thought(self, thinking: str, text: str) -> dict[str, Any]:
        turn = {"role": "assistant", "content": text, "reasoning": thinking}
        return {"messages": [*self.body("hi")["messages"], turn, *self.body("on")["messages"]]}

    def _read(self, choice: dict[str, Any], said: Said, arguments: dict[int, Called]) -> None:
        message = choice.get("delta", choice.get("message"))
        said.text += message.get("content") or ""
        said.thinking += message.get("reasoning") or ""
        for position, call in enumerate(message.get("tool_calls") or ()):
            function = call["function"]
            known = arguments.get(call.get("index", position), Called("", ""))
            arguments[call.get("index", position)] = Called(
                known.name or function["name"],
                known.arguments + function["arguments"],
                known.id or call["id"],
            )


class OpenAICompletions(_OpenAI):
    name = "openai completions"
    path = "/v1/completions"

    def body(self, text: str) -> dict[str, Any]:
        return {"prompt": text}

    def _read(self, choice: dict[str, Any], said: Said, arguments: dict[int, Called]) -> None:
        said.text += choice["text"]
