"""Messages pass as they were sent, with the model's name put right; what is cut is an error."""

from __future__ import annotations

import pytest

from adapters.dialects.anthropic.relay.messages import (
    RelayedMessageEvents,
    check_count,
    check_message,
    outcome_of,
)
from adapters.dialects.relaying.answers import passed_on
from ports.chat import FinishReason, Usage
from ports.errors import (
    CONTEXT_LENGTH_EXCEEDED,
    BackendError,
    BackendFailed,
    BackendOverloaded,
    BackendProtocolError,
    BackendRateLimited,
    BackendRejected,
)
from ports.observer import Outcome
from tests.unit.adapters.dialects.passing import through


def event(kind: str, members: bytes = b"") -> bytes:
    return b'event: %b\ndata: {"type": "%b"%b}\n\n' % (kind.encode(), kind.encode(), members)


START = event(
    "message_start",
    b',"message":{"id":"msg","model":"m","content":[],"odd":1.50,'
    b'"usage":{"input_tokens":10,"output_tokens":1,"cache_read_input_tokens":2}}',
)
PING = event("ping")
DELTA = event("content_block_delta", ',"delta":{"text":"é \\"model\\":\\"m\\""}'.encode())
LAST = event("message_delta", b',"delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":3}')
STOP = event("message_stop")
STREAM = START + PING + DELTA + LAST + STOP


@pytest.mark.parametrize("at", range(len(STREAM)))
def test_a_stream_passes_however_the_network_cuts_it(at: int) -> None:
    events = RelayedMessageEvents(asked="m")
    other = RelayedMessageEvents(asked="mine")

    assert through(events, (STREAM[:at], STREAM[at:])) == STREAM
    assert through(other, (STREAM[:at], STREAM[at:])) == STREAM.replace(
        b'"model":"m"', b'"model":"mine"', 1
    )
    assert events.done
    assert other.done


@pytest.mark.parametrize("at", range(len(STREAM) - 2))
def test_a_stream_that_ends_early_is_an_error(at: int) -> None:
    events = RelayedMessageEvents(asked="m")

    passed = through(events, (STREAM[:at],))

    assert isinstance(events.error, BackendProtocolError)
    assert STREAM.startswith(passed)
    assert b"message_stop" not in passed


UNENDED = {
    "no last delta": b"",
    "no reason in it": event("message_delta", b',"delta":{"stop_reason":null}'),
    "an empty reason": event("message_delta", b',"delta":{"stop_reason":""}'),
    "no delta in it": event("message_delta", b',"usage":{"output_tokens":3}'),
    "something else in it": event("message_delta", b',"delta":"end_turn"'),
}


@pytest.mark.parametrize("last", UNENDED.values(), ids=UNENDED)
@pytest.mark.parametrize("between", [b"", DELTA])
def test_a_stream_that_does_not_tell_why_it_ends_has_no_end(last: bytes, between: bytes) -> None:
    events = RelayedMessageEvents(asked="m")

    assert through(events, (START + between + last + STOP,)) == START + between + last
    assert isinstance(events.error, BackendProtocolError)
    assert not events.done


def test_signs_of_life_before_the_first_event_wait_for_it() -> None:
    events = RelayedMessageEvents(asked="m")

    assert events.feed(PING) == b""
    assert events.feed(START) == PING + START


ERRORS = {
    "overloaded": (
        b',"error":{"type":"overloaded_error","message":"no hunter2"}',
        BackendOverloaded,
        "no ***",
    ),
    "too fast": (
        b',"error":{"type":"rate_limit_error","message":"no"}',
        BackendRateLimited,
        "no",
    ),
    "failed inside": (b',"error":{"type":"api_error","message":"no"}', BackendFailed, "no"),
    "a mistake": (
        b',"error":{"type":"invalid_request_error","message":"no"}',
        BackendRejected,
        "no",
    ),
    "nothing": (b"", BackendFailed, "the upstream reported an error"),
}


@pytest.mark.parametrize(("said", "kind", "message"), ERRORS.values(), ids=ERRORS)
@pytest.mark.parametrize("before", [b"", START, START + DELTA])
@pytest.mark.parametrize("named", [True, False])
def test_an_error_ends_the_stream_and_tells_no_key(
    said: bytes, kind: type[BackendError], message: str, before: bytes, named: bool
) -> None:
    events = RelayedMessageEvents(asked="m")
    events.conceal = lambda text: text.replace("hunter2", "***")
    error = event("error", said)

    reads = (before, error if named else error.partition(b"\n")[2], DELTA)

    assert through(events, reads) == before
    assert isinstance(events.error, kind)
    assert events.error.message == message


def test_a_prompt_that_is_too_long_is_known_as_such() -> None:
    events = RelayedMessageEvents(asked="m")
    said = b',"error":{"type":"invalid_request_error","message":"prompt is too long: 9 > 8"}'

    through(events, (event("error", said),))

    assert events.error is not None
    assert events.error.upstream_code == CONTEXT_LENGTH_EXCEEDED


@pytest.mark.parametrize("said", [b"data: oops\n\n", b"<html>\n\n", STOP])
def test_what_is_no_answer_is_an_error(said: bytes) -> None:
    events = RelayedMessageEvents(asked="m")

    assert through(events, (said,)) == b""
    assert isinstance(events.error, BackendProtocolError)


WHOLE = b'{"id":"msg", "model":"m","content":[{"x":1.50}],"usage":{"input_tokens":10}}'


def test_an_answer_in_one_piece_keeps_all_but_the_name() -> None:
    assert passed_on(WHOLE, check_message, asked="m") is WHOLE
    assert passed_on(WHOLE, check_message, asked="mine") == WHOLE.replace(b'"m"', b'"mine"')
    assert passed_on(b'{"input_tokens": 7}', check_count, asked="m") == b'{"input_tokens": 7}'


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b'{"hello":1}',
        b'{"type":"error","error":{"type":"x","message":"no"}}',
    ],
)
def test_an_answer_in_one_piece_that_is_none_is_an_error(body: bytes) -> None:
    for check in (check_message, check_count):
        with pytest.raises(BackendError):
            passed_on(body, check, asked="m")


def test_tokens_are_read_beside_the_way() -> None:
    events = RelayedMessageEvents(asked="mine")
    events.feed(STREAM)

    told = events.outcome()

    assert told == Outcome(
        usage=Usage(prompt_tokens=12, completion_tokens=3, cached_tokens=2),
        reason=FinishReason.STOP,
        model="m",
        pieces=1,
    )
    assert outcome_of(WHOLE).usage == Usage(prompt_tokens=10)
    assert outcome_of(b"<html>") == Outcome()


@pytest.mark.parametrize("kind", ["ping", "content_block_delta", "message_delta", "message_stop"])
def test_an_error_beside_something_else_is_one(kind: str) -> None:
    said = b',"delta":{"stop_reason":"end_turn"},"error":{"type":"overloaded_error","message":"no"}'
    events = RelayedMessageEvents(asked="m")

    assert through(events, (START + LAST + event(kind, said) + STOP,)) == START + LAST
    assert isinstance(events.error, BackendOverloaded)


@pytest.mark.parametrize("counted", [b"1.5", b"-5", b"9" * 500, b"1e999", b'"7"', b"{}"])
def test_counts_that_are_none_are_not_believed_and_pass(counted: bytes) -> None:
    body = b'{"model":"m","content":[],"usage":{"input_tokens":%b}}' % counted

    assert check_message(body) == "m"
    assert outcome_of(body) == Outcome(model="m")


@pytest.mark.parametrize(
    ("kind", "members", "says"),
    [
        ("message_start", b',"message":{"content":[]}', False),
        ("ping", b"", False),
        ("content_block_start", b',"content_block":{"type":"text","text":""}', False),
        ("content_block_start", b',"content_block":{"type":"thinking","thinking":""}', False),
        ("content_block_start", b',"content_block":{"type":"tool_use","name":"look"}', True),
        ("content_block_delta", b',"delta":{"type":"text_delta","text":""}', False),
        ("content_block_delta", b',"delta":{"type":"text_delta","text":"Hi"}', True),
        ("content_block_delta", b',"delta":{"type":"thinking_delta","thinking":"Hm"}', True),
        ("message_delta", b',"delta":{"stop_reason":"end_turn"}', False),
        ("odd", b',"delta":7', False),
    ],
)
def test_the_model_says_something_with_a_call_or_the_first_delta(
    kind: str, members: bytes, says: bool
) -> None:
    assert RelayedMessageEvents(asked="m").says(event(kind, members)) is says


def test_the_tools_that_are_called_are_told() -> None:
    blocks = (b'{"type":"text","text":""}', b'{"type":"tool_use","name":"look"}', b"7")
    begun = b"".join(event("content_block_start", b',"content_block":' + it) for it in blocks)
    events = RelayedMessageEvents(asked="m")
    events.feed(START + begun + event("content_block_start") + LAST + STOP)

    assert events.outcome().tools == ("look",)
    assert outcome_of(b'{"content":[%b]}' % b",".join(blocks)).tools == ("look",)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (b'"end_turn"', FinishReason.STOP),
        (b'"stop_sequence"', FinishReason.STOP),
        (b'"max_tokens"', FinishReason.LENGTH),
        (b'"tool_use"', FinishReason.TOOL_CALLS),
        (b'"refusal"', FinishReason.CONTENT_FILTER),
        (b"null", None),
        (b"7", None),
    ],
)
def test_why_it_ended_is_told(said: bytes, meant: FinishReason | None) -> None:
    events = RelayedMessageEvents(asked="m")
    last = event("message_delta", b',"delta":{"stop_reason":%b}' % said)
    # What comes behind the reason, and has none, does not take it back.
    events.feed(START + last + event("message_delta", b',"usage":{"output_tokens":3}'))

    assert events.outcome().reason is meant
    assert outcome_of(b'{"content":[],"stop_reason":%b}' % said).reason is meant


ODD = {
    "half a character": rb'"\ud83d"',
    "the other half": rb'"\ude00 hi"',
    "a number that is none": b'"a","odd":NaN',
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
@pytest.mark.parametrize("asked", ["m", "mine"])
def test_what_is_almost_json_passes_as_it_is(odd: bytes, asked: str) -> None:
    delta = event("content_block_delta", b',"delta":{"type":"text_delta","text":' + odd + b"}")
    events = RelayedMessageEvents(asked=asked)

    passed = through(events, (START + delta + LAST + STOP,))

    assert passed.endswith(delta + LAST + STOP)
    assert b'"model":"%b"' % asked.encode() in passed
    assert events.done
    assert events.says(delta)


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_an_event_that_is_read_is_read_though_it_is_almost_json(odd: bytes) -> None:
    odd = b',"odd":' + odd
    start = START.replace(b',"odd":1.50', odd)
    call = event("content_block_start", b',"content_block":{"type":"tool_use","name":"f"}' + odd)
    last = event("message_delta", b',"delta":{"stop_reason":"tool_use"}' + odd)
    events = RelayedMessageEvents(asked="mine")

    passed = through(events, (start + call + last + STOP,))

    assert b'"model":"mine"' in passed.replace(b'": "', b'":"')
    assert passed.endswith(call + last + STOP)
    told = events.outcome()
    assert (told.reason, told.tools) == (FinishReason.TOOL_CALLS, ("f",))
    assert told.usage.prompt_tokens == 12


@pytest.mark.parametrize("odd", [b'"a\xff"', b'"a","\xff":1'], ids=["member", "name"])
@pytest.mark.parametrize("asked", ["m", "mine"])
def test_bytes_that_are_no_characters_are_mended(odd: bytes, asked: str) -> None:
    start = START.replace(b',"odd":1.50', b',"odd":' + odd)
    events = RelayedMessageEvents(asked=asked)

    passed = through(events, (start + LAST + STOP,)).decode()

    assert "\ufffd" in passed or r"\ufffd" in passed
    assert f'"model":"{asked}"' in passed.replace('": "', '":"')
    assert events.done


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_an_error_that_is_almost_json_is_one(odd: bytes) -> None:
    said = b',"error":{"type":"overloaded_error","message":' + odd + b"}"
    events = RelayedMessageEvents(asked="m")

    through(events, (START + event("error", said),))

    assert isinstance(events.error, BackendOverloaded)


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_an_answer_in_one_piece_that_is_almost_json_passes(odd: bytes) -> None:
    body = b'{"model":"m","content":[{"type":"text","text":' + odd + b'}],"stop_reason":"end_turn"}'

    assert passed_on(body, check_message, asked="m") == body
    assert outcome_of(body).reason is FinishReason.STOP
