"""Responses pass as they were sent, with the model's name put right; what is cut is an error."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.dialects.openai.relay.responses import (
    RelayedResponseEvents,
    check_response,
    outcome_of,
)
from adapters.dialects.relaying.answers import passed_on
from ports.chat import FinishReason, Usage
from ports.errors import (
    BackendError,
    BackendOverloaded,
    BackendProtocolError,
    BackendRateLimited,
    BackendUnavailable,
)
from ports.observer import Outcome
from tests.unit.adapters.dialects.passing import through

USAGE = b'"usage":{"input_tokens":12,"output_tokens":3,"input_tokens_details":{"cached_tokens":4}}'


def event(kind: str, number: int, members: bytes) -> bytes:
    head = b'{"type":"%b", "sequence_number":%d,' % (kind.encode(), number)
    return b"event: %b\ndata: %b%b}\n\n" % (kind.encode(), head, members)


CREATED = event(
    "response.created", 0, b'"response":{"id":"r","model":"m","output":[],"odd":1.50,"error":null}'
)
DELTA = event("response.output_text.delta", 1, '"delta":"é \\"model\\":\\"m\\""'.encode())
UNKNOWN = event("response.future.thing", 2, b'"x":{"model":"m"}')
COMPLETED = event(
    "response.completed",
    3,
    b'"response":{"id":"r","status":"completed","model":"m","output":[{}],' + USAGE + b"}",
)
STREAM = CREATED + DELTA + UNKNOWN + COMPLETED


def renamed(stream: bytes) -> bytes:
    return b"".join(
        it + b"\n\n" if b"future" in it else it.replace(b'"model":"m"', b'"model":"mine"') + b"\n\n"
        for it in stream.split(b"\n\n")
        if it
    )


@pytest.mark.parametrize("at", range(len(STREAM)))
def test_a_stream_passes_however_the_network_cuts_it(at: int) -> None:
    events = RelayedResponseEvents(asked="m")
    other = RelayedResponseEvents(asked="mine")

    assert through(events, (STREAM[:at], STREAM[at:])) == STREAM
    assert through(other, (STREAM[:at], STREAM[at:])) == renamed(STREAM)
    assert events.done
    assert other.done


@pytest.mark.parametrize("at", range(len(STREAM) - 2))
def test_a_stream_that_ends_early_is_an_error(at: int) -> None:
    events = RelayedResponseEvents(asked="m")

    passed = through(events, (STREAM[:at],))

    assert isinstance(events.error, BackendProtocolError)
    assert STREAM.startswith(passed)
    assert b"completed" not in passed


def test_an_incomplete_one_is_an_end_too_and_nothing_behind_it_passes() -> None:
    last = event("response.incomplete", 1, b'"response":{"model":"m","output":[]}')
    events = RelayedResponseEvents(asked="m")

    assert events.feed(CREATED + last + b"data: [DONE]\n\n") == CREATED + last
    assert events.done


UNENDED = {
    "no response": b'"x":1',
    "null": b'"response":null',
    "an empty one": b'"response":{}',
}


@pytest.mark.parametrize("members", UNENDED.values(), ids=UNENDED)
@pytest.mark.parametrize("kind", ["response.completed", "response.incomplete"])
def test_an_end_without_its_response_is_none(kind: str, members: bytes) -> None:
    events = RelayedResponseEvents(asked="m")

    assert through(events, (CREATED + event(kind, 2, members),)) == CREATED
    assert isinstance(events.error, BackendProtocolError)
    assert not events.done


def test_an_end_whose_response_has_an_error_is_that_error() -> None:
    said = b'"response":{"model":"m","output":[],"error":{"code":"server_error","message":"no"}}'
    events = RelayedResponseEvents(asked="m")

    assert through(events, (CREATED + event("response.completed", 2, said),)) == CREATED
    assert events.error is not None
    assert events.error.message == "no"


ERRORS = {
    "an error event": (
        event("error", 1, b'"code":"rate_limit_exceeded","message":"no hunter2","param":null'),
        BackendRateLimited,
        "no ***",
    ),
    "an error without a name": (
        b'data: {"type":"error","code":"server_is_overloaded","message":"no hunter2"}\n\n',
        BackendOverloaded,
        "no ***",
    ),
    "an error of chats": (
        b'data: {"error":{"message":"no","code":503}}\n\n',
        BackendOverloaded,
        "no",
    ),
    "an error beside something else": (
        event("response.output_text.delta", 1, b'"delta":"x","error":{"message":"no","code":503}'),
        BackendOverloaded,
        "no",
    ),
    "a failure": (
        event(
            "response.failed",
            1,
            b'"response":{"model":"m","error":{"code":"server_error","message":"no hunter2"}}',
        ),
        BackendError,
        "no ***",
    ),
    "garbage": (b"data: oops\n\n", BackendProtocolError, "invalid response from upstream"),
}


@pytest.mark.parametrize(("said", "kind", "message"), ERRORS.values(), ids=ERRORS)
@pytest.mark.parametrize("before", [b"", CREATED, CREATED + DELTA])
def test_an_error_ends_the_stream_and_tells_no_key(
    said: bytes, kind: type[BackendError], message: str, before: bytes
) -> None:
    events = RelayedResponseEvents(asked="m")
    events.conceal = lambda text: text.replace("hunter2", "***")

    assert through(events, (before, said, DELTA)) == before
    assert isinstance(events.error, kind)
    assert events.error.message == message


def read(frames: bytes) -> list[tuple[str, Any]]:
    lines = [frame.split(b"\n") for frame in frames.removesuffix(b"\n\n").split(b"\n\n")]
    return [
        (name.removeprefix(b"event: ").decode(), json.loads(data.removeprefix(b"data: ")))
        for name, data in lines
    ]


_SAID = {"code": "server_error", "message": "it broke", "param": None}
BROKE = {**_SAID, "error": {**_SAID, "type": "server_error"}}
"""What the event `error` says: flat as documented, and nested as OpenAI's servers do."""


def test_a_broken_stream_ends_with_the_response_as_failed() -> None:
    events = RelayedResponseEvents(asked="mine")
    events.feed(CREATED + DELTA)

    (_, error), (name, data) = read(events.failed(BackendUnavailable("it broke")))

    assert error == {"type": "error", "sequence_number": 2, **BROKE}
    assert name == data["type"] == "response.failed"
    assert data["sequence_number"] == 3
    assert data["response"] == {
        "id": "r",
        "model": "mine",
        "output": [],
        "odd": 1.5,
        "status": "failed",
        "error": {"code": "server_error", "message": "it broke"},
    }


@pytest.mark.parametrize("said", [it for it, _, _ in ERRORS.values()], ids=ERRORS)
def test_what_ends_a_broken_stream_has_the_next_number(said: bytes) -> None:
    events = RelayedResponseEvents(asked="m")
    through(events, (CREATED + DELTA, said))
    assert events.error is not None

    assert [data["sequence_number"] for _, data in read(events.failed(events.error))] == [2, 3]


def test_one_that_has_not_begun_ends_with_an_error() -> None:
    broken = RelayedResponseEvents(asked="m").failed(BackendUnavailable("it broke"))

    assert read(broken) == [("error", {"type": "error", "sequence_number": 0, **BROKE})]


WHOLE = b'{"id":"r", "model":"m","output":[{"x":1.50}],"error":null,' + USAGE + b"}"


def test_an_answer_in_one_piece_keeps_all_but_the_name() -> None:
    assert passed_on(WHOLE, check_response, asked="m") is WHOLE
    assert passed_on(WHOLE, check_response, asked="mine") == WHOLE.replace(b'"m"', b'"mine"')


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b'{"hello":1}',
        b'{"error":{"message":"no"}}',
        b'{"output":[],"status":"failed","error":{"code":"server_error","message":"no"}}',
        b'{"detail":"no"}',
    ],
)
def test_what_is_no_answer_is_an_error(body: bytes) -> None:
    with pytest.raises(BackendError):
        passed_on(body, check_response, asked="m")


def test_tokens_are_read_beside_the_way() -> None:
    events = RelayedResponseEvents(asked="mine")
    events.feed(STREAM)

    usage = Usage(prompt_tokens=12, completion_tokens=3, cached_tokens=4)
    assert outcome_of(WHOLE) == Outcome(usage=usage, model="m")
    assert events.outcome() == Outcome(
        usage=usage, reason=FinishReason.STOP, model="mine", pieces=1
    )
    assert outcome_of(b"<html>") == Outcome()


@pytest.mark.parametrize("counted", [b"1.5", b"-5", b"9" * 500, b"1e999", b'"7"'])
def test_counts_that_are_none_are_not_believed_and_pass(counted: bytes) -> None:
    body = b'{"model":"m","output":[],"usage":{"input_tokens":%b}}' % counted

    assert check_response(body) == "m"
    assert outcome_of(body).usage == Usage()


@pytest.mark.parametrize(
    ("kind", "members", "says"),
    [
        ("response.created", b'"response":{"output":[]}', False),
        ("response.output_item.added", b'"item":{"type":"message","content":[]}', False),
        ("response.output_item.added", b'"item":{"type":"reasoning","summary":[]}', False),
        ("response.output_item.added", b'"item":{"type":"function_call","name":"look"}', True),
        ("response.output_text.delta", b'"delta":""', False),
        ("response.output_text.delta", b'"delta":"Hi"', True),
        ("response.reasoning_summary_text.delta", b'"delta":"Hm"', True),
        ("response.odd", b'"item":7', False),
    ],
)
def test_the_model_says_something_with_a_call_or_the_first_delta(
    kind: str, members: bytes, says: bool
) -> None:
    assert RelayedResponseEvents(asked="m").says(event(kind, 1, members)) is says


def test_the_tools_that_are_called_are_told() -> None:
    output = (
        b'[{"type":"reasoning"},{"type":"function_call","name":"look"},{"x":1},7,'
        b'{"type":"custom_tool_call","name":"find"},{"type":"web_search_call","name":"no"}]'
    )
    last = b'"response":{"model":"m","output":%b}' % output
    events = RelayedResponseEvents(asked="m")
    events.feed(CREATED + event("response.completed", 1, last))

    assert events.outcome().tools == ("look", "find")
    assert outcome_of(b'{"model":"m","output":%b}' % output).tools == ("look", "find")


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (b'"status":"completed"', FinishReason.STOP),
        (b'"status":"completed","output":[{"type":"function_call"}]', FinishReason.TOOL_CALLS),
        (
            b'"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"}',
            FinishReason.LENGTH,
        ),
        (
            b'"status":"incomplete","incomplete_details":{"reason":"content_filter"}',
            FinishReason.CONTENT_FILTER,
        ),
        (b'"status":"in_progress"', None),
        (b'"status":7', None),
    ],
)
def test_why_it_ended_is_told(said: bytes, meant: FinishReason | None) -> None:
    assert outcome_of(b'{"model":"m",%b}' % said).reason is meant


ODD = {
    "half a character": rb'"\ud83d"',
    "the other half": rb'"\ude00 hi"',
    "a number that is none": b'"a","odd":NaN',
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
@pytest.mark.parametrize("asked", ["m", "mine"])
def test_what_is_almost_json_passes_as_it_is(odd: bytes, asked: str) -> None:
    delta = event("response.output_text.delta", 1, b'"delta":' + odd)
    events = RelayedResponseEvents(asked=asked)

    passed = through(events, (CREATED + delta + COMPLETED,))

    assert delta in passed
    assert b'"model":"%b"' % asked.encode() in passed
    assert events.done
    assert events.says(delta)


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_an_event_that_is_read_is_read_though_it_is_almost_json(odd: bytes) -> None:
    created = CREATED.replace(b'"odd":1.50', b'"odd":' + odd)
    last = COMPLETED.replace(b'"output":[{}]', b'"output":[{"x":' + odd + b"}]")
    plain, named = RelayedResponseEvents(asked="m"), RelayedResponseEvents(asked="mine")

    assert through(plain, (created + last,)) == created + last
    names = [data["response"]["model"] for _, data in read(through(named, (created + last,)))]
    assert names == ["mine", "mine"]
    for events in (plain, named):
        told = events.outcome()
        assert (told.usage.prompt_tokens, told.reason) == (12, FinishReason.STOP)


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_a_stream_that_breaks_behind_what_is_almost_json_ends_as_any_other(odd: bytes) -> None:
    created = CREATED.replace(b'"odd":1.50', b'"odd":' + odd)
    events = RelayedResponseEvents(asked="m")
    through(events, (created,))

    (_, error), (_, failed) = read(events.failed(BackendUnavailable("gone")))

    assert error["error"]["message"] == "gone"
    assert failed["response"]["status"] == "failed"


BYTES = {"in a member": b'"a\xff"', "in the name of one": b'"a","\xff":1'}
"""Bytes that are no UTF-8."""


@pytest.mark.parametrize("odd", BYTES.values(), ids=BYTES)
@pytest.mark.parametrize("asked", ["m", "mine"])
def test_bytes_that_are_no_characters_are_mended(odd: bytes, asked: str) -> None:
    created = CREATED.replace(b'"odd":1.50', b'"odd":' + odd)
    events = RelayedResponseEvents(asked=asked)

    (_, first), _ = read(through(events, (created + COMPLETED,)))

    assert first["response"]["model"] == asked
    assert "\ufffd" in json.dumps(first, ensure_ascii=False)
    assert events.done


@pytest.mark.parametrize("odd", BYTES.values(), ids=BYTES)
@pytest.mark.parametrize("asked", ["m", "mine"])
def test_a_stream_that_breaks_behind_such_bytes_ends_as_any_other(odd: bytes, asked: str) -> None:
    created = CREATED.replace(b'"odd":1.50', b'"odd":' + odd)
    events = RelayedResponseEvents(asked=asked)
    through(events, (created,))

    _, (_, failed) = read(events.failed(BackendUnavailable("gone")))

    assert failed["response"]["model"] == asked
    assert failed["response"]["status"] == "failed"


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_an_answer_in_one_piece_that_is_almost_json_passes(odd: bytes) -> None:
    body = b'{"model":"m","status":"completed","output":[{"x":' + odd + b"}]}"

    assert passed_on(body, check_response, asked="m") == body
    assert json.loads(passed_on(body, check_response, asked="mine"))["model"] == "mine"
    assert outcome_of(body).reason is FinishReason.STOP
