"""Clients of `/v1/messages`."""

from __future__ import annotations

import base64
import json
from typing import Any, ClassVar

import httpx

from tests.integration.traps.clients.base import SCHEMA, Dialect
from tests.integration.traps.said import Called, Said, events_of, is_streamed


class Anthropic(Dialect):
    name = "anthropic"
    path = "/v1/messages"
    headers: ClassVar[dict[str, str]] = {"anthropic-version": "2023-06-01"}
    tools: ClassVar[dict[str, Any]] = {
        "tools": [{"name": "f", "description": "F", "input_schema": SCHEMA}]
    }

    def body(self, text: str) -> dict[str, Any]:
        return {"max_tokens": 50, "messages": [{"role": "user", "content": text}]}

    def options(self, **options: Any) -> dict[str, Any]:
        if "limit" in options:
            options["max_tokens"] = options.pop("limit")
        options.pop("seed", None)  # there is no place for one
        return options

    def image(self, text: str, data: bytes, after: str = "") -> dict[str, Any]:
        encoded = base64.b64encode(data).decode()
        source = {"type": "base64", "media_type": "image/png", "data": encoded}
        parts = [{"type": "text", "text": text}, {"type": "image", "source": source}]
        if after:
            parts.append({"type": "text", "text": after})
        return {"messages": [{"role": "user", "content": parts}]}

    def called(self, *results: tuple[dict[str, Any], str]) -> dict[str, Any]:
        calls = [
            {"type": "tool_use", "id": f"toolu_{number}", "name": "f", "input": arguments}
            for number, (arguments, _) in enumerate(results)
        ]
        answers = [
            {"type": "tool_result", "tool_use_id": f"toolu_{number}", "content": result}
            for number, (_, result) in enumerate(results)
        ]
        asked = {"role": "user", "content": "hi"}
        turns = ({"role": "assistant", "content": calls}, {"role": "user", "content": answers})
        return {**self.tools, "messages": [asked, *turns]}

    def thought(self, thinking: str, text: str) -> dict[str, Any]:
        blocks = [
            {"type": "thinking", "thinking": thinking, "signature": ""},
            {"type": "text", "text": text},
        ]
        turn = {"role": "assistant", "content": blocks}
        first, then = self.body("hi")["messages"], self.body("on")["messages"]
        return {"messages": [*first, turn, *then]}

    def read(self, answer: httpx.Response) -> Said:
        if not is_streamed(answer):
            said = Said(status=answer.status_code, pieces=1)
            self._whole(answer.json(), said)
            return said
        events = events_of(answer)
        said = Said(status=answer.status_code, pieces=len(events))
        message: dict[str, Any] = {}
        for name, data in events:
            assert name == data["type"]
            self._event(data, message, said)
        if message:
            self._whole(message, said, whole=False)
        return said

    def _event(self, data: dict[str, Any], message: dict[str, Any], said: Said) -> None:
        match data["type"]:
            case "message_start":
                message.update(data["message"])
            case "message_delta":
                message.update(data["delta"])
                message["usage"].update(data["usage"])
            case "message_stop":
                said.ends += 1
            case "error":
                said.error = data["error"]["message"]
            case _:
                self._block(data, message["content"])

    def _block(self, data: dict[str, Any], blocks: list[dict[str, Any]]) -> None:
        match data["type"]:
            case "content_block_start":
                assert data["index"] == len(blocks)
                blocks.append({**data["content_block"], "json": ""})
            case "content_block_delta":
                block, delta = blocks[data["index"]], data["delta"]
                for key in ("text", "thinking"):
                    block[key] = block.get(key, "") + delta.get(key, "")
                block["json"] += delta.get("partial_json", "")
            case "content_block_stop":
                block = blocks[data["index"]]
                if block["type"] == "tool_use":
                    block["input"] = json.loads(block["json"] or "{}")

    def _whole(self, message: dict[str, Any], said: Said, *, whole: bool = True) -> None:
        if message["type"] == "error":
            said.error = message["error"]["message"]
            return
        said.ends += whole
        said.reason, said.model = message["stop_reason"], message["model"]
        said.prompt_tokens = message["usage"]["input_tokens"]
        said.completion_tokens = message["usage"]["output_tokens"]
        for block in message["content"]:
            match block["type"]:
                case "text":
                    said.text += block["text"]
                case "thinking":
                    said.thinking += block["thinking"]
                case "tool_use":
                    said.calls += (Called(block["name"], block["input"], block["id"]),)
