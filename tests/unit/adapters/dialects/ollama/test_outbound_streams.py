"""An Ollama server's stream, wherever the network cuts it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest

from adapters.dialects.ollama.outbound.stream import AnswerReader
from ports.chat import (
    ChatChunk,
    FinishChunk,
    FinishReason,
    TextChunk,
    ThinkingChunk,
    Timing,
    TokenLogprob,
    Usage,
)
from ports.errors import BackendError, BackendFailed, BackendProtocolError
from tests.unit.adapters.dialects.chunks import calls
from tests.upstream.ollama_answers import (
    METRICS,
    call,
    chat_end,
    chat_line,
    error_line,
    line,
    prompt_end,
    prompt_line,
)

END = FinishChunk(
    reason=FinishReason.STOP,
    usage=Usage(prompt_tokens=12, completion_tokens=3),
    timing=Timing(load_ns=900000, prompt_ns=50000000, completion_ns=200000000),
    model="m",
)


def read(*reads: bytes, think: Any = True) -> list[ChatChunk]:
    reader = AnswerReader(think=think)
    chunks = [chunk for data in reads for chunk in reader.feed(data)]
    if not reader.done:
        chunks += reader.finish()
    if reader.error is not None:
        raise reader.error
    return chunks


def said(pieces: Iterable[dict[str, Any]], **more: Any) -> list[ChatChunk]:
    return read(b"".join(map(line, pieces)), **more)


def test_text_and_thinking_of_one_read_are_one_chunk_each_in_order() -> None:
    pieces = [
        chat_line(thinking="let "),
        chat_line(thinking="me"),
        chat_line("4"),
        chat_line("2"),
        chat_line(thinking="hm"),
        chat_end(),
    ]

    assert said(pieces) == [
        ThinkingChunk(text="let me"),
        TextChunk(text="42"),
        ThinkingChunk(text="hm"),
        END,
    ]


def test_reads_are_handed_on_as_they_come() -> None:
    assert read(line(chat_line("4")), line(chat_line("2")), line(chat_end())) == [
        TextChunk(text="4"),
        TextChunk(text="2"),
        END,
    ]


def test_a_completion_has_its_text_at_the_top() -> None:
    pieces = [prompt_line(thinking="hm"), prompt_line("4"), prompt_line("2"), prompt_end()]

    assert said(pieces) == [ThinkingChunk(text="hm"), TextChunk(text="42"), END]
    assert read(line(prompt_line("4")), line(prompt_end())) == [TextChunk(text="4"), END]


def test_everything_may_stand_in_the_last_line() -> None:
    last = chat_end() | {
        "message": {
            "role": "assistant",
            "content": "a",
            "thinking": "b",
            "tool_calls": [call("f", {}, id="x")],
        }
    }

    chunks = said([last])

    assert chunks[:2] == [ThinkingChunk(text="b"), TextChunk(text="a")]
    assert calls(chunks) == [("x", "f", "{}")]
    assert chunks[-1] == FinishChunk(
        reason=FinishReason.TOOL_CALLS, usage=END.usage, timing=END.timing, model="m"
    )


@pytest.mark.parametrize("pieces", [[chat_line(thinking="b"), chat_line("a", thinking="c")]])
def test_thinking_that_nobody_wanted_is_discarded(pieces: list[dict[str, Any]]) -> None:
    assert said([*pieces, chat_end()], think=False) == [TextChunk(text="a"), END]
    assert read(*map(line, [*pieces, chat_end()]), think=False) == [TextChunk(text="a"), END]


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("stop", FinishReason.STOP),
        ("length", FinishReason.LENGTH),
        ("load", FinishReason.STOP),
        ("something new", FinishReason.STOP),
        (None, FinishReason.STOP),
    ],
)
def test_the_reason_is_one_of_ours(reason: Any, expected: FinishReason) -> None:
    (finish,) = said([chat_end(reason)])

    assert isinstance(finish, FinishChunk)
    assert finish.reason is expected


def test_length_stays_the_reason_beside_calls() -> None:
    finish = said([chat_line(tool_calls=[call("f", {})]), chat_end("length")])[-1]

    assert isinstance(finish, FinishChunk)
    assert finish.reason is FinishReason.LENGTH


@pytest.mark.parametrize(
    ("metrics", "usage", "timing"),
    [
        ({}, Usage(), Timing()),
        ({"eval_count": 3}, Usage(completion_tokens=3), Timing()),
        ({"prompt_eval_count": 0}, Usage(prompt_tokens=0), Timing()),
        ({"prompt_eval_count": -1, "load_duration": -1}, Usage(), Timing()),
        ({"eval_count": 1e30, "eval_duration": 1e30}, Usage(), Timing()),
        (
            {"eval_count": "7", "eval_duration": 2.5},
            Usage(completion_tokens=7),
            Timing(completion_ns=2),
        ),
        ({"eval_count": None}, Usage(), Timing()),
    ],
    ids=str,
)
def test_what_was_not_counted_is_not_invented(
    metrics: dict[str, Any], usage: Usage, timing: Timing
) -> None:
    last = {key: value for key, value in chat_end().items() if key not in METRICS}

    (finish,) = said([last | metrics])

    assert isinstance(finish, FinishChunk)
    assert (finish.usage, finish.timing) == (usage, timing)


def test_log_probabilities_stay_with_their_text() -> None:
    entry = {"token": "a", "logprob": -0.5, "bytes": [97]}
    more = entry | {"top_logprobs": [entry, {"token": "b", "logprob": -2}]}

    chunks = said([chat_line("x"), chat_line("a") | {"logprobs": [more]}, chat_end()])

    top = (
        TokenLogprob(token="a", logprob=-0.5, bytes=(97,)),
        TokenLogprob(token="b", logprob=-2.0),
    )
    logprob = TokenLogprob(token="a", logprob=-0.5, bytes=(97,), top=top)
    assert chunks[:2] == [TextChunk(text="x"), TextChunk(text="a", logprobs=(logprob,))]


def test_calls_keep_their_ids_and_the_spelling_of_their_arguments() -> None:
    spelled = (
        b'{"message":{"tool_calls":[{"id":"x","function":{"name":"f","arguments":{"b": 1.0}}}]}}'
    )

    assert calls(read(spelled + b"\n", line(chat_end()))) == [("x", "f", '{"b": 1.0}')]


def test_calls_without_ids_get_some_that_differ_and_are_the_same_again() -> None:
    made = [call("f", {}), call("f", {}), call("f", {}, id="x"), call("f", {}, id="x")]
    pieces = [chat_line(tool_calls=made[:2]), *(chat_line(tool_calls=[one]) for one in made)]
    stream = [*pieces, chat_end()]

    ids = [call_id for call_id, _, _ in calls(said(stream))]

    assert len(set(ids)) == len(ids) == 6
    assert all(ids)
    assert ids == [call_id for call_id, _, _ in calls(read(*map(line, stream)))]
    later = [piece | {"created_at": "2026-08-22T10:15:31Z"} for piece in stream]
    assert not {call_id for call_id, _, _ in calls(said(later))} & (set(ids) - {"x"})


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [("null", "{}"), ('""', "{}"), ('"{\\"a\\": 1}"', '{"a": 1}'), ("{}", "{}")],
)
def test_arguments_are_an_object_however_they_are_written(arguments: str, expected: str) -> None:
    raw = f'{{"message":{{"tool_calls":[{{"function":{{"name":"f","arguments":{arguments}}}}}]}}}}'

    ((_, _, found),) = calls(read(raw.encode() + b"\n", line(chat_end())))

    assert found == expected


@pytest.mark.parametrize(
    "function",
    [{"name": "f", "arguments": [1]}, {"name": "f", "arguments": "x"}, {"arguments": {}}, None],
)
def test_a_call_that_cannot_be_made_is_no_answer(function: Any) -> None:
    with pytest.raises(BackendProtocolError):
        said([chat_line(tool_calls=[{"function": function}]), chat_end()])


@pytest.mark.parametrize(
    "pieces",
    [
        [],
        [chat_line("a")],
        [chat_line("a"), chat_line("b", tool_calls=[call("f", {})])],
        [prompt_line("a")],
        [{"status": "loading"}],
        [{}],
    ],
)
def test_a_stream_without_its_end_raises_after_what_came(pieces: list[dict[str, Any]]) -> None:
    reader = AnswerReader()
    chunks = [chunk for piece in pieces for chunk in reader.feed(line(piece))]

    with pytest.raises(BackendProtocolError, match="before it was complete"):
        reader.finish()

    assert not any(isinstance(chunk, FinishChunk) for chunk in chunks)
    assert not reader.done


def test_an_error_line_comes_after_what_came_before_it_in_the_same_read() -> None:
    reader = AnswerReader()

    assert reader.feed(line(chat_line("a")) + line(error_line("out of luck"))) == [
        TextChunk(text="a")
    ]

    assert isinstance(reader.error, BackendFailed)
    with pytest.raises(BackendFailed, match="out of luck"):
        reader.feed(b"")
    with pytest.raises(BackendFailed, match="out of luck"):
        reader.finish()


def test_an_error_line_that_comes_alone_is_raised() -> None:
    reader = AnswerReader()
    reader.feed(line(chat_line("a")))

    with pytest.raises(BackendFailed, match="out of luck"):
        reader.feed(line(error_line("out of luck")))


@pytest.mark.parametrize("nothing", [None, ""])
def test_an_error_of_nothing_is_none(nothing: Any) -> None:
    pieces = [chat_line("a") | {"error": nothing}, chat_end() | {"error": nothing}]

    assert said(pieces) == [TextChunk(text="a"), END]


def test_nothing_counts_behind_the_end() -> None:
    assert said([chat_end(), chat_line("a"), error_line("late")]) == [END]


@pytest.mark.parametrize("garbage", [b"data: {}", b"[]", b'{"done":"x"}', b'{"message":5}', b"{"])
def test_a_line_that_is_no_object_is_no_answer(garbage: bytes) -> None:
    with pytest.raises(BackendProtocolError, match="invalid response"):
        read(garbage + b"\n" + line(chat_end()))


@pytest.mark.parametrize("depth", [10_000])
def test_a_line_nested_without_end_is_no_answer(depth: int) -> None:
    with pytest.raises(BackendProtocolError):
        read(b'{"message":' + b'{"a":' * depth + b"1" + b"}" * depth + b"}\n")


def test_odd_characters_and_blank_lines_do_not_matter() -> None:
    text = "\u2028\u0085\x0b" + chr(0x1F600)
    stream = json.dumps(chat_line(text), ensure_ascii=False).encode() + b"\r\n\r\n\n"

    for cut in range(len(stream)):
        chunks = read(stream[:cut], stream[cut:], line(chat_end()))
        assert "".join(chunk.text for chunk in chunks if isinstance(chunk, TextChunk)) == text


def test_the_last_line_needs_no_newline() -> None:
    assert read(line(chat_end())[:-1]) == [END]


def test_every_error_in_a_stream_is_one_of_ours() -> None:
    for member in (b"5", b"{}", b"[1]", b'{"message":"m"}', b"true", b'{"error":{"a":null}}'):
        with pytest.raises(BackendError) as caught:
            read(b'{"error":' + member + b"}\n")
        assert caught.value.message
