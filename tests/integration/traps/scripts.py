"""What the upstreams say: the same things in the protocol of whoever is asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.upstream import ollama_answers
from tests.upstream.answers import (
    SSE,
    Call,
    chat_events,
    completion_events,
    plain_chat,
)
from tests.upstream.answers import completion as text_completion
from tests.upstream.script import Reply, Script, Send, bytewise
from tests.upstream.wire import Received


def saying(
    words: Sequence[str] = (), *, thinking: Sequence[str] = (), calls: Sequence[Call] = ()
) -> Script:
    """Say this, streamed or whole, to a chat or to a prompt."""

    def answer(request: Received) -> Reply:
        if request.streamed:
            pieces = pieces_of(request, words, thinking=thinking, calls=calls)
            return Reply(headers=_headers(request), steps=[Send(piece) for piece in pieces])
        if _is_native(request):
            return _whole_native(request, words, thinking, calls)
        if request.path == "/v1/completions":
            return text_completion(words)(request)
        return plain_chat("".join(words), reasoning="".join(thinking), tool_calls=calls)

    return answer


def cut_anywhere(words: Sequence[str]) -> Script:
    """Stream this, and let every byte of it arrive alone."""

    def answer(request: Received) -> Reply:
        data = b"".join(pieces_of(request, words))
        return Reply(headers=_headers(request), steps=bytewise(data))

    return answer


def changed(change: Callable[[list[bytes]], Sequence[bytes]], *words: str) -> Script:
    """Stream words, after somebody has changed the pieces of the stream."""

    def answer(request: Received) -> Reply:
        pieces = change(pieces_of(request, words))
        return Reply(headers=_headers(request), steps=[Send(piece) for piece in pieces])

    return answer


def pieces_of(
    request: Received,
    words: Sequence[str],
    *,
    thinking: Sequence[str] = (),
    calls: Sequence[Call] = (),
) -> list[bytes]:
    """Return the lines or events of a streamed answer to a request."""
    if request.path == "/api/generate":
        lines = [ollama_answers.prompt_line("", thinking=piece) for piece in thinking]
        lines += [*map(ollama_answers.prompt_line, words), ollama_answers.prompt_end()]
        return [ollama_answers.line(line) for line in lines]
    if _is_native(request):
        lines = [ollama_answers.chat_line(thinking=piece) for piece in thinking]
        lines += map(ollama_answers.chat_line, words)
        lines += [ollama_answers.chat_line(tool_calls=[made]) for made in _native_calls(calls)]
        return [ollama_answers.line(line) for line in (*lines, ollama_answers.chat_end())]
    if request.path == "/v1/completions":
        return completion_events(words)
    return chat_events(words, reasoning=thinking, tool_calls=calls)


def _whole_native(
    request: Received, words: Sequence[str], thinking: Sequence[str], calls: Sequence[Call]
) -> Reply:
    if request.path == "/api/chat":
        made = _native_calls(calls)
        return ollama_answers.chat(words, thinking=thinking, tool_calls=made)(request)
    said: Mapping[str, Any] = {"response": "".join(words)}
    beside = {"thinking": "".join(thinking)} if thinking else {}
    return ollama_answers.whole({**ollama_answers.prompt_end(), **said, **beside})


def _native_calls(calls: Sequence[Call]) -> list[dict[str, Any]]:
    return [
        ollama_answers.call(call.name, json.loads("".join(call.arguments) or "{}"), index)
        for index, call in enumerate(calls)
    ]


def _is_native(request: Received) -> bool:
    return request.path.startswith("/api/")


def _headers(request: Received) -> tuple[tuple[str, str], ...]:
    return ollama_answers.NDJSON if _is_native(request) else SSE
