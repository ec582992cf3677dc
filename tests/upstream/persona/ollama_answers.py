"""What the model says, as Ollama's own `/api` spells it (docs/wire/ollama-api.md 3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import sqrt
from typing import Any

import msgspec

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
from tests.upstream.persona.catalog import Described
from tests.upstream.persona.trouble import Refusal, troubled
from tests.upstream.script import Reply, Send

JSON = (("Content-Type", "application/json; charset=utf-8"),)
NDJSON = (("Content-Type", "application/x-ndjson"),)
CREATED = "2026-11-20T14:54:10.285582252Z"


def reply(value: Any, status: int = 200) -> Reply:
    """Answer in one piece."""
    return Reply(status=status, headers=JSON, body=msgspec.json.encode(value))


def lines(values: Sequence[Any]) -> Reply:
    """Answer line by line."""
    return Reply(
        headers=NDJSON, steps=[Send(msgspec.json.encode(value) + b"\n") for value in values]
    )


def answered(body: Mapping[str, Any], model: Described, *, chat: bool) -> Reply:
    """Answer a chat or a prompt."""
    wanted = _asked(body, model)

    def answer() -> Reply:
        said = respond(wanted)
        if body.get("stream") is False:
            return reply(_whole(said, body, chat))
        return lines(list(_lines(said, body, chat)))

    return troubled(wanted.text, _refused, answer)


def loaded(body: Mapping[str, Any], reason: str, *, chat: bool) -> Reply:
    """Answer that a model was loaded or unloaded."""
    return reply(_line(body, chat) | {"done": True, "done_reason": reason})


def _refused(refusal: Refusal) -> Reply:
    return reply({"error": refusal.message}, refusal.status)


def _asked(body: Mapping[str, Any], model: Described) -> Asked:
    messages = spoken(
        body.get("messages")
        or [{"role": "user", "content": body["prompt"], "images": body.get("images", ())}]
    )
    users = [message for message in messages if message["role"] == "user"]
    last = users[-1] if users else {}
    wanted = body.get("format")
    limit = (body.get("options") or {}).get("num_predict", -1)
    return Asked(
        text=last.get("content", ""),
        tools=tuple(tool["function"]["name"] for tool in body.get("tools") or ()),
        forced=_forced(messages, body.get("tools") or ()),
        rounds=rounds_since(messages, _results(messages)),
        images=len(last.get("images") or ()),
        think="thinking" in model.capabilities and body.get("think") is not False,
        format={} if wanted == "json" else wanted or None,
        limit=limit if limit > 0 else None,
    )


def _forced(messages: Sequence[Any], tools: Sequence[Any]) -> Forced | None:
    """Do as the system says: there is no other word for it here."""
    lines = (message.get("content", "") for message in messages if message["role"] == "system")
    system = " ".join(lines)
    for function in (tool["function"] for tool in tools):
        if f"Call the tool {function['name']} now" in system or "Call one of the tools" in system:
            return Forced(name=function["name"], parameters=function["parameters"])
    return None


def _results(messages: Sequence[Any]) -> dict[int, Result]:
    """Pair results with calls: by id, by name, in order, whichever there is first."""
    results: dict[int, Result] = {}
    open_calls: list[Any] = []
    for place, message in enumerate(messages):
        if message.get("tool_calls"):
            open_calls = list(message["tool_calls"])
        elif message["role"] == "tool":
            results[place] = Result(call=_take(open_calls, message), text=message["content"])
    return results


def _take(open_calls: list[Any], message: Mapping[str, Any]) -> tuple[str, str] | None:
    identity, name = message.get("tool_call_id"), message.get("tool_name")
    by_id = any(identity == call.get("id") for call in open_calls)
    for call in open_calls:
        function = call["function"]
        if identity == call.get("id") if by_id else name in (None, "", function["name"]):
            open_calls.remove(call)
            return function["name"], function["arguments"].get("city")
    return None


def _line(body: Mapping[str, Any], chat: bool, text: str = "", **beside: Any) -> dict[str, Any]:
    head = {"model": body["model"], "created_at": CREATED}
    if chat:
        return head | {"message": {"role": "assistant", "content": text} | beside, "done": False}
    return head | {"response": text} | beside | {"done": False}


def _calls(said: Said) -> dict[str, Any]:
    if not said.calls:
        return {}
    functions = [
        {
            "index": index,
            "name": call.name,
            "arguments": msgspec.json.decode("".join(call.arguments)),
        }
        for index, call in enumerate(said.calls)
    ]
    pairs = zip(said.calls, functions, strict=True)
    return {"tool_calls": [{"id": call.id, "function": function} for call, function in pairs]}


def _end(said: Said, chat: bool) -> dict[str, Any]:
    return {
        "done": True,
        "done_reason": "length" if said.finish == "length" else "stop",
        **({} if chat else {"context": [100, 101, 102]}),
        "total_duration": 288791928,
        "load_duration": 254438172,
        "prompt_eval_count": said.prompt_tokens,
        "prompt_eval_duration": 1234567,
        "eval_count": said.tokens,
        "eval_duration": 7654321,
    }


def _whole(said: Said, body: Mapping[str, Any], chat: bool) -> dict[str, Any]:
    thinking = {"thinking": "".join(said.thinking)} if said.thinking else {}
    line = _line(body, chat, "".join(said.words), **thinking, **_calls(said))
    return line | _weights(body, said.words) | _end(said, chat)


def _lines(said: Said, body: Mapping[str, Any], chat: bool) -> Iterator[dict[str, Any]]:
    for piece in said.thinking:
        yield _line(body, chat, thinking=piece)
    for word in said.words:
        yield _line(body, chat, word) | _weights(body, [word])
    yield _line(body, chat, "", **_calls(said)) | _end(said, chat)


def _weights(body: Mapping[str, Any], words: Sequence[str]) -> dict[str, Any]:
    return {"logprobs": [weighed(word) for word in words]} if body.get("logprobs") else {}


def embedded(body: Mapping[str, Any]) -> Reply:
    """Embed one text or several, each into a vector of length 1."""
    inputs = [body["input"]] if isinstance(body["input"], str) else body["input"]
    return reply(
        {
            "model": body["model"],
            "embeddings": [_normalised(embed(text)[: body.get("dimensions")]) for text in inputs],
            "total_duration": 256128648,
            "load_duration": 255104511,
            "prompt_eval_count": sum(len(text.split()) for text in inputs),
        }
    )


def _normalised(vector: Sequence[float]) -> list[float]:
    length = sqrt(sum(value * value for value in vector))
    return [value / length for value in vector]
