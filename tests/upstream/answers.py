"""The answers that most tests want, in OpenAI's shapes (docs/wire/dialects.md 1.3 to 1.13)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from tests.upstream.script import Reply, Send, Step
from tests.upstream.wire import Received

JSON = (("Content-Type", "application/json"),)
SSE = (("Content-Type", "text/event-stream"), ("Cache-Control", "no-cache"))
DONE = b"data: [DONE]\n\n"
HTML = b"<!doctype html><html><body><h1>502 Bad Gateway</h1></body></html>"


class Call(Struct, frozen=True):
    """A tool call; in a stream its arguments come in the given pieces."""

    name: str
    arguments: tuple[str, ...]
    id: str = "call_1"


def usage(prompt: int = 12, completion: int = 3) -> dict[str, int]:
    """Build a usage object."""
    total = prompt + completion
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": total}


def event(data: Any) -> bytes:
    """Build one server-sent event."""
    return b"data: " + msgspec.json.encode(data) + b"\n\n"


def chunk(delta: Mapping[str, Any], **choice: Any) -> bytes:
    """Build the event of one delta; `choice` adds members beside it (`finish_reason`, …)."""
    return event(
        _completion("chat.completion.chunk")
        | {"choices": [{"index": 0, "delta": delta, "finish_reason": None} | choice]}
    )


def chat_events(
    words: Iterable[str] = (),
    *,
    reasoning: Iterable[str] = (),
    tool_calls: Sequence[Call] = (),
    logprobs: Sequence[Mapping[str, Any]] = (),
    finish: str | None = None,
    counted: Mapping[str, Any] | None = None,
    done: bool = True,
) -> list[bytes]:
    """Build the events of a whole streamed answer, a word, or a piece of a call, each.

    `logprobs` belong to the first words, one entry each. `counted` is the usage object,
    `usage()` if not given. `finish` is `stop`, or `tool_calls` where there are any.
    """
    events = [chunk({"role": "assistant", "content": ""})]
    events += [chunk({"reasoning": piece}) for piece in reasoning]
    for number, word in enumerate(words):
        beside = {"logprobs": {"content": [logprobs[number]]}} if number < len(logprobs) else {}
        events.append(chunk({"content": word}, **beside))
    for index, call in enumerate(tool_calls):
        events += _call_events(index, call)
    events.append(chunk({}, finish_reason=finish or ("tool_calls" if tool_calls else "stop")))
    events.append(
        event(_completion("chat.completion.chunk") | {"choices": [], "usage": counted or usage()})
    )
    return [*events, DONE] if done else events


def sse(events: Iterable[bytes], *then: Step) -> Reply:
    """Stream the events, one HTTP chunk each, then take the further steps."""
    return Reply(headers=SSE, steps=[*map(Send, events), *then])


def sse_chat(words: Iterable[str] = (), **parts: Any) -> Reply:
    """Stream a whole answer; `parts` are those of `chat_events`."""
    return sse(chat_events(words, **parts))


def plain_chat(
    text: str | None = "",
    *,
    reasoning: str = "",
    tool_calls: Sequence[Call] = (),
    logprobs: Sequence[Mapping[str, Any]] = (),
    finish: str | None = None,
    counted: Mapping[str, Any] | None = None,
) -> Reply:
    """Answer in one piece."""
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if reasoning:
        message["reasoning"] = reasoning
    if tool_calls:
        message["tool_calls"] = [_whole_call(call) for call in tool_calls]
    choice: dict[str, Any] = {
        "index": 0,
        "message": message,
        "finish_reason": finish or ("tool_calls" if tool_calls else "stop"),
    }
    if logprobs:
        choice["logprobs"] = {"content": list(logprobs), "refusal": None}
    whole = _completion("chat.completion") | {"choices": [choice], "usage": counted or usage()}
    return Reply(body=msgspec.json.encode(whole))


def chat(
    words: Sequence[str] = (), *, reasoning: Sequence[str] = (), **parts: Any
) -> Callable[[Received], Reply]:
    """Answer with the same words in one piece or streamed, as the request asks."""

    def answer(request: Received) -> Reply:
        if request.streamed:
            return sse_chat(words, reasoning=reasoning, **parts)
        return plain_chat("".join(words), reasoning="".join(reasoning), **parts)

    return answer


def completion_chunk(text: str, **choice: Any) -> bytes:
    """Build the event of one piece of a completion; `choice` adds members beside it."""
    row = {"index": 0, "text": text, "logprobs": None, "finish_reason": None} | choice
    return event(_text_completion() | {"choices": [row]})


def completion_events(
    words: Iterable[str] = (),
    *,
    finish: str = "stop",
    counted: Mapping[str, Any] | None = None,
    done: bool = True,
) -> list[bytes]:
    """Build the events of a whole streamed completion, a word each; see `chat_events`."""
    events = [completion_chunk(word) for word in words]
    events.append(completion_chunk("", finish_reason=finish))
    events.append(event(_text_completion() | {"choices": [], "usage": counted or usage()}))
    return [*events, DONE] if done else events


def completion(
    words: Sequence[str] = (), *, finish: str = "stop", counted: Mapping[str, Any] | None = None
) -> Callable[[Received], Reply]:
    """Complete a prompt in one piece or streamed, as the request asks."""
    row = {"index": 0, "text": "".join(words), "logprobs": None, "finish_reason": finish}
    whole = _text_completion() | {"choices": [row], "usage": counted or usage()}

    def answer(request: Received) -> Reply:
        if request.streamed:
            return sse(completion_events(words, finish=finish, counted=counted))
        return Reply(body=msgspec.json.encode(whole))

    return answer


def embeddings(*vectors: Any, counted: Mapping[str, Any] | None = None, **more: Any) -> Reply:
    """Answer with these vectors, lists or base64; `more` adds members to the answer."""
    rows = [
        {"object": "embedding", "index": index, "embedding": vector}
        for index, vector in enumerate(vectors)
    ]
    counted = {"prompt_tokens": len(rows), "total_tokens": len(rows)} | dict(counted or {})
    whole = {"object": "list", "data": rows, "model": "m", "usage": counted} | more
    return Reply(body=msgspec.json.encode(whole))


def letters(text: str) -> list[float]:
    """Make a vector of a text: its length, and what its first letter is."""
    return [float(len(text)), float(ord(text[0])) if text else 0.5]


def embed(request: Received) -> Reply:
    """Embed every text of a request by `letters`, a token for every letter."""
    texts = request.json()["input"]
    return embeddings(*map(letters, texts), counted={"prompt_tokens": sum(map(len, texts))})


def models(*ids: str) -> Reply:
    """Answer the list of models."""
    rows = [{"id": i, "object": "model", "created": 1760000000, "owned_by": "test"} for i in ids]
    return Reply(body=msgspec.json.encode({"object": "list", "data": rows}))


def error(status: int, message: str, *, code: str | None = None, **headers: str) -> Reply:
    """Refuse with OpenAI's error object; `headers` are named with underscores."""
    what = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    extra = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Reply(status=status, headers=JSON + extra, body=msgspec.json.encode({"error": what}))


def error_event(message: str, code: int | str = 502) -> bytes:
    """Build the event with which an upstream gives up in mid-stream."""
    return event({"error": {"message": message, "code": code}})


def html(status: int = 200) -> Reply:
    """Answer with a page, as a proxy in between does."""
    return Reply(status=status, headers=(("Content-Type", "text/html"),), body=HTML)


def _completion(kind: str) -> dict[str, Any]:
    return {"id": "chatcmpl-1", "object": kind, "created": 1760000000, "model": "m"}


def _text_completion() -> dict[str, Any]:
    return {"id": "cmpl-1", "object": "text_completion", "created": 1760000000, "model": "m"}


def _call_events(index: int, call: Call) -> list[bytes]:
    opening = {"index": index} | _whole_call(Call(call.name, (), call.id))
    pieces = [{"index": index, "function": {"arguments": piece}} for piece in call.arguments]
    return [chunk({"tool_calls": [delta]}) for delta in (opening, *pieces)]


def _whole_call(call: Call) -> dict[str, Any]:
    function = {"name": call.name, "arguments": "".join(call.arguments)}
    return {"id": call.id, "type": "function", "function": function}
