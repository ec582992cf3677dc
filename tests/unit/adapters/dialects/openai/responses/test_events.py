"""Streams: exact sequences, faults anywhere, and agreement with whole answers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest

from adapters.dialects.openai.responses.answer import encode_response
from adapters.dialects.openai.responses.packing import pack
from ports.chat import (
    ChatChunk,
    ChatResponse,
    FinishChunk,
    FinishReason,
    TextChunk,
    ThinkingChunk,
    TokenLogprob,
    ToolCall,
    ToolCallChunk,
    Usage,
)
from ports.errors import (
    CONTEXT_LENGTH_EXCEEDED,
    BackendError,
    BackendFailed,
    BackendOverloaded,
    BackendProtocolError,
    BackendRateLimited,
    BackendRejected,
    BackendTimeout,
    GatewayError,
    InvalidRequest,
    ShuttingDown,
)
from tests.unit.adapters.dialects.every_error import every_error
from tests.unit.adapters.dialects.openai.responses.made import (
    TOKEN,
    create,
    events_of,
    kinds,
    parsed,
    streamed,
)

USAGE = Usage(prompt_tokens=11, completion_tokens=3)
STOP = FinishChunk(reason=FinishReason.STOP, usage=USAGE)
CALL = ToolCallChunk(call=ToolCall(id="call_1", name="f", arguments='{"a":1}'))
OTHER = ToolCallChunk(call=ToolCall(id="call_2", name="g", arguments="{}"))

BEGIN = ["created", "in_progress"]
REASONING_OPENS = ["output_item.added", "reasoning_summary_part.added"]
THOUGHT = "reasoning_summary_text.delta"
REASONING_CLOSES = [
    "reasoning_summary_text.done",
    "reasoning_summary_part.done",
    "output_item.done",
]
MESSAGE_OPENS = ["output_item.added", "content_part.added"]
SAID = "output_text.delta"
MESSAGE_CLOSES = ["output_text.done", "content_part.done", "output_item.done"]
CALLED = [
    "output_item.added",
    "function_call_arguments.delta",
    "function_call_arguments.done",
    "output_item.done",
]
SIGNED = ["output_item.added", "output_item.done"]


def say(text: str) -> TextChunk:
    return TextChunk(text=text)


def think(text: str, signature: str = "") -> ThinkingChunk:
    return ThinkingChunk(text=text, signature=signature)


STREAMS: dict[str, tuple[list[ChatChunk], list[str]]] = {
    "text": (
        [say("Hel"), say("lo"), STOP],
        [*MESSAGE_OPENS, SAID, SAID, *MESSAGE_CLOSES],
    ),
    "nothing": ([STOP], [*MESSAGE_OPENS, *MESSAGE_CLOSES]),
    "only thinking": (
        [think("let"), STOP],
        [*REASONING_OPENS, THOUGHT, *REASONING_CLOSES, *MESSAGE_OPENS, *MESSAGE_CLOSES],
    ),
    "only a signature and nothing else": (
        [think("", "sig"), STOP],
        [*SIGNED, *MESSAGE_OPENS, *MESSAGE_CLOSES],
    ),
    "thinking and text": (
        [think("let"), think(" me"), say("Hi"), STOP],
        [
            *[*REASONING_OPENS, THOUGHT, THOUGHT, *REASONING_CLOSES],
            *[*MESSAGE_OPENS, SAID, *MESSAGE_CLOSES],
        ],
    ),
    "signed thinking and text": (
        [think("let", "sig"), say("Hi"), STOP],
        [*REASONING_OPENS, THOUGHT, *REASONING_CLOSES, *MESSAGE_OPENS, SAID, *MESSAGE_CLOSES],
    ),
    "a signature of its own": (
        [think("let"), think("", "sig"), say("Hi"), STOP],
        [*REASONING_OPENS, THOUGHT, *REASONING_CLOSES, *MESSAGE_OPENS, SAID, *MESSAGE_CLOSES],
    ),
    "a signature behind the text": (
        [think("let"), say("Hi"), think("", "sig"), STOP],
        [
            *[*REASONING_OPENS, THOUGHT, *REASONING_CLOSES],
            *[*MESSAGE_OPENS, SAID, *MESSAGE_CLOSES, *SIGNED],
        ],
    ),
    "only a signature": (
        [think("", "sig"), say("Hi"), STOP],
        [*SIGNED, *MESSAGE_OPENS, SAID, *MESSAGE_CLOSES],
    ),
    "a call": ([CALL, STOP], CALLED),
    "two calls": ([CALL, OTHER, STOP], [*CALLED, *CALLED]),
    "text and calls": (
        [say("Hi"), CALL, OTHER, STOP],
        [*MESSAGE_OPENS, SAID, *MESSAGE_CLOSES, *CALLED, *CALLED],
    ),
    "thinking, text and a call": (
        [think("let"), say("Hi"), CALL, STOP],
        [
            *[*REASONING_OPENS, THOUGHT, *REASONING_CLOSES],
            *[*MESSAGE_OPENS, SAID, *MESSAGE_CLOSES],
            *CALLED,
        ],
    ),
    "all of it twice": (
        [think("a"), say("b"), CALL, think("c"), say("d"), OTHER, STOP],
        2
        * [
            *[*REASONING_OPENS, THOUGHT, *REASONING_CLOSES],
            *[*MESSAGE_OPENS, SAID, *MESSAGE_CLOSES],
            *CALLED,
        ],
    ),
}


def cuts(chunks: Sequence[ChatChunk]) -> list[list[list[ChatChunk]]]:
    """Every way in which the network may bring the chunks: each alone, all at once, and between."""
    ways = []
    for mask in range(2 ** (len(chunks) - 1)):
        batches: list[list[ChatChunk]] = [[chunks[0]]]
        for position, chunk in enumerate(chunks[1:]):
            if mask >> position & 1:
                batches.append([chunk])
            else:
                batches[-1].append(chunk)
        ways.append(batches)
    return ways


@pytest.mark.parametrize("name", STREAMS)
def test_the_events_come_in_their_exact_order(name: str) -> None:
    chunks, between = STREAMS[name]

    events = streamed([[chunk] for chunk in chunks])

    assert kinds(events) == [*BEGIN, *between, "completed"]
    assert [event["sequence_number"] for event in events] == list(range(len(events)))


@pytest.mark.parametrize("name", STREAMS)
def test_batches_make_no_difference(name: str) -> None:
    chunks, _ = STREAMS[name]
    events = events_of()
    alone = b"".join(events.encode([chunk]) for chunk in chunks)

    for batches in cuts(chunks):
        events = events_of()
        assert b"".join(events.encode(batch) for batch in batches) == alone


@pytest.mark.parametrize("name", STREAMS)
def test_one_item_is_open_at_a_time_and_keeps_its_place_and_id(name: str) -> None:
    chunks, _ = STREAMS[name]
    opened: list[str] = []
    current: str | None = None

    for event in streamed([chunks]):
        match event["type"]:
            case "response.output_item.added":
                assert current is None
                assert event["output_index"] == len(opened)
                current = event["item"]["id"]
                opened.append(current)
            case "response.output_item.done":
                assert event["output_index"] == len(opened) - 1
                assert event["item"]["id"] == current
                current = None
            case "response.completed":
                assert current is None
                assert [item["id"] for item in event["response"]["output"]] == opened
            case _ if "item_id" in event:
                assert event["item_id"] == current
                assert event["output_index"] == len(opened) - 1
    assert len(set(opened)) == len(opened)


@pytest.mark.parametrize("name", STREAMS)
def test_what_is_done_is_what_the_pieces_said(name: str) -> None:
    pieces: dict[tuple[int, str], str] = {}
    output: list[dict[str, Any]] = []

    for event in streamed([STREAMS[name][0]]):
        kind = event["type"]
        if kind.endswith(".delta"):
            place = event["output_index"], kind.removesuffix(".delta")
            pieces[place] = pieces.get(place, "") + event["delta"]
        elif kind.endswith(("text.done", "arguments.done")):
            whole = event["text"] if "text" in event else event["arguments"]
            assert whole == pieces.get((event["output_index"], kind.removesuffix(".done")), "")
        elif kind == "response.output_item.done":
            output.append(event["item"])
        elif kind == "response.completed":
            assert event["response"]["output"] == output


def test_a_text_is_written_as_recorded_but_for_ids_and_what_openai_adds() -> None:
    written = b"".join(
        events_of().encode(batch)
        for batch in [[say("Hello"), say(" <b>&"), say(" wörld\u2028\u0085"), STOP]]
    ).decode()

    response = (
        '{"background":false,"completed_at":null,"created_at":7,"error":null,'
        '"frequency_penalty":0,"id":"resp_t0","incomplete_details":null,"instructions":null,'
        '"max_output_tokens":null,"max_tool_calls":null,"metadata":{},"model":"m",'
        '"object":"response","output":[],"parallel_tool_calls":true,"presence_penalty":0,'
        '"previous_response_id":null,"prompt_cache_key":null,"reasoning":null,'
        '"safety_identifier":null,"service_tier":"default","status":"in_progress",'
        '"store":false,"temperature":1,"text":{"format":{"type":"text"}},'
        '"tool_choice":"auto","tools":[],"top_logprobs":0,"top_p":1,'
        '"truncation":"disabled","usage":null}'
    )
    item = (
        '{"content":[],"id":"msg_t0_0","role":"assistant","status":"in_progress","type":"message"}'
    )
    text = r"Hello \u003cb\u003e\u0026 wörld\u2028\u0085"
    part = f'{{"annotations":[],"logprobs":[],"text":"{text}","type":"output_text"}}'
    done = (
        f'{{"content":[{part}],"id":"msg_t0_0","role":"assistant","status":"completed",'
        '"type":"message"}'
    )
    usage = (
        '{"input_tokens":11,"input_tokens_details":{"cache_write_tokens":0,"cached_tokens":0},'
        '"output_tokens":3,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":14}'
    )
    completed = (
        response.replace('"completed_at":null', '"completed_at":9')
        .replace('"output":[]', f'"output":[{done}]')
        .replace('"in_progress"', '"completed"')
        .replace('"usage":null', f'"usage":{usage}')
    )

    def delta(number: int, text: str) -> str:
        return (
            f'{{"content_index":0,"delta":"{text}","item_id":"msg_t0_0","logprobs":[],'
            f'"output_index":0,"sequence_number":{number},"type":"response.output_text.delta"}}'
        )

    assert written.split("\n\n") == [
        f"event: {name}\ndata: {data}"
        for name, data in (
            (
                "response.created",
                f'{{"response":{response},"sequence_number":0,"type":"response.created"}}',
            ),
            (
                "response.in_progress",
                f'{{"response":{response},"sequence_number":1,"type":"response.in_progress"}}',
            ),
            (
                "response.output_item.added",
                (
                    f'{{"item":{item},"output_index":0,"sequence_number":2,'
                    '"type":"response.output_item.added"}'
                ),
            ),
            (
                "response.content_part.added",
                (
                    '{"content_index":0,"item_id":"msg_t0_0","output_index":0,'
                    '"part":{"annotations":[],"logprobs":[],"text":"","type":"output_text"},'
                    '"sequence_number":3,"type":"response.content_part.added"}'
                ),
            ),
            ("response.output_text.delta", delta(4, "Hello")),
            ("response.output_text.delta", delta(5, r" \u003cb\u003e\u0026")),
            ("response.output_text.delta", delta(6, r" wörld\u2028\u0085")),
            (
                "response.output_text.done",
                (
                    '{"content_index":0,"item_id":"msg_t0_0","logprobs":[],"output_index":0,'
                    f'"sequence_number":7,"text":"{text}","type":"response.output_text.done"}}'
                ),
            ),
            (
                "response.content_part.done",
                (
                    f'{{"content_index":0,"item_id":"msg_t0_0","output_index":0,"part":{part},'
                    '"sequence_number":8,"type":"response.content_part.done"}'
                ),
            ),
            (
                "response.output_item.done",
                (
                    f'{{"item":{done},"output_index":0,"sequence_number":9,'
                    '"type":"response.output_item.done"}'
                ),
            ),
            (
                "response.completed",
                f'{{"response":{completed},"sequence_number":10,"type":"response.completed"}}',
            ),
        )
    ] + [""]


def test_thinking_is_written_with_the_parts_that_ollama_leaves_out() -> None:
    events = streamed([[think("let"), think(" me", "sig"), STOP]])[2:9]

    place = {"item_id": "rs_t0_0", "output_index": 0, "summary_index": 0}
    part = {"type": "summary_text", "text": "let me"}
    assert [
        {name: value for name, value in event.items() if name not in {"type", "sequence_number"}}
        for event in events
    ] == [
        {"output_index": 0, "item": {"id": "rs_t0_0", "type": "reasoning", "summary": []}},
        place | {"part": {"type": "summary_text", "text": ""}},
        place | {"delta": "let"},
        place | {"delta": " me"},
        place | {"text": "let me"},
        place | {"part": part},
        {
            "output_index": 0,
            "item": {
                "id": "rs_t0_0",
                "type": "reasoning",
                "summary": [part],
                "encrypted_content": pack("let me", "sig"),
            },
        },
    ]
    assert list(events[2]) == [
        "delta",
        "item_id",
        "output_index",
        "sequence_number",
        "summary_index",
        "type",
    ]


def test_a_call_is_written_whole_with_arguments_as_a_string() -> None:
    events = streamed([[CALL, STOP]])[2:-1]

    item = {
        "id": "fc_t0_0",
        "type": "function_call",
        "call_id": "call_1",
        "name": "f",
        "arguments": '{"a":1}',
        "status": "completed",
    }
    assert [
        {name: value for name, value in event.items() if name not in {"type", "sequence_number"}}
        for event in events
    ] == [
        {"output_index": 0, "item": item | {"arguments": "", "status": "in_progress"}},
        {"item_id": "fc_t0_0", "output_index": 0, "delta": '{"a":1}'},
        {"item_id": "fc_t0_0", "output_index": 0, "name": "f", "arguments": '{"a":1}'},
        {"output_index": 0, "item": item},
    ]


def test_a_late_signature_is_an_item_without_a_summary() -> None:
    *_, response = streamed([[say("Hi"), think("", "sig"), STOP]])

    assert response["response"]["output"][1] == {
        "id": "rs_t0_1",
        "type": "reasoning",
        "summary": [],
        "encrypted_content": pack("", "sig"),
    }


@pytest.mark.parametrize("again", [CALL, say("more"), think("more")])
def test_two_calls_of_one_id_are_told_apart(again: ChatChunk) -> None:
    *_, end = streamed([[CALL, again, CALL, STOP]])

    ids = [item["call_id"] for item in end["response"]["output"] if "call_id" in item]
    assert len(set(ids)) == len(ids) >= 2
    assert ids[0] == "call_1"


def test_log_probabilities_come_with_the_piece_and_once_more_at_the_end() -> None:
    first = TextChunk(text="a", logprobs=(TokenLogprob(token="a", logprob=-0.5, bytes=(97,)),))
    half = TextChunk(text="", logprobs=(TokenLogprob(token="\ufffd", logprob=-1.0),))

    events = streamed([[first], [say("b")], [half], [STOP]], create(top_logprobs=1))

    one = {"token": "a", "bytes": [97], "logprob": -0.5, "top_logprobs": []}
    two = {"token": "\ufffd", "bytes": None, "logprob": -1.0, "top_logprobs": []}
    deltas = [event for event in events if event["type"].endswith("text.delta")]
    assert [(event["delta"], event["logprobs"]) for event in deltas] == [
        ("a", [one]),
        ("b", []),
        ("", [two]),
    ]
    (done,) = (event for event in events if event["type"].endswith("text.done"))
    assert (done["text"], done["logprobs"]) == ("ab", [one, two])
    assert events[-1]["response"]["output"][0]["content"][0]["logprobs"] == [one, two]


@pytest.mark.parametrize(
    ("reason", "end", "details"),
    [
        (FinishReason.STOP, "completed", None),
        (FinishReason.TOOL_CALLS, "completed", None),
        (FinishReason.LENGTH, "incomplete", {"reason": "max_output_tokens"}),
        (FinishReason.CONTENT_FILTER, "incomplete", {"reason": "content_filter"}),
    ],
)
def test_a_cut_answer_ends_incomplete(reason: FinishReason, end: str, details: Any) -> None:
    *_, item, last = streamed([[say("a")], [FinishChunk(reason=reason, usage=USAGE)]])

    assert last["type"] == f"response.{end}"
    assert (last["response"]["status"], last["response"]["incomplete_details"]) == (end, details)
    assert last["response"]["completed_at"] == (9 if end == "completed" else None)
    assert last["response"]["usage"]["total_tokens"] == 14
    assert item["item"]["status"] == end


def folded(chunks: Sequence[ChatChunk]) -> ChatResponse:
    """What a backend would have answered whole."""
    end = chunks[-1]
    assert isinstance(end, FinishChunk)
    return ChatResponse(
        text="".join(chunk.text for chunk in chunks if isinstance(chunk, TextChunk)),
        thinking="".join(chunk.text for chunk in chunks if isinstance(chunk, ThinkingChunk)),
        thinking_signature="".join(
            chunk.signature for chunk in chunks if isinstance(chunk, ThinkingChunk)
        ),
        tool_calls=tuple(chunk.call for chunk in chunks if isinstance(chunk, ToolCallChunk)),
        reason=end.reason,
        usage=end.usage,
    )


@pytest.mark.parametrize(
    "name",
    [name for name in STREAMS if name not in {"all of it twice", "a signature behind the text"}],
)
@pytest.mark.parametrize("reason", list(FinishReason))
def test_a_stream_ends_with_the_whole_answer(name: str, reason: FinishReason) -> None:
    chunks = [*STREAMS[name][0][:-1], FinishChunk(reason=reason, usage=USAGE)]
    whole = encode_response(create(), folded(chunks), token=TOKEN, created_at=7, completed_at=9)

    *_, end = streamed([[chunk] for chunk in chunks])

    assert end["response"] == json.loads(whole)


@pytest.mark.parametrize("name", STREAMS)
def test_a_fault_at_any_point_fails_the_response_and_closes_nothing(name: str) -> None:
    chunks, _ = STREAMS[name]

    for sent in range(1, len(chunks)):
        events = events_of()
        written = b"".join(events.encode([chunk]) for chunk in chunks[:sent])
        before = parsed(written)
        error, last = parsed(events.fail(BackendFailed("it broke")))

        assert (error["type"], last["type"]) == ("error", "response.failed")
        assert error["error"]["message"] == "it broke"
        assert error["sequence_number"] == len(before)
        assert last["sequence_number"] == len(before) + 1
        response = last["response"]
        assert response["status"] == "failed"
        assert response["error"] == {"code": "server_error", "message": "it broke"}
        assert (response["completed_at"], response["usage"]) == (None, None)
        assert response["id"] == before[0]["response"]["id"]
        done = [event["item"] for event in before if event["type"].endswith("item.done")]
        added = [event["item"]["id"] for event in before if event["type"].endswith("item.added")]
        assert response["output"][: len(done)] == done
        assert [item["id"] for item in response["output"]] == added


def test_what_was_open_is_told_as_far_as_it_came() -> None:
    events = events_of()
    events.encode([say("Hel"), say("lo")])

    _, failed = parsed(events.fail(BackendProtocolError("cut")))

    (item,) = failed["response"]["output"]
    assert (item["status"], item["content"][0]["text"]) == ("incomplete", "Hello")


def test_a_fault_before_the_first_event_is_an_event_of_its_own() -> None:
    assert events_of().fail(BackendTimeout("upstream timed out")) == (
        b'event: error\ndata: {"code":"server_error",'
        b'"error":{"code":"server_error","message":"upstream timed out","param":null,'
        b'"type":"server_error"},"message":"upstream timed out",'
        b'"param":null,"sequence_number":0,"type":"error"}\n\n'
    )


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BackendRateLimited("w"), "rate_limit_exceeded"),
        (BackendRateLimited("w", upstream_code="insufficient_quota"), "insufficient_quota"),
        (BackendRejected("w", status=402), "insufficient_quota"),
        (BackendRejected("w", upstream_code=CONTEXT_LENGTH_EXCEEDED), "context_length_exceeded"),
        (BackendRejected("w", status=413), "invalid_prompt"),
        (InvalidRequest("w"), "invalid_prompt"),
        (BackendOverloaded("w"), "server_is_overloaded"),
        (BackendError("w"), "server_error"),
        (ShuttingDown(), "server_error"),
    ],
)
def test_a_fault_has_a_code_that_clients_act_on(error: GatewayError, code: str) -> None:
    (event,) = parsed(events_of().fail(error))

    assert (event["code"], event["message"]) == (code, error.message)
    assert (event["error"]["code"], event["error"]["message"]) == (code, error.message)


@pytest.mark.parametrize("error", every_error(), ids=lambda error: type(error).__name__)
def test_every_error_can_end_a_stream(error: GatewayError) -> None:
    events = events_of()
    events.encode([say("a")])

    told, failed = parsed(events.fail(error))

    assert told["error"]["message"] == told["message"] == error.message
    assert failed["response"]["error"]["message"] == error.message
    assert failed["response"]["error"]["code"]


def test_events_repeat_what_the_request_decided() -> None:
    events = streamed([[say("a"), STOP]], create(instructions="Be nice", temperature=0))
    responses = [event["response"] for event in events if "response" in event]

    assert len(responses) == 3
    for before, after in pairwise(responses):
        assert before["instructions"] == after["instructions"] == "Be nice"
        assert before["temperature"] == after["temperature"] == 0
