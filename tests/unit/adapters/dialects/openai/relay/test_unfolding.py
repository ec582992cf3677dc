"""An answer in one piece becomes the stream that was asked for, with all that is in it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.dialects.openai.relay.unfolding import unfolded
from adapters.dialects.relaying.events import DATA, END
from ports.errors import BackendProtocolError
from tests.unit.adapters.dialects.openai.streams import DONE

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


def test_what_is_almost_json_is_mended_on_the_way() -> None:
    odd = rb'{"choices":[{"message":{"content":"a\ud83d"},"logprobs":NaN,"finish_reason":"stop"}]}'

    (event,) = unfolded(odd, counts=False).removesuffix(DONE).split(END)[:-1]

    (choice,) = json.loads(event.removeprefix(DATA))["choices"]
    assert choice == {"delta": {"content": "a\ufffd"}, "logprobs": None, "finish_reason": "stop"}


def test_a_text_beside_no_message_is_a_text() -> None:
    answer = {"choices": [{"text": "a", "message": None, "finish_reason": "stop"}]}

    assert events_of(answer) == [answer]


@pytest.mark.parametrize(
    "odd",
    [
        {"choices": [{"message": {"content": "a", "tool_calls": [None]}}]},
        {"choices": [{"message": {"content": "a", "tool_calls": "x"}}]},
    ],
)
def test_what_cannot_be_unfolded_is_no_answer(odd: dict[str, Any]) -> None:
    with pytest.raises(BackendProtocolError):
        events_of(odd)


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
