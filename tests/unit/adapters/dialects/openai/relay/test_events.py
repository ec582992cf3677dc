"""Events pass as they were sent, whatever the network does; what is cut never looks whole."""

from __future__ import annotations

import json

import pytest

from adapters.dialects.openai.relay.events import RelayedChatEvents
from ports.errors import (
    BackendError,
    BackendOverloaded,
    BackendProtocolError,
    BackendRateLimited,
    BackendRejected,
)
from tests.unit.adapters.dialects.openai.streams import DONE, reads_of
from tests.unit.adapters.dialects.passing import through

ROLE = b'data: {"id":"c","model":"m","choices":[{"index":0,"delta":{"role":"assistant"}}]}\n\n'
PIECE = (
    'data: {"id":"c","created":1.0e9,"model":"m","choices":[{"index":0,"delta":{"content":"é"},'
    '"finish_reason":null,"odd":1.50}],"usage":null,"zeta":{"b":1,"a":2}}\n\n'
).encode()
SPACED = b'data: {"choices": [{"index": 0, "delta": {"content": "x"}}], "model": "m"}\n\n'
END = b'data: {"id":"c","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
USAGE = b'data: {"id":"c","model":"m","choices":[],"usage":{"total_tokens":3}}\n\n'
STREAM = ROLE + PIECE + SPACED + END + USAGE + DONE


def renamed(stream: bytes, name: str = "mine") -> bytes:
    return stream.replace(b'"model":"m"', b'"model":"%s"' % name.encode()).replace(
        b'"model": "m"', b'"model": "%s"' % name.encode()
    )


def events_of(*, asked: str = "m", counts: bool = True, alone: bool = True) -> RelayedChatEvents:
    events = RelayedChatEvents(asked=asked, counts=counts, alone=alone)
    events.conceal = lambda text: text.replace("hunter2", "***")
    return events


@pytest.mark.parametrize("asked", ["m", "mine"])
@pytest.mark.parametrize("at", range(len(STREAM)))
def test_a_stream_passes_however_the_network_cuts_it(asked: str, at: int) -> None:
    events = events_of(asked=asked)

    assert through(events, (STREAM[:at], STREAM[at:])) == renamed(STREAM, asked)
    assert events.done
    assert events.error is None


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_a_stream_passes_byte_by_byte_and_in_other_line_ends(size: int, end: bytes) -> None:
    events = events_of(asked="mine")

    passed = through(events, reads_of(STREAM.replace(b"\n", end), size))

    assert passed == renamed(STREAM)


def test_an_event_that_needs_no_change_is_passed_on_as_the_same_bytes() -> None:
    events = events_of()
    events.feed(ROLE)

    piece = PIECE.replace("é".encode(), b"e")
    assert events.feed(piece) is piece


WHOLE = [len(part) for part in (ROLE + PIECE + SPACED + END, STREAM[: -len(DONE)])]
ENDS = {*WHOLE, *(at - 1 for at in WHOLE), *(at - 2 for at in WHOLE), len(STREAM) - 2}


@pytest.mark.parametrize("at", range(len(STREAM) - 1))
def test_a_stream_that_ends_early_is_an_error_and_has_no_end_mark(at: int) -> None:
    events = events_of()

    passed = through(events, (STREAM[:at],))

    if at in ENDS:
        # The reason to end is here, and half an event is not: some servers send no end mark.
        assert (events.done, events.error) == (True, None)
        before, mark, behind = passed.partition(DONE)
        assert (mark, behind) == (DONE, b"")
        assert STREAM.startswith(before)
    else:
        assert isinstance(events.error, BackendProtocolError)
        assert not events.done
        assert STREAM.startswith(passed)
        assert b"[DONE]" not in passed


def test_one_of_several_choices_that_has_ended_is_not_the_end() -> None:
    events = events_of(alone=False)

    through(events, (ROLE + END,))

    assert isinstance(events.error, BackendProtocolError)


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_an_end_mark_without_a_reason_is_an_end_only_where_servers_do_so(size: int) -> None:
    lenient = events_of()
    lenient.mark_suffices = True
    assert through(lenient, reads_of(ROLE + PIECE + DONE, size)) == ROLE + PIECE + DONE
    assert lenient.done

    events = events_of()
    assert through(events, reads_of(ROLE + PIECE + DONE, size)) == ROLE + PIECE
    assert isinstance(events.error, BackendProtocolError)
    assert not events.done


@pytest.mark.parametrize("alone", [True, False])
def test_a_piece_behind_the_reason_takes_nothing_from_it(alone: bool) -> None:
    # OpenRouter's last event has the counts, and a choice with an empty delta.
    events = events_of(alone=alone)

    assert through(events, (ROLE + END + PIECE + DONE,)) == ROLE + END + PIECE + DONE
    assert events.done


@pytest.mark.parametrize("behind", [b"\n", b"\r\n", b": bye", b": bye\n", b"\n: bye\n"])
@pytest.mark.parametrize("size", [1, 7, 4096])
def test_what_means_nothing_behind_an_answer_without_an_end_mark_takes_nothing_from_it(
    behind: bytes, size: int
) -> None:
    events = events_of()

    passed = through(events, reads_of(ROLE + PIECE + END + behind, size))

    assert events.error is None
    assert events.done
    assert passed.removesuffix(DONE).removesuffix(b": bye\n\n") == ROLE + PIECE + END


def test_an_end_mark_after_nothing_is_none() -> None:

    empty = events_of()
    assert through(empty, (b": hi\n\n" + DONE,)) == b""
    assert isinstance(empty.error, BackendProtocolError)


def test_a_client_that_did_not_ask_gets_no_tokens() -> None:
    events = events_of(counts=False)

    assert through(events, (STREAM,)) == STREAM.replace(USAGE, b"")


def test_tokens_beside_a_piece_of_the_answer_pass() -> None:
    beside = PIECE.replace(b'"usage":null', b'"usage":{"total_tokens":3}')
    events = events_of(counts=False)

    assert through(events, (ROLE, beside, END)) == ROLE + beside + END + DONE


def test_what_comes_behind_the_end_mark_is_left_out() -> None:
    events = events_of()

    assert events.feed(ROLE + END + DONE + ROLE + b"data: <html>\n\n") == ROLE + END + DONE
    assert events.error is None


@pytest.mark.parametrize("at", range(4))
def test_comments_pass_but_none_before_the_first_piece(at: int) -> None:
    comment = b": OPENROUTER PROCESSING\n\n"
    reads = [ROLE, PIECE, END, DONE]
    reads.insert(at, comment)
    events = events_of()

    first = events.feed(reads[0])

    assert first == (b"" if at == 0 else ROLE)
    assert first + through(events, reads[1:]) == b"".join(reads)


def test_an_event_without_a_piece_waits_for_the_first_one() -> None:
    early = b'data: {"choices":[],"model":"","prompt_filter_results":[]}\n\n'
    events = events_of()

    assert events.feed(early) == b""
    assert events.feed(ROLE) == early.replace(b'"model":""', b'"model":"m"') + ROLE


ERRORS = {
    "an error": (b'{"error":{"message":"no hunter2","code":429}}', BackendRateLimited, "no ***"),
    "beside choices": (
        b'{"choices":[{"finish_reason":"error"}],"error":{"message":"no hunter2","code":503}}',
        BackendOverloaded,
        "no ***",
    ),
    "of a choice": (
        b'{"choices":[{"delta":{},"finish_reason":"error","error":{"message":"no","code":400}}]}',
        BackendRejected,
        "no",
    ),
    "a text": (b'{"error":"no hunter2"}', BackendError, "no ***"),
    "that calls itself none": (
        b'{"object":"error","message":"no hunter2"}',
        BackendError,
        "no ***",
    ),
    "of a framework": (b'{"detail":"no hunter2"}', BackendError, "no ***"),
    "a page": (b"<html>log in</html>", BackendProtocolError, "invalid response from upstream"),
    "half an object": (b'{"choices":[', BackendProtocolError, "invalid response from upstream"),
    "a number": (b"7", BackendProtocolError, "invalid response from upstream"),
    "too deep": (b"[" * 100_000, BackendProtocolError, "invalid response from upstream"),
}


@pytest.mark.parametrize(("said", "kind", "message"), ERRORS.values(), ids=ERRORS)
@pytest.mark.parametrize("at", range(5))
def test_an_error_at_any_event_ends_the_stream_and_tells_no_key(
    said: bytes, kind: type[BackendError], message: str, at: int
) -> None:
    before = [ROLE, PIECE, SPACED, END, USAGE][:at]
    events = events_of()

    passed = through(events, [*before, b"data: " + said + b"\n\n", PIECE, DONE])

    assert passed == b"".join(before)
    assert isinstance(events.error, kind)
    assert (events.error.message, events.error.args) == (message, (message,))
    assert not events.done


@pytest.mark.parametrize(
    "event", [b'event: error\ndata: {"message":"no"}\n\n', b'error: {"message":"no"}\n\n']
)
def test_an_event_named_error_is_one(event: bytes) -> None:
    events = events_of()

    assert through(events, (ROLE, event)) == ROLE
    assert events.error is not None
    assert events.error.message == "no"


@pytest.mark.parametrize(
    "said",
    [
        b'{"choices":[{"delta":{"content":"{\\"error\\":1}"}}],"x":{"error":"y"}}',
        b'{"choices":[{"delta":{}}],"error":null}',
        b'{"choices":[{"delta":{}}],"error":{}}',
        b'{"type":"ping"}',
        b'{"choices":[{"delta":{"content":"\\ud83d"},"finish_reason":""}]}',
        b'{"choices":[{"delta":{"logprob":NaN}}]}',
        b'{"choices":[{"delta":{},"finish_reason":false}],"model":7}',
        b'{"choices":[],"timings":{}}',
    ],
)
def test_what_is_odd_and_no_error_passes_untouched(said: bytes) -> None:
    event = b"data: " + said + b"\n\n"
    events = events_of()

    assert through(events, (ROLE, event, END)) == ROLE + event + END + DONE
    assert events.error is None


def test_characters_that_end_lines_in_python_are_escaped() -> None:
    said = "a\u0085b\u2028c\u2029d"
    event = f'data: {{"choices":[{{"delta":{{"content":"{said}"}}}}]}}\n\n'.encode()
    events = events_of()

    passed = through(events, (ROLE, event, END)).decode()

    assert len(passed.splitlines()) == 8
    second = json.loads(passed.split("\n\n")[1].removeprefix("data: "))
    assert second["choices"][0]["delta"]["content"] == said


def test_bytes_that_are_no_characters_are_mended() -> None:
    event = b'data: {"choices":[{"delta":{"content":"\xff"}}]}\n\n'
    events = events_of()

    passed = through(events, (ROLE, event, END))

    assert passed == ROLE + event.replace(b"\xff", "\ufffd".encode()) + END + DONE


@pytest.mark.parametrize("before", [b"", ROLE])
def test_the_name_of_a_member_that_is_no_characters_is_mended_too(before: bytes) -> None:
    event = b'data: {"\xff":1,"model":"m","choices":[{"delta":{"content":"a"}}]}\n\n'
    events = events_of(asked="mine")

    *_, piece, _, _, _ = through(events, (before + event, END)).decode().split("\n\n")

    said = json.loads(piece.removeprefix("data: "))
    assert (said["model"], said["\ufffd"]) == ("mine", 1)
    assert events.done


def test_names_and_further_lines_of_an_event_stay_where_its_data_changes() -> None:
    event = b'event: chunk\nid: 7\ndata: {"model":"m",\ndata: "choices":[{}]}\n\n'
    events = events_of(asked="mine")

    passed = through(events, (ROLE, event, END))

    assert passed.split(b"\n\n")[1] + b"\n\n" == renamed(event)


def test_a_stream_that_is_no_stream_is_an_error() -> None:
    events = events_of()

    assert through(events, (b"<!doctype html><html>\n\n<body>log in</body>\n",)) == b""
    assert isinstance(events.error, BackendProtocolError)


def test_an_event_without_an_end_is_given_up() -> None:
    events = events_of()

    for _ in range(17 * 64):
        events.feed(b"x" * 16 * 1024)

    assert isinstance(events.error, BackendProtocolError)


def test_comments_without_an_answer_are_given_up() -> None:
    events = events_of()

    for _ in range(17 * 64):
        events.feed(b": wait %b\n\n" % (b"x" * 16 * 1024))

    assert isinstance(events.error, BackendProtocolError)


@pytest.mark.parametrize(
    ("delta", "says"),
    [
        (b'{"role":"assistant","content":""}', False),
        (b'{"role":"assistant","content":null,"reasoning":null,"tool_calls":[]}', False),
        (b"{}", False),
        (b'{"content":"Hi"}', True),
        (b'{"content":[{"type":"text","text":"Hi"}]}', True),
        (b'{"content":"","reasoning_content":"Hm"}', True),
        (b'{"refusal":"No"}', True),
        (b'{"tool_calls":[{"index":0,"function":{"name":"look","arguments":""}}]}', True),
        (b'{"function_call":{"name":"look"}}', True),
        (b'{"audio":{"data":"AA=="}}', True),
        (b'"odd"', True),
    ],
)
def test_the_model_says_something_where_a_delta_holds_more_than_its_role(
    delta: bytes, says: bool
) -> None:
    event = b'data: {"choices":[{"index":0,"delta":%b}]}\n\n' % delta

    assert RelayedChatEvents(asked="m", counts=True).says(b": wait\n\n" + event) is says


def test_a_completion_speaks_with_its_text_and_tokens_say_nothing() -> None:
    events = RelayedChatEvents(asked="m", counts=True)

    assert events.says(b'data: {"choices":[{"text":"Hi"}]}\n\n')
    assert not events.says(b'data: {"choices":[{"text":""}]}\n\n')
    assert not events.says(b'data: {"choices":[],"usage":{"prompt_tokens":1}}\n\n')
