"""The model behind a native Ollama server (docs/wire/ollama-api.md).

What it tells of its models is what the real server told when it was recorded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import sqrt
from typing import Any

import msgspec

from tests.upstream.persona.behaviour import Asked, Result, Said, embed, respond, rounds_since
from tests.upstream.persona.catalog import MODELS, Described, recorded
from tests.upstream.script import Reply, Send
from tests.upstream.wire import Received

JSON = (("Content-Type", "application/json; charset=utf-8"),)
NDJSON = (("Content-Type", "application/x-ndjson"),)
CREATED = "2026-11-20T14:54:10.285582252Z"
FOREVER = "2319-03-02T09:41:25.514767228-05:00"


class Server:
    """Answers requests, and knows which models it was asked to hold in memory."""

    def __init__(self) -> None:
        self._loaded: dict[str, None] = {}

    def answer(self, request: Received) -> Reply:
        """Answer a request of any of the routes."""
        body = request.json() if request.body else {}
        match request.path:
            case "/":
                return Reply(headers=(("Content-Type", "text/plain"),), body=b"Ollama is running")
            case "/api/version":
                return _json({"version": "0.33.0"})
            case "/api/tags":
                return _json({"models": _entries()})
            case "/api/ps":
                return _json({"models": [_running(name) for name in self._loaded]})
            case _:
                return self._with_model(request, body)

    def _with_model(self, request: Received, body: Mapping[str, Any]) -> Reply:
        name = body.get("model") or body.get("name", "")
        model = _known(name)
        if model is None:
            return _json({"error": f"model '{name}' not found"}, status=404)
        match request.path:
            case "/api/show":
                return _json(recorded("show")[f"show: show {model.bare}"]["response"]["body"])
            case "/api/chat" | "/api/generate":
                return self._answered(request.path.endswith("chat"), body, model)
            case "/api/embed":
                return _embedded(body)
            case "/api/embeddings":
                return _json({"embedding": embed(body["prompt"]) if body.get("prompt") else []})
            case _:
                return Reply(status=404, body=b"404 page not found")

    def _answered(self, chat: bool, body: Mapping[str, Any], model: Described) -> Reply:
        nothing = not body.get("messages") if chat else not body.get("prompt")
        if nothing:
            if body.get("keep_alive") in (0, "0s", "0"):
                self._loaded.pop(model.name, None)
                return _json(_line(body, chat) | {"done": True, "done_reason": "unload"})
            self._loaded[model.name] = None
            return _json(_line(body, chat) | {"done": True, "done_reason": "load"})
        self._loaded[model.name] = None
        said = respond(_asked(body, model))
        if body.get("stream") is False:
            return _json(_whole(said, body, chat))
        lines = [msgspec.json.encode(line) + b"\n" for line in _lines(said, body, chat)]
        return Reply(headers=NDJSON, steps=[Send(line) for line in lines])


def _json(value: Any, status: int = 200) -> Reply:
    return Reply(status=status, headers=JSON, body=msgspec.json.encode(value))


def _entries() -> list[Any]:
    listed = recorded("tags")["tags: list all models"]["response"]["body"]["models"]
    names = {model.name for model in MODELS}
    return [entry for entry in listed if entry["name"] in names]


def _running(name: str) -> dict[str, Any]:
    entry = next(entry for entry in _entries() if entry["name"] == name)
    kept = {key: entry[key] for key in ("name", "model", "size", "digest", "details")}
    return kept | {"expires_at": FOREVER, "size_vram": 0, "context_length": 4096}


def _known(name: str) -> Described | None:
    return next((model for model in MODELS if name in (model.name, model.bare)), None)


def _asked(body: Mapping[str, Any], model: Described) -> Asked:
    messages = body.get("messages") or [
        {"role": "user", "content": body["prompt"], "images": body.get("images", ())}
    ]
    users = [message for message in messages if message["role"] == "user"]
    last = users[-1] if users else {}
    wanted = body.get("format")
    limit = (body.get("options") or {}).get("num_predict", -1)
    return Asked(
        text=last.get("content", ""),
        tools=tuple(tool["function"]["name"] for tool in body.get("tools") or ()),
        rounds=rounds_since(messages, _results(messages)),
        images=len(last.get("images") or ()),
        think="thinking" in model.capabilities and body.get("think") is not False,
        format={} if wanted == "json" else wanted or None,
        limit=limit if limit > 0 else None,
    )


def _results(messages: Sequence[Any]) -> dict[int, Result]:
    """Pair results with calls as a template does: by name where there is one, in order."""
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
    for call in open_calls:
        function = call["function"]
        if identity == call["id"] if identity else name in (None, "", function["name"]):
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
    return _line(body, chat, "".join(said.words), **thinking, **_calls(said)) | _end(said, chat)


def _lines(said: Said, body: Mapping[str, Any], chat: bool) -> Iterator[dict[str, Any]]:
    for piece in said.thinking:
        yield _line(body, chat, thinking=piece)
    for word in said.words:
        yield _line(body, chat, word)
    yield _line(body, chat, "", **_calls(said)) | _end(said, chat)


def _embedded(body: Mapping[str, Any]) -> Reply:
    inputs = [body["input"]] if isinstance(body["input"], str) else body["input"]
    return _json(
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
