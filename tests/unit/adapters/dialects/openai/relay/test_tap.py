"""What an answer told is read beside its way, and never stands in it."""

from __future__ import annotations

import pytest

from adapters.dialects.openai.relay.events import RelayedChatEvents
from adapters.dialects.openai.relay.tap import outcome_of
from ports.chat import FinishReason, Usage
from ports.errors import BackendError
from ports.observer import Outcome
from tests.upstream.answers import Call, chat_events, error_event, plain_chat

USAGE = Usage(prompt_tokens=12, completion_tokens=3)


def test_a_whole_answer_tells_its_tokens_model_and_reason() -> None:
    answer = (
        b'{"model":"m-2","choices":[{"message":{},"finish_reason":"length"}],'
        b'"usage":{"prompt_tokens":12,"completion_tokens":3}}'
    )

    assert outcome_of(answer) == Outcome(usage=USAGE, reason=FinishReason.LENGTH, model="m-2")


@pytest.mark.parametrize("counts", [True, False])
@pytest.mark.parametrize("size", [7, 100_000])
def test_a_stream_tells_the_same_whether_the_client_wants_it_or_not(
    counts: bool, size: int
) -> None:
    stream = b"".join(chat_events(["Hel", "lo"]))
    events = RelayedChatEvents(asked="mine", counts=counts)
    for at in range(0, len(stream), size):
        events.feed(stream[at : at + size])

    told = events.outcome()

    assert (told.usage, told.reason, told.model) == (USAGE, FinishReason.STOP, "m")
    assert told.pieces == -(-len(stream) // size)
    assert told.error is None


def test_tokens_that_come_one_by_one_are_all_told() -> None:
    counts = (b'"prompt_tokens":12', b'"prompt_tokens":null,"completion_tokens":3')
    told = [b'data: {"choices":[],"usage":{%b}}\n\n' % count for count in counts]
    events = RelayedChatEvents(asked="m", counts=True)
    for event in (*chat_events(["Hi"])[:-2], *told):
        events.feed(event)

    assert events.outcome().usage == USAGE


def test_a_stream_that_breaks_tells_why() -> None:
    events = RelayedChatEvents(asked="m", counts=True)
    for event in (*chat_events(["Hi"])[:2], error_event("no")):
        events.feed(event)

    told = events.outcome()

    assert isinstance(told.error, BackendError)
    assert told.usage == Usage()


@pytest.mark.parametrize("answer", [b"", b"<html>", b"[]", b'{"usage":7}', b"[" * 100_000])
def test_what_cannot_be_read_was_not_said(answer: bytes) -> None:
    assert outcome_of(answer) == Outcome()


LOOK = Call(name="look", arguments=('{"a', '":1}'), id="1")
FIND = Call(name="find", arguments=("{}",), id="2")


@pytest.mark.parametrize("size", [7, 0, 100_000])
def test_a_stream_tells_the_tools_it_calls(size: int) -> None:
    reads = chat_events(['no "name"'], tool_calls=[LOOK, FIND, LOOK])
    if size:
        stream = b"".join(reads)
        reads = [stream[at : at + size] for at in range(0, len(stream), size)]
    events = RelayedChatEvents(asked="m", counts=True)

    for data in reads:
        events.feed(data)

    assert events.outcome().tools == ("look", "find", "look")
    assert events.outcome().reason == FinishReason.TOOL_CALLS


def test_a_whole_answer_tells_the_tools_it_calls() -> None:
    answer = plain_chat(tool_calls=[LOOK, FIND])

    assert outcome_of(answer.body).tools == ("look", "find")
    assert outcome_of(answer.body).reason == FinishReason.TOOL_CALLS


def called(*calls: str, member: str = "tool_calls") -> tuple[str, ...]:
    """The tools of a stream that has these calls in its deltas."""
    events = RelayedChatEvents(asked="m", counts=True)
    for call in calls:
        delta = b'{"%b":%b}' % (member.encode(), call.encode())
        events.feed(b'data: {"choices":[{"index":0,"delta":%b}]}\n\n' % delta)
    return events.outcome().tools


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ('"index":0,"id":"1"', '"index":0', ("look",)),
        ('"index":0', '"index":0,"id":"1"', ("look",)),
        ('"index":0', '"index":1', ("look", "look")),
        ('"index":0,"id":"1"', '"index":0,"id":"2"', ("look", "look")),
        ('"id":"1"', '"id":"2"', ("look", "look")),
    ],
)
def test_a_name_that_is_repeated_is_no_further_call(
    first: str, second: str, told: tuple[str, ...]
) -> None:
    pieces = (f'[{{{it},"function":{{"name":"look","arguments":"{{"}}}}]' for it in (first, second))

    assert called(*pieces) == told


LOOKING = '{"index":0,"function":{"name":"look","arguments":"{}"}}'
BEGUN = '{"index":0,"function":{"name":"look","arguments":"{\\"a"}}'
REST = '{"index":0,"function":{"arguments":"\\":1}"}}'


@pytest.mark.parametrize(
    "pieces",
    [
        (f"[{LOOKING}]", f"[{LOOKING}]"),
        (f"[{LOOKING},{LOOKING}]",),
        (f"[{BEGUN}]", f"[{REST}]", f"[{BEGUN}]", f"[{REST}]"),
    ],
)
def test_equal_calls_that_nothing_tells_apart_are_all_told(pieces: tuple[str, ...]) -> None:
    assert called(*pieces) == ("look", "look")


def test_equal_calls_of_a_whole_answer_are_all_told() -> None:
    message = '{"choices":[{"message":{"tool_calls":[%s,%s]}}]}' % (LOOKING, LOOKING)  # noqa: UP031

    assert outcome_of(message.encode()).tools == ("look", "look")


def test_a_call_in_its_older_form_counts_where_there_is_no_other() -> None:
    assert called('{"name":"look"}', '{"arguments":"{}"}', member="function_call") == ("look",)
    assert called('"odd"', member="function_call") == ()
    assert called('{"name":"odd"}') == ()
