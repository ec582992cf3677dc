"""A whole answer says the same as the stream it could have been."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.backends.folding import unfold
from adapters.dialects.openai.outbound.asked import Asked
from adapters.dialects.openai.outbound.request import decode_chat
from ports.chat import ChatResponse, FinishReason, Timing, TokenLogprob, ToolCall, Usage
from ports.errors import (
    BackendAuthFailed,
    BackendError,
    BackendFailed,
    BackendOverloaded,
    BackendProtocolError,
    BackendRateLimited,
    BackendRejected,
)
from tests.unit.adapters.dialects.chunks import joined
from tests.unit.adapters.dialects.openai.streams import DONE, delta, event, read


def body(finish: Any = "stop", *, top: dict[str, Any] | None = None, **message: Any) -> bytes:
    choice = {"index": 0, "message": message, "finish_reason": finish}
    return json.dumps({"id": "c1", "model": "m1", "choices": [choice], **(top or {})}).encode()


def test_a_plain_answer_is_read() -> None:
    usage = {
        "prompt_tokens": 10,
        "completion_tokens": 7,
        "total_tokens": 17,
        "cost": 0.25,
        "prompt_tokens_details": {"cached_tokens": 4},
        "completion_tokens_details": {"reasoning_tokens": 3},
    }

    answer = decode_chat(body(role="assistant", content="Hello", top={"usage": usage}))

    assert answer == ChatResponse(
        text="Hello",
        model="m1",
        usage=Usage(
            prompt_tokens=10,
            completion_tokens=7,
            cached_tokens=4,
            reasoning_tokens=3,
            cost=0.25,
        ),
    )


def test_what_was_not_counted_is_absent_and_not_zero() -> None:
    assert decode_chat(body(content="a")).usage == Usage()
    assert decode_chat(body(content="a", top={"usage": {"prompt_tokens": None}})).usage == Usage()


def test_counts_may_be_written_as_fractions() -> None:
    assert decode_chat(body(content="a", top={"usage": {"prompt_tokens": 3.0}})).usage == Usage(
        prompt_tokens=3
    )


def test_llamacpps_timings_are_times_and_counts() -> None:
    timings = {"prompt_n": 11, "prompt_ms": 2, "predicted_n": 3, "predicted_ms": 4.5}

    answer = decode_chat(body(content="a", top={"timings": timings}))

    assert answer.usage == Usage(prompt_tokens=11, completion_tokens=3)
    assert answer.timing == Timing(prompt_ns=2_000_000, completion_ns=4_500_000)


ODD_COUNTS = ["-1", "1e30", "9007199254740992", "NaN", "1e400", "9" * 400, '"7"', "true", "null"]


@pytest.mark.parametrize("count", ODD_COUNTS)
def test_what_can_be_no_count_was_not_said(count: str) -> None:
    usage = f'{{"prompt_tokens":{count},"completion_tokens":5}}'
    answer = f'{{"choices":[{{"message":{{"content":"a"}}}}],"usage":{usage}}}'

    assert decode_chat(answer.encode()).usage == Usage(completion_tokens=5)


@pytest.mark.parametrize("time", ["-1", "1e308", "1e400", "NaN", "9223372036855"])
def test_what_can_be_no_time_was_not_said(time: str) -> None:
    timings = f'{{"prompt_ms":{time},"predicted_ms":1,"predicted_n":9007199254740991}}'
    answer = f'{{"choices":[{{"message":{{"content":"a"}}}}],"timings":{timings}}}'

    said = decode_chat(answer.encode())

    assert said.timing == Timing(completion_ns=1_000_000)
    assert said.usage == Usage(completion_tokens=2**53 - 1)


def test_null_content_is_no_text() -> None:
    assert decode_chat(body(content=None)).text == ""


def test_a_refusal_is_text() -> None:
    assert decode_chat(body(content=None, refusal="No.")).text == "No."


@pytest.mark.parametrize(
    ("message", "thinking", "text"),
    [
        ({"content": "a", "reasoning": "r"}, "r", "a"),
        ({"content": "a", "reasoning_content": "r"}, "r", "a"),
        ({"content": "a", "reasoning": "r", "reasoning_content": "r"}, "r", "a"),
        ({"content": "a", "reasoning_details": [{"text": "r"}, {"summary": "s"}]}, "rs", "a"),
        ({"content": "<think>r</think>a"}, "r", "a"),
        ({"content": "<think>x</think>a", "reasoning": "r"}, "r", "<think>x</think>a"),
        ({"content": "a<think>r</think>"}, "", "a<think>r</think>"),
    ],
)
def test_thinking_is_read_once(message: dict[str, Any], thinking: str, text: str) -> None:
    answer = decode_chat(body(**message))

    assert (answer.thinking, answer.text) == (thinking, text)


@pytest.mark.parametrize("message", [{"reasoning": "r"}, {"content": "<think>r</think>"}])
def test_thinking_that_was_switched_off_is_discarded(message: dict[str, Any]) -> None:
    assert decode_chat(body(**message), Asked(think=False)).thinking == ""


def test_calls_are_read_with_their_arguments_as_text() -> None:
    calls = [
        {"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x": 1.0}'}},
        {"id": "b", "type": "function", "function": {"name": "g", "arguments": ""}},
    ]

    answer = decode_chat(body(content=None, tool_calls=calls))

    assert answer.tool_calls == (
        ToolCall(id="a", name="f", arguments='{"x": 1.0}'),
        ToolCall(id="b", name="g", arguments="{}"),
    )
    assert answer.reason is FinishReason.TOOL_CALLS


@pytest.mark.parametrize("index", [{}, {"index": 0}])
def test_several_calls_without_ids_stay_several(index: dict[str, int]) -> None:
    calls = [{**index, "function": {"name": "f", "arguments": "{}"}} for _ in range(2)]

    ids = [call.id for call in decode_chat(body(tool_calls=calls)).tool_calls]

    assert len(set(ids)) == 2


def test_broken_arguments_are_an_error() -> None:
    calls = [{"id": "a", "function": {"name": "f", "arguments": "{"}}]

    with pytest.raises(BackendProtocolError, match="broken arguments"):
        decode_chat(body(tool_calls=calls))


def test_a_call_that_the_token_limit_cut_off_is_left_out() -> None:
    calls = [
        {"id": "a", "function": {"name": "f", "arguments": "{}"}},
        {"id": "b", "function": {"name": "f", "arguments": '{"x'}},
    ]

    answer = decode_chat(body("length", content="t", tool_calls=calls))

    assert answer.tool_calls == (ToolCall(id="a", name="f", arguments="{}"),)
    assert (answer.text, answer.reason) == ("t", FinishReason.LENGTH)


REASONS = {
    "stop": FinishReason.STOP,
    "length": FinishReason.LENGTH,
    "content_filter": FinishReason.CONTENT_FILTER,
    "eos": FinishReason.STOP,
    "eos_token": FinishReason.STOP,
    "end_turn": FinishReason.STOP,
    "stop_sequence": FinishReason.STOP,
    "max_tokens": FinishReason.LENGTH,
    "MAX_TOKENS": FinishReason.LENGTH,
    "model_length": FinishReason.LENGTH,
    "tool_use": FinishReason.TOOL_CALLS,
    "something new": FinishReason.STOP,
    "": FinishReason.STOP,
    None: FinishReason.STOP,
    7: FinishReason.STOP,
}


@pytest.mark.parametrize(("said", "reason"), REASONS.items())
def test_loose_reasons_are_read_by_their_meaning(said: Any, reason: FinishReason) -> None:
    assert decode_chat(body(said, content="a")).reason is reason


def test_logprobs_are_read() -> None:
    said = {"content": [{"token": "a", "logprob": -0.5, "bytes": None, "top_logprobs": []}]}
    choice = {"message": {"content": "a"}, "logprobs": said}

    answer = decode_chat(json.dumps({"choices": [choice]}).encode())

    assert answer.logprobs == (TokenLogprob(token="a", logprob=-0.5),)


@pytest.mark.parametrize("junk", [b"", b"<html>", b"[]", b"null", b"{}", b'{"choices":[]}', b"{"])
def test_what_is_no_answer_is_an_error(junk: bytes) -> None:
    with pytest.raises(BackendProtocolError, match="invalid response from upstream"):
        decode_chat(junk)


def test_half_characters_and_nan_do_not_cost_the_answer() -> None:
    odd = b'{"choices":[{"message":{"content":"a\\ud83d\\ude00\\udc00"}}],"usage":{"cost":NaN}}'

    assert decode_chat(odd).text == "a😀\ufffd"


def test_half_a_character_at_the_end_is_shown_as_such() -> None:
    odd = b'{"choices":[{"message":{"content":"a\\ud83d","reasoning":"b\\ud83d"}}]}'

    answer = decode_chat(odd)

    assert (answer.text, answer.thinking) == ("a\ufffd", "b\ufffd")


ERRORS: list[tuple[Any, type[BackendError], str]] = [
    ({"error": {"code": 429, "message": "Slow."}}, BackendRateLimited, "Slow."),
    ({"error": {"code": "503", "message": "Busy."}}, BackendOverloaded, "Busy."),
    ({"error": {"code": 502, "message": "Provider gone."}}, BackendFailed, "Provider gone."),
    ({"error": {"message": "Odd."}}, BackendFailed, "Odd."),
    ({"error": "Just text."}, BackendFailed, "Just text."),
    ({"error": {"type": "invalid_request_error", "message": "No."}}, BackendRejected, "No."),
    ({"error": {"code": 401, "message": "k"}}, BackendAuthFailed, "upstream authentication failed"),
    ({"object": "error", "message": "Died.", "code": 500}, BackendFailed, "Died."),
    ({"object": "error", "message": "No.", "code": 400}, BackendRejected, "No."),
    ({"detail": "boom"}, BackendFailed, "boom"),
    ({"detail": [{"msg": "m"}, {"msg": "n"}]}, BackendFailed, "m; n"),
    ({"message": "boom"}, BackendFailed, "boom"),
    ({"message": "boom", "choices": []}, BackendFailed, "boom"),
    ([{"error": {"code": 503, "message": "Busy."}}], BackendOverloaded, "Busy."),
    ({"error": {"code": 200}}, BackendFailed, "the upstream reported an error"),
    (
        {"choices": [{"finish_reason": "error", "error": {"code": 400, "message": "Bad."}}]},
        BackendRejected,
        "Bad.",
    ),
    (
        {"choices": [{"finish_reason": "error", "message": {"content": "half"}}]},
        BackendFailed,
        "the upstream reported an error",
    ),
]


@pytest.mark.parametrize(("said", "kind", "message"), ERRORS)
def test_an_error_in_a_good_answer_is_raised(
    said: Any, kind: type[BackendError], message: str
) -> None:
    with pytest.raises(kind) as caught:
        decode_chat(json.dumps(said).encode())

    assert caught.value.message == message


def letters(content: str) -> bytes:
    return b"".join(delta(content=letter) for letter in content)


CALL = {"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x": 1}'}}
BOTH: list[tuple[dict[str, Any], bytes]] = [
    ({"content": "Hello"}, letters("Hello")),
    ({"content": "<think>hm</think>\nHi"}, letters("<think>hm</think>\nHi")),
    ({"content": "Hi", "reasoning": "hm"}, delta(reasoning="hm") + letters("Hi")),
    ({"content": "Hi", "tool_calls": [CALL]}, letters("Hi") + delta(tool_calls=[CALL])),
    (
        {"content": None, "tool_calls": [{"function": CALL["function"]}]},
        delta(tool_calls=[{"index": 0, "function": CALL["function"]}]),
    ),
    ({"content": ""}, delta(content="")),
]


@pytest.mark.parametrize(("message", "stream"), BOTH)
@pytest.mark.parametrize("think", [True, False])
def test_an_answer_is_the_same_whole_and_streamed(
    message: dict[str, Any], stream: bytes, think: bool
) -> None:
    counts = {"usage": {"prompt_tokens": 3, "completion_tokens": 5}}

    whole = unfold(decode_chat(body(**message, top=counts), Asked(think=think)))
    streamed = read([stream, delta("stop"), event({"choices": [], **counts}), DONE], think=think)

    assert joined(streamed) == whole
