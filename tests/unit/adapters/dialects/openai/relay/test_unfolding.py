"""An answer in one piece becomes the stream that was asked for, with all that is in it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.dialects.openai.relay.unfolding import unfolded

CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
USAGE = {"total_tokens": 3}


def events_of(answer: dict[str, Any], *, counts: bool = False) -> list[Any]:
    *events, end, rest = unfolded(json.dumps(answer).encode(), counts=counts).split(b"\n\n")
    assert (end, rest) == (b"data: [DONE]", b"")
    return [json.loads(event.removeprefix(b"data: ")) for event in events]


def test_a_chat_becomes_one_piece() -> None:
    message = {"role": "assistant", "content": "x", "odd": 1.50}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    answer = {"id": "c", "object": "chat.completion", "model": "m", "choices": [choice]}

    assert events_of(answer | {"usage": USAGE}) == [
        answer
        | {
            "object": "chat.completion.chunk",
            "choices": [{"index": 0, "delta": message, "finish_reason": "stop", "logprobs": None}],
        }
    ]


@pytest.mark.parametrize("calls", [[CALL, CALL], [], None])
def test_calls_are_numbered(calls: list[Any] | None) -> None:
    answer = {"choices": [{"message": {"content": None, "tool_calls": calls}}]}

    (event,) = events_of(answer)

    assert event["choices"][0]["delta"]["tool_calls"] == (
        calls and [{"index": index} | call for index, call in enumerate(calls)]
    )


def test_a_completion_stays_what_it_is() -> None:
    answer = {"object": "text_completion", "choices": [{"text": "a"}, {"text": "b"}]}

    assert events_of(answer) == [answer]


def test_tokens_come_behind_where_they_are_asked_for() -> None:
    answer = {"id": "c", "choices": [{"text": "a"}], "usage": USAGE}

    _, last = events_of(answer, counts=True)

    assert last == {"id": "c", "choices": [], "usage": USAGE}


def test_characters_that_end_lines_in_python_are_escaped() -> None:
    answer = '{"choices":[{"text":"a\u2028b\u0085"}]}'.encode()

    assert len(unfolded(answer, counts=False).decode().splitlines()) == 4
