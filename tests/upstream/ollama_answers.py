"""The answers of an Ollama server, in its own shapes (docs/wire/ollama-api.md 3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from tests.upstream.answers import letters
from tests.upstream.script import Reply, Send, Step
from tests.upstream.wire import Received

JSON = (("Content-Type", "application/json; charset=utf-8"),)
NDJSON = (("Content-Type", "application/x-ndjson"),)
CREATED_AT = "2026-08-22T10:15:30.123456789Z"
METRICS = {
    "total_duration": 412345678,
    "load_duration": 900000,
    "prompt_eval_count": 12,
    "prompt_eval_duration": 50000000,
    "eval_count": 3,
    "eval_duration": 200000000,
}


def line(data: Mapping[str, Any]) -> bytes:
    """Build one line of a stream."""
    return msgspec.json.encode(data) + b"\n"


def chat_line(content: str = "", **message: Any) -> dict[str, Any]:
    """Build one piece of a chat; `message` adds members beside the content."""
    said = {"role": "assistant", "content": content} | message
    return {"model": "m", "created_at": CREATED_AT, "message": said, "done": False}


def chat_end(reason: str = "stop") -> dict[str, Any]:
    """Build the last piece of a chat."""
    return chat_line() | {"done": True, "done_reason": reason} | METRICS


def prompt_line(response: str = "", **more: Any) -> dict[str, Any]:
    """Build one piece of a completion."""
    return {"model": "m", "created_at": CREATED_AT, "response": response, "done": False} | more


def prompt_end(reason: str = "stop") -> dict[str, Any]:
    """Build the last piece of a completion."""
    return prompt_line() | {"done": True, "done_reason": reason, "context": [1, 2]} | METRICS


def call(name: str, arguments: Mapping[str, Any], index: int = 0, **more: Any) -> dict[str, Any]:
    """Build a tool call; `id` is one of the members that may be added."""
    return more | {"function": {"index": index, "name": name, "arguments": dict(arguments)}}


def lines(pieces: Iterable[Mapping[str, Any]], *then: Step) -> Reply:
    """Stream the pieces, one HTTP chunk each, then take the further steps."""
    return Reply(headers=NDJSON, steps=[*(Send(line(piece)) for piece in pieces), *then])


def whole(data: Mapping[str, Any]) -> Reply:
    """Answer in one piece."""
    return Reply(headers=JSON, body=msgspec.json.encode(data))


def chat(
    words: Sequence[str] = (),
    *,
    thinking: Sequence[str] = (),
    tool_calls: Sequence[Mapping[str, Any]] = (),
    logprobs: Sequence[Mapping[str, Any]] = (),
) -> Callable[[Received], Reply]:
    """Answer a chat in one piece or streamed, as the request asks.

    `logprobs` belong to the first words, one entry each.
    """

    def answer(request: Received) -> Reply:
        if request.streamed:
            pieces = [chat_line(thinking=piece) for piece in thinking]
            for number, word in enumerate(words):
                beside = {"logprobs": [logprobs[number]]} if number < len(logprobs) else {}
                pieces.append(chat_line(word) | beside)
            pieces += [chat_line(tool_calls=[made]) for made in tool_calls]
            return lines([*pieces, chat_end()])
        message: dict[str, Any] = {"role": "assistant", "content": "".join(words)}
        if thinking:
            message["thinking"] = "".join(thinking)
        if tool_calls:
            message["tool_calls"] = list(tool_calls)
        beside = {"logprobs": list(logprobs)} if logprobs else {}
        return whole(chat_end() | {"message": message} | beside)

    return answer


def completion(words: Sequence[str] = ()) -> Callable[[Received], Reply]:
    """Complete a prompt in one piece or streamed, as the request asks."""

    def answer(request: Received) -> Reply:
        if request.streamed:
            return lines([*map(prompt_line, words), prompt_end()])
        return whole(prompt_end() | {"response": "".join(words)})

    return answer


def embed(request: Received) -> Reply:
    """Embed every text of a request by `letters`, a token for every letter."""
    texts = request.json()["input"]
    counts = {"load_duration": 900000, "prompt_eval_count": sum(map(len, texts))}
    return whole({"model": "m", "embeddings": [letters(text) for text in texts]} | counts)


def loaded(request: Received) -> Reply:
    """Answer a request without a prompt: the model was loaded, or unloaded."""
    reason = "unload" if request.json().get("keep_alive") == 0 else "load"
    return whole(prompt_line() | {"done": True, "done_reason": reason})


def error(status: int, message: str, **headers: str) -> Reply:
    """Refuse with Ollama's flat object; `headers` are named with underscores."""
    extra = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Reply(status=status, headers=JSON + extra, body=msgspec.json.encode({"error": message}))


def error_line(message: str) -> dict[str, Any]:
    """Build the line with which a server gives up in mid-stream."""
    return {"error": message}


def tag(name: str, digest: str = "9f86d081884c", **more: Any) -> dict[str, Any]:
    """Build an entry of the list of models."""
    details = {
        "parent_model": "",
        "format": "gguf",
        "family": "llama",
        "families": ["llama"],
        "parameter_size": "1.2B",
        "quantization_level": "Q4_K_M",
    }
    return {
        "name": name,
        "model": name,
        "modified_at": "2026-09-21T09:13:19.75-04:00",
        "size": 880,
        "digest": digest,
        "details": details,
        "capabilities": ["completion"],
    } | more


def show(*capabilities: str, **facts: Any) -> Reply:
    """Answer what is known of a model; `facts` go into `model_info`, named with underscores."""
    info = {"general.architecture": "llama", "general.parameter_count": 1_200_000_000} | {
        name.replace("_", ".", 1): value for name, value in facts.items()
    }
    return whole(
        {
            "details": {"family": "llama", "parameter_size": "1.2B"},
            "model_info": info,
            "capabilities": list(capabilities),
        }
    )


def running(name: str, expires_at: str = "2026-09-21T09:13:19.75-04:00") -> dict[str, Any]:
    """Build an entry of the list of loaded models."""
    return tag(name) | {"expires_at": expires_at, "size_vram": 880, "context_length": 4096}


def models(*entries: Mapping[str, Any]) -> Reply:
    """Answer a list of either kind."""
    return whole({"models": list(entries)})
