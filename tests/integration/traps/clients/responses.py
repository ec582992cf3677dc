"""Clients of `/v1/responses`."""

from __future__ import annotations

import base64
import json
from typing import Any, ClassVar

import httpx

from tests.integration.traps.clients.base import FUNCTION, Dialect
from tests.integration.traps.said import Called, Said, events_of, is_streamed


class Responses(Dialect):
    name = "responses"
    path = "/v1/responses"
    tools: ClassVar[dict[str, Any]] = {"tools": [{"type": "function", **FUNCTION}]}

    def body(self, text: str) -> dict[str, Any]:
        return {"input": text}

    def options(self, **options: Any) -> dict[str, Any]:
        if "limit" in options:
            options["max_output_tokens"] = options.pop("limit")
        options.pop("seed", None)  # there is no place for one
        return options

    def image(self, text: str, data: bytes, after: str = "") -> dict[str, Any]:
        url = f"data:image/png;base64,{base64.b64encode(data).decode()}"
        parts = [{"type": "input_text", "text": text}, {"type": "input_image", "image_url": url}]
        if after:
            parts.append({"type": "input_text", "text": after})
        return {"input": [{"role": "user", "content": parts}]}

    def called(self, *results: tuple[dict[str, Any], str]) -> dict[str, Any]:
        calls = [
            {
                "type": "function_call",
                "call_id": f"call_{number}",
                "name": "f",
                "arguments": json.dumps(arguments),
            }
            for number, (arguments, _) in enumerate(results)
        ]
        answers = [
            {"type": "function_call_output", "call_id": f"call_{number}", "output": result}
            for number, (_, result) in enumerate(results)
        ]
        return {**self.tools, "input": [{"role": "user", "content": "hi"}, *calls, *answers]}

    def thought(self, thinking: str, text: str) -> dict[str, Any]:
        summary = [{"type": "summary_text", "text": thinking}]
        items = [
            {"role": "user", "content": "hi"},
            {"type": "reasoning", "id": "rs_1", "summary": summary},
            {"role": "assistant", "content": [{"type": "output_text", "text": text}]},
            {"role": "user", "content": "on"},
        ]
        return {"input": items}

    def read(self, answer: httpx.Response) -> Said:
        if not is_streamed(answer):
            said = Said(status=answer.status_code, pieces=1)
            self._whole(answer.json(), said)
            return said
        events = events_of(answer)
        said = Said(status=answer.status_code, pieces=len(events))
        for number, (name, data) in enumerate(events):
            assert (name, number) == (data["type"], data["sequence_number"])
            if name in {"response.completed", "response.incomplete", "response.failed"}:
                self._whole(data["response"], said)
            elif name == "error":
                said.error = data["message"]
        deltas = [data["delta"] for name, data in events if name == "response.output_text.delta"]
        said.text = "".join(deltas)
        return said

    def _whole(self, response: dict[str, Any], said: Said) -> None:
        if response.get("error"):
            said.error = response["error"]["message"]
            return
        said.ends += 1
        said.reason = response["status"]
        said.model, said.created = response["model"], response["created_at"]
        said.prompt_tokens = response["usage"]["input_tokens"]
        said.completion_tokens = response["usage"]["output_tokens"]
        for item in response["output"]:
            match item["type"]:
                case "message":
                    said.text += "".join(part["text"] for part in item["content"])
                case "reasoning":
                    said.thinking += "".join(part["text"] for part in item["summary"])
                case "function_call":
                    said.calls += (Called(item["name"], item["arguments"], item["call_id"]),)
