"""The ready-made answers have OpenAI's shapes."""

from __future__ import annotations

from typing import Any

import msgspec

from tests.upstream.answers import (
    Call,
    chat_events,
    completion_events,
    embeddings,
    plain_chat,
    usage,
)

PARIS = Call("weather", ('{"ci', 'ty":"Paris"}'), "call_9")


def decoded(events: list[bytes]) -> list[dict[str, Any]]:
    """Decode all events but the last, which is the end mark."""
    assert events[-1] == b"data: [DONE]\n\n"
    return [msgspec.json.decode(e.removeprefix(b"data: ")) for e in events[:-1]]


def deltas(events: list[bytes]) -> list[dict[str, Any]]:
    return [c["delta"] for e in decoded(events) for c in e["choices"]]


def test_a_stream_has_a_role_then_words_then_a_finish_then_the_usage() -> None:
    events = chat_events(["Hel", "lo"], counted=usage(5, 2))

    assert deltas(events) == [
        {"role": "assistant", "content": ""},
        {"content": "Hel"},
        {"content": "lo"},
        {},
    ]
    finish, count = decoded(events)[-2:]
    assert finish["choices"][0]["finish_reason"] == "stop"
    assert (count["choices"], count["usage"]["total_tokens"]) == ([], 7)


def test_reasoning_comes_first_and_calls_come_in_pieces() -> None:
    events = chat_events(["x"], reasoning=["hm"], tool_calls=[PARIS])

    assert deltas(events)[1:-1] == [
        {"reasoning": "hm"},
        {"content": "x"},
        {
            "tool_calls": [
                {
                    "index": 0,
                    "id": "call_9",
                    "type": "function",
                    "function": {"name": "weather", "arguments": ""},
                }
            ]
        },
        {"tool_calls": [{"index": 0, "function": {"arguments": '{"ci'}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": 'ty":"Paris"}'}}]},
    ]
    assert decoded(events)[-2]["choices"][0]["finish_reason"] == "tool_calls"


def test_a_plain_answer_carries_the_same_in_one_piece() -> None:
    body = msgspec.json.decode(plain_chat("x", reasoning="hm", tool_calls=[PARIS]).body)

    (choice,) = body["choices"]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["reasoning"] == "hm"
    assert choice["message"]["tool_calls"][0]["function"]["arguments"] == '{"city":"Paris"}'


def test_logprobs_stand_beside_their_words() -> None:
    entry = {"token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": []}

    events = chat_events(["a", "b"], logprobs=[entry])

    with_logprobs = [c for e in decoded(events) for c in e["choices"] if "logprobs" in c]
    assert [c["delta"]["content"] for c in with_logprobs] == ["a"]
    assert with_logprobs[0]["logprobs"] == {"content": [entry]}


def test_a_streamed_completion_has_words_then_a_finish_then_the_usage() -> None:
    events = decoded(completion_events(["Hel", "lo"], finish="length", counted=usage(5, 2)))

    choices = [choice for event in events for choice in event["choices"]]
    assert [choice["text"] for choice in choices] == ["Hel", "lo", ""]
    assert [choice["finish_reason"] for choice in choices] == [None, None, "length"]
    assert {event["object"] for event in events} == {"text_completion"}
    assert (events[-1]["choices"], events[-1]["usage"]["total_tokens"]) == ([], 7)


def test_vectors_are_numbered() -> None:
    body = msgspec.json.decode(embeddings([1.0], "AAAA", counted={"prompt_tokens": 9}).body)

    assert [(row["index"], row["embedding"]) for row in body["data"]] == [(0, [1.0]), (1, "AAAA")]
    assert body["usage"]["prompt_tokens"] == 9
