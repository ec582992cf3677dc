"""The events of a streamed answer, their order, and what Anthropic's own client makes of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from adapters.dialects.anthropic.inbound.chat import encode_message
from adapters.dialects.anthropic.inbound.stream import PING, MessageEvents
from ports.chat import (
    ChatChunk,
    ChatResponse,
    FinishChunk,
    FinishReason,
    TextChunk,
    ThinkingChunk,
    ToolCall,
    ToolCallChunk,
    Usage,
)
from ports.errors import BackendRateLimited, BackendUnavailable, ShuttingDown
from tests.unit.adapters.dialects.anthropic.inbound.sdk import events, message

USAGE = Usage(prompt_tokens=31, completion_tokens=17, cached_tokens=8, cache_write_tokens=3)
COUNTED = {
    "input_tokens": 20,
    "output_tokens": 17,
    "cache_creation_input_tokens": 3,
    "cache_read_input_tokens": 8,
}
ESTIMATED = {
    "input_tokens": 9,
    "output_tokens": 0,
    "cache_creation_input_tokens": 0,
    "cache_read_input_tokens": 0,
}


def new(model: str = "m") -> MessageEvents:
    return MessageEvents("msg_1", model, estimate=9, request_id="req_1")


def said(text: str) -> TextChunk:
    return TextChunk(text=text)


def thought(text: str, signature: str = "") -> ThinkingChunk:
    return ThinkingChunk(text=text, signature=signature)


def call(name: str = "f", arguments: str = "{}", call_id: str = "call_1") -> ToolCallChunk:
    return ToolCallChunk(call=ToolCall(id=call_id, name=name, arguments=arguments))


def end(
    reason: FinishReason = FinishReason.STOP, usage: Usage = USAGE, stop_sequence: str = ""
) -> FinishChunk:
    return FinishChunk(reason=reason, usage=usage, stop_sequence=stop_sequence)


def streamed(batches: Iterable[Sequence[ChatChunk]], stream: MessageEvents | None = None) -> bytes:
    stream = stream or new()
    return b"".join(stream.encode(batch) for batch in batches)


def one_by_one(chunks: Sequence[ChatChunk]) -> list[list[ChatChunk]]:
    return [[chunk] for chunk in chunks]


def start(index: int, **block: object) -> dict[str, object]:
    return {"type": "content_block_start", "index": index, "content_block": block}


def delta(index: int, **change: object) -> dict[str, object]:
    return {"type": "content_block_delta", "index": index, "delta": change}


def stop(index: int) -> dict[str, object]:
    return {"type": "content_block_stop", "index": index}


def tail(reason: str, sequence: str | None = None) -> list[dict[str, object]]:
    return [
        {
            "type": "message_delta",
            "delta": {"stop_reason": reason, "stop_sequence": sequence},
            "usage": COUNTED,
        },
        {"type": "message_stop"},
    ]


HEAD = {
    "type": "message_start",
    "message": {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": ESTIMATED,
    },
}
TEXT: dict[str, object] = {"type": "text", "text": ""}
THINKING: dict[str, object] = {"type": "thinking", "thinking": "", "signature": ""}

STREAMS: list[tuple[str, list[ChatChunk], list[dict[str, Any]]]] = [
    ("nothing", [end()], tail("end_turn")),
    (
        "text",
        [said("a"), said("b"), end()],
        [
            start(0, **TEXT),
            delta(0, type="text_delta", text="a"),
            delta(0, type="text_delta", text="b"),
            stop(0),
            *tail("end_turn"),
        ],
    ),
    (
        "the answer of the wire notes (2.8)",
        [
            thought("Need weather."),
            said("Let me look."),
            call("weather", '{"city":"Oslo"}', "call_a1"),
            end(FinishReason.TOOL_CALLS),
        ],
        [
            start(0, **THINKING),
            delta(0, type="thinking_delta", thinking="Need weather."),
            stop(0),
            start(1, **TEXT),
            delta(1, type="text_delta", text="Let me look."),
            stop(1),
            start(2, type="tool_use", id="call_a1", name="weather", input={}),
            delta(2, type="input_json_delta", partial_json='{"city":"Oslo"}'),
            stop(2),
            *tail("tool_use"),
        ],
    ),
    (
        "two calls, and an upstream that says stop",
        [call(call_id="a"), call("g", '{"x":1}', "b.1"), end(FinishReason.STOP)],
        [
            start(0, type="tool_use", id="a", name="f", input={}),
            delta(0, type="input_json_delta", partial_json="{}"),
            stop(0),
            start(1, type="tool_use", id="toolu_b64_Yi4x", name="g", input={}),
            delta(1, type="input_json_delta", partial_json='{"x":1}'),
            stop(1),
            *tail("tool_use"),
        ],
    ),
    (
        "signed thinking",
        [thought("a"), thought("b", "sig"), said("c"), end()],
        [
            start(0, **THINKING),
            delta(0, type="thinking_delta", thinking="a"),
            delta(0, type="thinking_delta", thinking="b"),
            delta(0, type="signature_delta", signature="sig"),
            stop(0),
            start(1, **TEXT),
            delta(1, type="text_delta", text="c"),
            stop(1),
            *tail("end_turn"),
        ],
    ),
    (
        "a signature and no words",
        [thought("", "sig"), call(), end(FinishReason.TOOL_CALLS)],
        [
            start(0, **THINKING),
            delta(0, type="signature_delta", signature="sig"),
            stop(0),
            start(1, type="tool_use", id="call_1", name="f", input={}),
            delta(1, type="input_json_delta", partial_json="{}"),
            stop(1),
            *tail("tool_use"),
        ],
    ),
    (
        "thinking that is signed piece by piece, behind each other",
        [thought("a", "1"), thought("b"), thought("c", "2"), end()],
        [
            start(0, **THINKING),
            delta(0, type="thinking_delta", thinking="a"),
            delta(0, type="signature_delta", signature="1"),
            stop(0),
            start(1, **THINKING),
            delta(1, type="thinking_delta", thinking="b"),
            delta(1, type="thinking_delta", thinking="c"),
            delta(1, type="signature_delta", signature="2"),
            stop(1),
            *tail("end_turn"),
        ],
    ),
    (
        "thinking behind text",
        [said("a"), thought("b"), said("c"), end(FinishReason.LENGTH)],
        [
            start(0, **TEXT),
            delta(0, type="text_delta", text="a"),
            stop(0),
            start(1, **THINKING),
            delta(1, type="thinking_delta", thinking="b"),
            stop(1),
            start(2, **TEXT),
            delta(2, type="text_delta", text="c"),
            stop(2),
            *tail("max_tokens"),
        ],
    ),
    (
        "text behind a call",
        [call(), said("a"), end(FinishReason.LENGTH)],
        [
            start(0, type="tool_use", id="call_1", name="f", input={}),
            delta(0, type="input_json_delta", partial_json="{}"),
            stop(0),
            start(1, **TEXT),
            delta(1, type="text_delta", text="a"),
            stop(1),
            *tail("max_tokens"),
        ],
    ),
    (
        "a stop sequence",
        [said("a"), end(stop_sequence="\u2028END")],
        [
            start(0, **TEXT),
            delta(0, type="text_delta", text="a"),
            stop(0),
            *tail("stop_sequence", "\u2028END"),
        ],
    ),
    (
        "a refusal",
        [said("a"), end(FinishReason.CONTENT_FILTER)],
        [
            start(0, **TEXT),
            delta(0, type="text_delta", text="a"),
            stop(0),
            *tail("refusal"),
        ],
    ),
]
NAMES = [name for name, _, _ in STREAMS]


@pytest.mark.parametrize(("_name", "chunks", "expected"), STREAMS, ids=NAMES)
def test_the_events_come_in_their_exact_order(
    _name: str, chunks: list[ChatChunk], expected: list[dict[str, Any]]
) -> None:
    # So that its figures are not there at the start.
    batches = one_by_one(chunks) if len(chunks) > 1 else [[said("")], chunks]

    found = events(streamed(batches))

    assert [data for _, data in found] == [HEAD, *expected]
    assert all(name == data["type"] for name, data in found)


@pytest.mark.parametrize(("_name", "chunks", "_expected"), STREAMS, ids=NAMES)
def test_one_block_is_open_at_a_time_and_they_are_numbered_without_gaps(
    _name: str, chunks: list[ChatChunk], _expected: object
) -> None:
    open_block: int | None = None
    following = 0
    for _, data in events(streamed([chunks])):
        match data["type"]:
            case "content_block_start":
                assert open_block is None
                assert data["index"] == following
                open_block, following = following, following + 1
            case "content_block_delta":
                assert data["index"] == open_block
            case "content_block_stop":
                assert data["index"] == open_block
                open_block = None
            case _:
                assert open_block is None


@pytest.mark.parametrize(("_name", "chunks", "_expected"), STREAMS, ids=NAMES)
def test_batches_change_nothing_but_what_is_known_at_the_start(
    _name: str, chunks: list[ChatChunk], _expected: object
) -> None:
    whole = events(streamed([chunks]))

    for cut in range(1, len(chunks)):
        assert events(streamed([chunks[:cut], chunks[cut:]]))[1:] == whole[1:]
    assert events(streamed(one_by_one(chunks)))[1:] == whole[1:]


@pytest.mark.parametrize(("_name", "chunks", "_expected"), STREAMS, ids=NAMES)
def test_a_stream_may_be_cut_at_every_byte(
    _name: str, chunks: list[ChatChunk], _expected: object
) -> None:
    stream = streamed(one_by_one(chunks))
    whole = events(stream)

    for cut in range(1, len(stream)):
        assert events(stream[:cut], stream[cut:]) == whole


def response(chunks: Sequence[ChatChunk]) -> ChatResponse:
    """The chunks of an answer in the usual order, folded."""
    (finish,) = (chunk for chunk in chunks if isinstance(chunk, FinishChunk))
    thoughts = [chunk for chunk in chunks if isinstance(chunk, ThinkingChunk)]
    return ChatResponse(
        text="".join(chunk.text for chunk in chunks if isinstance(chunk, TextChunk)),
        thinking="".join(chunk.text for chunk in thoughts),
        thinking_signature="".join(chunk.signature for chunk in thoughts),
        tool_calls=tuple(chunk.call for chunk in chunks if isinstance(chunk, ToolCallChunk)),
        reason=finish.reason,
        usage=finish.usage,
        stop_sequence=finish.stop_sequence,
    )


USUAL = [row for row in STREAMS if "behind" not in row[0]]


@pytest.mark.parametrize(("_name", "chunks", "_expected"), USUAL, ids=[row[0] for row in USUAL])
def test_anthropics_client_makes_the_same_of_a_stream_and_of_a_whole_answer(
    _name: str, chunks: list[ChatChunk], _expected: object
) -> None:
    whole = encode_message("msg_1", "m", response(chunks), estimate=9)

    assert message(events(streamed(one_by_one(chunks)))) == json.loads(whole)
    assert whole.endswith(b"}\n")


def test_a_whole_answer_has_its_members_in_the_order_of_the_reference() -> None:
    chunks = [thought("hm", "sig"), said("<a>"), call("f", '{"b":1.50}', "c"), end()]

    assert encode_message("msg_1", "m", response(chunks), estimate=9) == (
        b'{"id":"msg_1","type":"message","role":"assistant","model":"m","content":['
        b'{"type":"thinking","thinking":"hm","signature":"sig"},'
        b'{"type":"text","text":"\\u003ca\\u003e"},'
        b'{"type":"tool_use","id":"c","name":"f","input":{"b":1.50}}],'
        b'"stop_reason":"tool_use","stop_sequence":null,'
        b'"usage":{"input_tokens":20,"output_tokens":17,'
        b'"cache_creation_input_tokens":3,"cache_read_input_tokens":8}}\n'
    )


@pytest.mark.parametrize(
    ("usage", "counted"),
    [
        (USAGE, COUNTED),
        (Usage(), ESTIMATED),
        (Usage(completion_tokens=4), {**ESTIMATED, "output_tokens": 4}),
        (Usage(prompt_tokens=0), {**ESTIMATED, "input_tokens": 0}),
        (
            Usage(prompt_tokens=5, cached_tokens=9),
            {**ESTIMATED, "input_tokens": 0, "cache_read_input_tokens": 9},
        ),
    ],
)
def test_cached_tokens_are_counted_once(usage: Usage, counted: dict[str, int]) -> None:
    whole = json.loads(encode_message("msg_1", "m", ChatResponse(usage=usage), estimate=9))
    *_, (_, last), _ = events(streamed([[said("a")], [end(usage=usage)]]))
    first, *_ = (data for _, data in events(streamed([[said("a"), end(usage=usage)]])))

    assert whole["usage"] == last["usage"] == counted
    assert first["message"]["usage"] == {**counted, "output_tokens": 0}


ODD = ["<b>&", "\u2028\u2029\u0085", "\\<", "w\u00f6rld\x0b\x1c\n\r", "\U0001f600", 'a"}}']


@pytest.mark.parametrize("odd", ODD)
def test_no_text_breaks_a_line_or_is_changed(odd: str) -> None:
    arguments = json.dumps({"a": odd}, ensure_ascii=False)
    chunks = [thought(odd, odd), said(odd), said(odd), call(odd, arguments), end()]

    stream = streamed(one_by_one(chunks), new(odd))

    assert len(stream.decode().splitlines()) == stream.count(b"\n")
    made = message(events(stream))
    assert made["model"] == odd
    assert made["content"] == [
        {"type": "thinking", "thinking": odd, "signature": odd},
        {"type": "text", "text": odd + odd},
        {"type": "tool_use", "id": "call_1", "name": odd, "input": {"a": odd}},
    ]


def test_nothing_is_said_of_an_empty_piece() -> None:
    found = events(streamed([[said("")], [thought("")], [end()]]))

    assert [name for name, _ in found] == ["message_start", "message_delta", "message_stop"]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (BackendUnavailable("broke \u2028 off"), "api_error"),
        (BackendRateLimited("slow down"), "rate_limit_error"),
        (ShuttingDown(), "overloaded_error"),
    ],
)
@pytest.mark.parametrize(("_name", "chunks", "_expected"), STREAMS, ids=NAMES)
def test_a_fault_anywhere_is_the_last_event_and_nothing_is_ended_before_it(
    _name: str,
    chunks: list[ChatChunk],
    _expected: object,
    error: BackendUnavailable,
    kind: str,
) -> None:
    for count in range(len(chunks)):
        stream = new()
        begun = streamed(one_by_one(chunks[:count]), stream)

        *before, (name, data) = events(begun + stream.fail(error))

        assert name == "error"
        assert data == {
            "type": "error",
            "error": {"type": kind, "message": error.message},
            "request_id": "req_1",
        }
        assert not {"message_delta", "message_stop"} & {name for name, _ in before}


def test_the_sign_of_life_is_an_event_of_its_own() -> None:
    assert events(PING) == [("ping", {"type": "ping"})]


def test_a_plain_piece_costs_one_event() -> None:
    stream = new()
    stream.encode([said("a")])

    assert stream.encode([said("b")]) == (
        b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,'
        b'"delta":{"type":"text_delta","text":"b"}}\n\n'
    )
