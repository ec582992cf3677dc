"""The model behind OpenAI's chat completions, completions and embeddings."""

from __future__ import annotations

import base64
import struct
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from tests.upstream.answers import chat, error, event, sse
from tests.upstream.persona.behaviour import (
    Asked,
    Forced,
    Result,
    Said,
    embed,
    respond,
    rounds_since,
    spoken,
    weighed,
)
from tests.upstream.persona.trouble import Refusal, troubled
from tests.upstream.script import Reply
from tests.upstream.wire import Received

NO_THINKING = ("none", None)


def answer(request: Received) -> Reply:
    """Answer a request of any of the routes."""
    body = request.json() if request.body else {}
    match request.path.rpartition("/v1")[2]:
        case "/chat/completions":
            wanted = asked(body)
            return troubled(wanted.text, refused, lambda: said_as(respond(wanted), request))
        case "/completions":
            return _completion(body)
        case "/embeddings":
            return embeddings(body)
        case _:
            return error(404, f"there is no {request.path}")


def asked(body: Mapping[str, Any]) -> Asked:
    """Read a chat request."""
    messages = spoken(body["messages"])
    users = [message for message in messages if message["role"] == "user"]
    parts = users[-1]["content"] if users else ""
    if isinstance(parts, str):
        parts = [{"type": "text", "text": parts}]
    return Asked(
        text="\n".join(part["text"] for part in parts if part["type"] == "text"),
        tools=tuple(tool["function"]["name"] for tool in body.get("tools", ())),
        forced=_forced(body),
        rounds=rounds_since(messages, _results(messages)),
        images=sum(part["type"] == "image_url" for part in parts),
        think=thinks(body),
        format=_format(body.get("response_format")),
        limit=body.get("max_tokens", body.get("max_completion_tokens")),
    )


def refused(refusal: Refusal) -> Reply:
    """Refuse."""
    return error(refusal.status, refusal.message, code=refusal.code)


def thinks(body: Mapping[str, Any]) -> bool:
    """Tell whether thinking is asked for, in any of the ways there are."""
    reasoning = body.get("reasoning", {})
    return (
        body.get("reasoning_effort") not in NO_THINKING
        or body.get("chat_template_kwargs", {}).get("enable_thinking") is True
        or reasoning.get("enabled") is True
        or reasoning.get("effort") not in NO_THINKING
        or reasoning.get("max_tokens", 0) > 0
    )


def usage(said: Said) -> dict[str, Any]:
    """Count."""
    return {
        "prompt_tokens": said.prompt_tokens,
        "completion_tokens": said.tokens,
        "total_tokens": said.prompt_tokens + said.tokens,
        "completion_tokens_details": {"reasoning_tokens": len(said.thinking)},
    }


def said_as(said: Said, request: Received) -> Reply:
    """Write an answer."""
    weights = [weighed(word) for word in said.words] if request.json().get("logprobs") else ()
    write = chat(
        said.words,
        reasoning=said.thinking,
        tool_calls=said.calls,
        logprobs=weights,
        finish=said.finish,
        counted=usage(said),
    )
    return write(request)


def embeddings(body: Mapping[str, Any]) -> Reply:
    """Embed one text or several, as floats or in base64."""
    inputs: Sequence[str] = [body["input"]] if isinstance(body["input"], str) else body["input"]
    packed = body.get("encoding_format") == "base64"
    rows = [
        {
            "object": "embedding",
            "index": index,
            "embedding": _packed(text) if packed else embed(text),
        }
        for index, text in enumerate(inputs)
    ]
    words = sum(len(text.split()) for text in inputs)
    counted = {"prompt_tokens": words, "total_tokens": words}
    whole = {"object": "list", "data": rows, "model": body["model"], "usage": counted}
    return Reply(body=msgspec.json.encode(whole))


def _packed(text: str) -> str:
    vector = embed(text)
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def _completion(body: Mapping[str, Any]) -> Reply:
    said = respond(Asked(text=body["prompt"], limit=body.get("max_tokens")))
    head = {"id": "cmpl-1", "object": "text_completion", "created": 1760000000, "model": "m"}

    def choice(text: str, finish: str | None) -> dict[str, Any]:
        return {"choices": [{"index": 0, "text": text, "finish_reason": finish, "logprobs": None}]}

    if not body.get("stream"):
        text = "".join(said.words)
        whole = head | choice(text, said.finish) | {"usage": usage(said)}
        return Reply(body=msgspec.json.encode(whole))
    events = [event(head | choice(word, None)) for word in said.words]
    events.append(event(head | choice("", said.finish)))
    events.append(event(head | {"choices": [], "usage": usage(said)}))
    return sse([*events, b"data: [DONE]\n\n"])


def _forced(body: Mapping[str, Any]) -> Forced | None:
    functions = [tool["function"] for tool in body.get("tools", ())]
    match body.get("tool_choice"):
        case {"function": {"name": name}}:
            (function,) = [function for function in functions if function["name"] == name]
        case "required":
            function = functions[0]
        case _:
            return None
    return Forced(name=function["name"], parameters=function["parameters"])


def _format(wanted: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    match wanted:
        case {"type": "json_schema", "json_schema": {"schema": schema}}:
            return schema
        case {"type": "json_object"}:
            return {}
        case _:
            return None


def _results(messages: Sequence[Any]) -> dict[int, Result]:
    made = {
        call["id"]: call["function"]
        for message in messages
        for call in message.get("tool_calls") or ()
    }
    return {
        place: Result(call=_call(made.get(message.get("tool_call_id"))), text=message["content"])
        for place, message in enumerate(messages)
        if message["role"] == "tool"
    }


def _call(function: Mapping[str, Any] | None) -> tuple[str, str] | None:
    if function is None:
        return None
    return function["name"], msgspec.json.decode(function["arguments"]).get("city")
