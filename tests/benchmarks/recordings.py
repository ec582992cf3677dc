"""The bytes of every answer, built once: nothing is encoded while load is on."""

from __future__ import annotations

from typing import Any

import msgspec

from tests.benchmarks.payloads import FLAT, PACE, PLAIN_TEXT, VECTOR, deltas

USAGE = {"prompt_tokens": 25, "completion_tokens": 200, "total_tokens": 225}
METRICS = {
    "total_duration": 5_000_000_000,
    "load_duration": 1_000_000,
    "prompt_eval_count": 25,
    "prompt_eval_duration": 100_000_000,
    "eval_count": 200,
    "eval_duration": 4_000_000_000,
}
END = b"0\r\n\r\n"


def head(media_type: str) -> bytes:
    """Build the head of a chunked answer."""
    return (
        f"HTTP/1.1 200 OK\r\ncontent-type: {media_type}\r\ntransfer-encoding: chunked\r\n\r\n"
    ).encode()


def whole(answer: Any, status: str = "200 OK") -> bytes:
    """Build an answer in one piece, head and all."""
    body = msgspec.json.encode(answer)
    return (
        f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    ).encode() + body


def framed(data: bytes) -> bytes:
    """Put a piece of a body into an HTTP chunk."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def openai_plain() -> bytes:
    """Build OpenAI's answer in one piece."""
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": PLAIN_TEXT},
        "logprobs": None,
        "finish_reason": "stop",
    }
    return whole(_completion("chat.completion") | {"choices": [choice], "usage": USAGE})


def openai_stream(model: str) -> list[bytes]:
    """Build OpenAI's events: a role, the deltas, a finish, the usage, the end mark."""
    events = [_chunk({"role": "assistant", "content": ""})]
    events += [_chunk({"content": text}) for text in deltas(model)]
    events.append(_chunk({}, "stop"))
    events.append(_event(_completion("chat.completion.chunk") | {"choices": [], "usage": USAGE}))
    events.append(b"data: [DONE]\n\n")
    return [framed(event) for event in events]


def openai_embedding() -> bytes:
    """Build OpenAI's answer to one text to embed."""
    row = {"object": "embedding", "index": 0, "embedding": VECTOR}
    usage = {"prompt_tokens": 25, "total_tokens": 25}
    return whole({"object": "list", "data": [row], "model": "bench-embed", "usage": usage})


def openai_models() -> bytes:
    """Build the list of models."""
    rows = [{"id": model, "object": "model", "created": 1760000000} for model in PACE]
    return whole({"object": "list", "data": rows})


def ollama_models() -> bytes:
    """Build Ollama's list of models."""
    rows = [
        {
            "name": f"{model}:latest",
            "model": f"{model}:latest",
            "modified_at": "2026-11-20T12:00:00Z",
            "size": 1,
            "digest": "0" * 64,
            "details": {"format": "gguf", "family": "bench", "families": ["bench"]},
        }
        for model in PACE
    ]
    return whole({"models": rows})


def ollama_plain() -> bytes:
    """Build Ollama's answer in one piece."""
    return whole(_line(PLAIN_TEXT, f"{FLAT}:latest", done=True))


def ollama_stream(model: str) -> list[bytes]:
    """Build Ollama's lines, which name the model as it was asked for."""
    asked = f"{model}:latest"
    lines = [_line(text, asked) for text in deltas(model)] + [_line("", asked, done=True)]
    return [framed(msgspec.json.encode(line) + b"\n") for line in lines]


def _completion(kind: str) -> dict[str, Any]:
    model = "openai/gpt-4o-mini"
    return {"id": "chatcmpl-bench", "object": kind, "created": 1760000000, "model": model}


def _event(data: Any) -> bytes:
    return b"data: " + msgspec.json.encode(data) + b"\n\n"


def _chunk(delta: dict[str, str], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return _event(_completion("chat.completion.chunk") | {"choices": [choice]})


def _line(text: str, model: str, *, done: bool = False) -> dict[str, Any]:
    line: dict[str, Any] = {"model": model, "created_at": "2026-11-20T12:00:00.000000Z"}
    line["message"] = {"role": "assistant", "content": text}
    line["done"] = done
    return line | {"done_reason": "stop"} | METRICS if done else line
