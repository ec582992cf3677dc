"""Streamed completions for clients (docs/wire/dialects.md 5.2)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from adapters.dialects.openai.inbound.completions import PromptsForm
from adapters.dialects.openai.inbound.completions_stream import CompletionEvents
from adapters.dialects.openai.inbound.schema_answer import Mark
from ports.chat import (
    ChatChunk,
    FinishChunk,
    FinishReason,
    TextChunk,
    ThinkingChunk,
    TokenLogprob,
    ToolCall,
    ToolCallChunk,
    Usage,
)
from ports.errors import BackendUnavailable

MARK = Mark(id="cmpl-1", created=1760000000, model="m")
ONE = PromptsForm(echoes=("",))
END = FinishChunk(reason=FinishReason.STOP, usage=Usage(prompt_tokens=11, completion_tokens=3))


def text(*pieces: str) -> list[ChatChunk]:
    return [TextChunk(text=piece) for piece in pieces]


def encoded(form: PromptsForm, *batches: Sequence[ChatChunk]) -> bytes:
    events = CompletionEvents(MARK, form)
    return b"".join(map(events.encode, batches))


def read(stream: bytes) -> list[Any]:
    """Read the events, and check that they are nothing but that."""
    *events, rest = stream.split(b"\n\n")
    assert rest == b""
    assert all(event.startswith(b"data: ") for event in events)
    datas = [event.removeprefix(b"data: ") for event in events]
    return [json.loads(data) if data != b"[DONE]" else "[DONE]" for data in datas]


def choices(stream: bytes) -> list[Any]:
    return [choice for event in read(stream)[:-1] for choice in event["choices"]]


def test_a_stream_has_the_events_of_the_real_server() -> None:
    stream = encoded(ONE, text("Hello"), text(" <b>&"), [*text(" w"), END])

    head = 'data: {"id":"cmpl-1","object":"text_completion","created":1760000000,"choices":'
    tail = '"model":"m","system_fingerprint":"fp_ollama"}\n\n'
    assert stream.decode() == (
        f'{head}[{{"text":"Hello","index":0,"finish_reason":null}}],{tail}'
        f'{head}[{{"text":" \\u003cb\\u003e\\u0026","index":0,"finish_reason":null}}],{tail}'
        f'{head}[{{"text":" w","index":0,"finish_reason":null}}],{tail}'
        f'{head}[{{"text":"","index":0,"finish_reason":"stop"}}],{tail}'
        "data: [DONE]\n\n"
    )


def test_tokens_come_in_an_event_of_their_own_to_who_asked_for_them() -> None:
    form = PromptsForm(echoes=("",), usage=True)

    *events, last, done = read(encoded(form, text("a"), [END]))

    assert [event["usage"] for event in events] == [None, None]
    assert (last["choices"], done) == ([], "[DONE]")
    assert last["usage"] == {"prompt_tokens": 11, "completion_tokens": 3, "total_tokens": 14}
    assert list(last) == [
        "id", "object", "created", "choices", "model", "system_fingerprint", "usage",
    ]  # fmt: skip


def test_tokens_that_nobody_counted_are_not_told() -> None:
    form = PromptsForm(echoes=("", ""), usage=True)
    uncounted = FinishChunk(reason=FinishReason.STOP)

    *events, done = read(encoded(form, text("a"), [END], [uncounted]))

    assert [event["usage"] for event in events] == [None] * 3
    assert done == "[DONE]"


def test_batches_make_no_difference() -> None:
    chunks = [*text("a", "b", "c"), END]

    assert encoded(ONE, chunks) == encoded(ONE, *([chunk] for chunk in chunks))


def test_choices_come_one_after_the_other_and_the_stream_ends_once() -> None:
    form = PromptsForm(echoes=("", "", ""), usage=True)

    stream = encoded(form, [*text("a"), END], text("b"), [END], [END])

    assert [(it["index"], it["text"], it["finish_reason"]) for it in choices(stream)] == [
        (0, "a", None),
        (0, "", "stop"),
        (1, "b", None),
        (1, "", "stop"),
        (2, "", "stop"),
    ]
    assert stream.count(b"[DONE]") == 1
    assert read(stream)[-2]["usage"]["total_tokens"] == 3 * 14


@pytest.mark.parametrize("joined", [True, False])
def test_an_echo_comes_before_the_first_piece_of_its_choice(joined: bool) -> None:
    chunks = [*text("a", "b"), END, END]
    batches = [chunks] if joined else [[chunk] for chunk in chunks]

    said = choices(encoded(PromptsForm(echoes=("One ", "Two ")), *batches))

    assert [(it["index"], it["text"]) for it in said] == [
        (0, "One "), (0, "a"), (0, "b"), (0, ""), (1, "Two "), (1, ""),
    ]  # fmt: skip


def test_thinking_shows_as_pieces_without_text() -> None:
    said = choices(encoded(ONE, [ThinkingChunk(text="hm")], [*text("a"), END]))

    assert [it["text"] for it in said] == ["", "a", ""]


def test_log_probabilities_come_in_columns_to_who_asked_for_them() -> None:
    chunks: list[ChatChunk] = [
        *text("é"),
        TextChunk(text="Hel", logprobs=(TokenLogprob(token="Hel", logprob=-0.5),)),
        TextChunk(text="", logprobs=(TokenLogprob(token="", logprob=-0.25),)),
        TextChunk(text="lo", logprobs=(TokenLogprob(token="lo", logprob=-1.0),)),
        END,
    ]

    asked = choices(encoded(PromptsForm(echoes=("",), logprobs=True), chunks))
    unasked = encoded(ONE, chunks)

    assert [it["logprobs"]["text_offset"] for it in asked if "logprobs" in it] == [[1], [4], [4]]
    assert [list(it) for it in asked][1] == ["text", "index", "finish_reason", "logprobs"]
    assert b"logprobs" not in unasked
    assert [it["text"] for it in choices(unasked)] == ["é", "Hel", "lo", ""]


def test_odd_line_ends_are_escaped() -> None:
    stream = encoded(ONE, text("a\u2028b\u2029c\u0085d"), [END])

    assert not set(stream.decode()) & set("\u2028\u2029\u0085")
    assert choices(stream)[0]["text"] == "a\u2028b\u2029c\u0085d"


def test_a_call_that_nobody_offered_is_no_text() -> None:
    call = ToolCallChunk(call=ToolCall(id="c", name="f", arguments="{}"))
    end = FinishChunk(reason=FinishReason.TOOL_CALLS)

    assert [it["finish_reason"] for it in choices(encoded(ONE, [call, end]))] == ["stop"]


def test_a_fault_is_the_last_event_and_no_good_end() -> None:
    events = CompletionEvents(MARK, ONE)

    (said,) = read(events.fail(BackendUnavailable("cannot\u2028reach")))

    assert said == {
        "error": {
            "message": "cannot\u2028reach",
            "type": "server_error",
            "param": None,
            "code": "upstream_unreachable",
        }
    }
    assert "\u2028" not in events.fail(BackendUnavailable("cannot\u2028reach")).decode()
