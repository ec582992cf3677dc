"""What an answer told is read beside its way, and never stands in it."""

from __future__ import annotations

import json

import pytest

from adapters.dialects.ollama.relay.exchange import read_members
from adapters.dialects.ollama.relay.lines import RelayedLines
from adapters.dialects.ollama.relay.tap import outcome_of
from ports.chat import FinishReason, Usage
from ports.observer import Outcome
from tests.upstream.ollama_answers import chat_end, chat_line, line, prompt_line

END = {"model": "box", "done": True, "done_reason": "stop", "prompt_eval_count": 12}
CALL = {"function": {"name": "weather", "arguments": {}}}


def told(**members: object) -> Outcome:
    return outcome_of(read_members(json.dumps(END | members).encode()))


def test_a_whole_answer_tells_its_tokens_model_and_reason() -> None:
    assert told(eval_count=3, done_reason="length") == Outcome(
        usage=Usage(prompt_tokens=12, completion_tokens=3),
        reason=FinishReason.LENGTH,
        model="box",
    )


def test_calls_are_named_and_are_the_reason() -> None:
    outcome = told(message={"content": "", "tool_calls": [CALL, CALL]})

    assert outcome.tools == ("weather", "weather")
    assert outcome.reason == FinishReason.TOOL_CALLS


def test_vectors_have_tokens_and_no_reason() -> None:
    outcome = outcome_of(read_members(b'{"model":"e","embeddings":[[1]],"prompt_eval_count":4}'))

    assert outcome == Outcome(usage=Usage(prompt_tokens=4), model="e")


@pytest.mark.parametrize(
    "odd",
    [
        {"eval_count": "x"},
        {"eval_count": -1},
        {"eval_count": None},
        {"model": 1},
        {"done_reason": 5},
        {"message": {"tool_calls": "x"}},
        {"message": {"tool_calls": None}},
    ],
    ids=str,
)
def test_what_cannot_be_read_was_not_said(odd: dict[str, object]) -> None:
    outcome = told(**odd)

    assert (outcome.usage.completion_tokens, outcome.tools) == (None, ())
    assert outcome.reason == FinishReason.STOP


STREAM = b"".join(map(line, (chat_line("Hel"), chat_line("lo"), chat_end())))


@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_a_stream_tells_what_its_last_line_says(size: int) -> None:
    lines = RelayedLines(model="m", asked="mine")
    for at in range(0, len(STREAM), size):
        lines.feed(STREAM[at : at + size])

    outcome = lines.outcome()

    assert outcome.usage == Usage(prompt_tokens=12, completion_tokens=3)
    assert (outcome.reason, outcome.error) == (FinishReason.STOP, None)
    assert outcome.pieces == -(-len(STREAM) // size)


def test_a_stream_that_breaks_off_tells_why_and_no_tokens() -> None:
    lines = RelayedLines(model="m", asked="mine")
    lines.feed(line(chat_line("Hel")))
    lines.finish()

    outcome = lines.outcome()

    assert (outcome.usage, outcome.reason) == (Usage(), None)
    assert outcome.error is lines.error is not None


@pytest.mark.parametrize(
    ("piece", "says"),
    [
        (chat_line(""), False),
        (chat_line("", thinking="", tool_calls=[]), False),
        (chat_line("Hi"), True),
        (chat_line("", thinking="Hm"), True),
        (chat_line("", tool_calls=[CALL]), True),
        (prompt_line(""), False),
        (prompt_line("Hi"), True),
        (prompt_line("", thinking="Hm"), True),
        ({"message": 7}, False),
    ],
    ids=str,
)
def test_the_model_says_something_where_a_line_holds_more_than_its_role(
    piece: dict[str, object], says: bool
) -> None:
    assert RelayedLines(model="m", asked="m").says(line(chat_line()) + line(piece)) is says


CALLS = (
    chat_line("Let me see."),
    chat_line(tool_calls=[CALL]),
    chat_line('no "tool_calls":[{"function":{"name":"x"}}]'),
    chat_line(
        tool_calls=[CALL | {"function": {"name": "clock", "arguments": {"a": '"done":true'}}}]
    ),
    chat_end(),
)


@pytest.mark.parametrize("asked", ["m", "mine"])
@pytest.mark.parametrize("size", [1, 7, 0, 100_000])
def test_a_stream_tells_the_tools_it_calls_and_passes_as_it_is(size: int, asked: str) -> None:
    reads = [*map(line, CALLS)]
    stream = b"".join(reads)
    if size:
        reads = [stream[at : at + size] for at in range(0, len(stream), size)]
    lines = RelayedLines(model="m", asked=asked)

    passed = b"".join(map(lines.feed, reads))

    assert passed == stream.replace(b'"model":"m"', b'"model":"%b"' % asked.encode())
    assert lines.outcome().tools == ("weather", "clock")
    assert lines.outcome().reason == FinishReason.TOOL_CALLS


@pytest.mark.parametrize("reads", ["apart", "together"])
def test_a_call_in_the_last_line_or_without_an_end_is_told_once(reads: str) -> None:
    last = chat_end() | {"message": {"role": "assistant", "tool_calls": [CALL]}}
    told = chat_line(tool_calls=[CALL])
    del told["done"]
    pieces = [line(told), line({"model": "m", "message": {"tool_calls": 7}}), line(last)]
    lines = RelayedLines(model="m", asked="m")

    for piece in pieces if reads == "apart" else [b"".join(pieces)]:
        lines.feed(piece)

    assert lines.done
    assert lines.outcome().tools == ("weather", "weather")
