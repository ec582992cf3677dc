"""A stream is read as it comes and ends exactly once, well or with an error."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.dialects.openai.outbound.asked import Asked
from adapters.dialects.openai.outbound.servers import PROFILES
from adapters.dialects.openai.outbound.stream import ChatEvents
from ports.chat import (
    FinishChunk,
    FinishReason,
    TextChunk,
    ThinkingChunk,
    Timing,
    TokenLogprob,
    Usage,
)
from ports.errors import BackendFailed, BackendOverloaded, BackendProtocolError, BackendRejected
from tests.unit.adapters.dialects.chunks import finish, text, thinking
from tests.unit.adapters.dialects.openai.streams import DONE, delta, event, outcome, read, reads_of

HELLO = delta(role="assistant", content="") + delta(content="Hel") + delta(content="lo")
STOP = delta("stop")
USAGE = {"prompt_tokens": 31, "completion_tokens": 17, "total_tokens": 48}


def test_text_comes_with_the_read_that_brought_it_and_in_one_piece() -> None:
    events = ChatEvents()

    assert events.feed(HELLO) == [TextChunk(text="Hello")]
    assert events.feed(delta(content="!")) == [TextChunk(text="!")]
    assert events.feed(STOP) == []
    assert events.feed(DONE) == [FinishChunk(reason=FinishReason.STOP, model="m1")]


def test_a_role_alone_is_no_chunk() -> None:
    assert ChatEvents().feed(delta(role="assistant", content=None)) == []


@pytest.mark.parametrize("size", [1, 2, 7, 50])
def test_the_size_of_the_reads_changes_nothing(size: int) -> None:
    stream = HELLO + delta(content="é😀") + STOP + DONE

    assert text(read(reads_of(stream, size))) == "Helloé😀"


def test_usage_behind_the_finish_reason_is_waited_for() -> None:
    chunks = read([HELLO + STOP, event({"choices": [], "usage": USAGE}), DONE])

    assert finish(chunks).usage == Usage(prompt_tokens=31, completion_tokens=17)


@pytest.mark.parametrize("aside", [{"choices": []}, {}, {"choices": None}, {"usage": None}])
def test_a_chunk_with_no_choices_is_read_for_usage(aside: dict[str, Any]) -> None:
    chunks = read([event(aside) + HELLO + event(aside | {"usage": USAGE}) + STOP + DONE])

    assert text(chunks) == "Hello"
    assert finish(chunks).usage.prompt_tokens == 31


def test_there_is_exactly_one_end() -> None:
    events = ChatEvents()

    chunks = events.feed(HELLO + STOP + DONE + DONE) + events.feed(STOP + DONE) + events.finish()

    assert finish(chunks).reason is FinishReason.STOP


def test_nothing_more_need_be_read_once_the_end_mark_was_there() -> None:
    events = ChatEvents()
    events.feed(HELLO + STOP)

    assert not events.done
    events.feed(DONE)
    assert events.done


def test_the_end_mark_may_be_missing_where_a_finish_reason_was() -> None:
    assert finish(read([HELLO + STOP])).reason is FinishReason.STOP


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_an_end_mark_without_a_finish_reason_is_an_end_only_where_servers_do_so(size: int) -> None:
    lenient = ChatEvents(Asked(mark_suffices=True))

    chunks = [it for data in reads_of(HELLO + DONE, size) for it in lenient.feed(data)]

    assert finish(chunks).reason is FinishReason.STOP
    with pytest.raises(BackendProtocolError, match="before it was complete"):
        read(reads_of(HELLO + DONE, size))


def test_only_servers_that_are_known_to_lose_their_reason_may() -> None:
    assert {name for name, it in PROFILES.items() if it.mark_suffices} == {"generic", "litellm"}


@pytest.mark.parametrize("stream", [b"", HELLO, HELLO + b'data: {"choices"', b": ping\n\n", DONE])
def test_a_stream_that_breaks_off_is_an_error(stream: bytes) -> None:
    with pytest.raises(BackendProtocolError):
        read([stream])


def test_an_empty_finish_reason_is_none() -> None:
    with pytest.raises(BackendProtocolError, match="before it was complete"):
        read([HELLO + delta("")])


def test_the_last_usage_wins_wherever_it_stands() -> None:
    early = event({"choices": [{"delta": {"content": "a"}}], "usage": {"completion_tokens": 1}})
    groq = event({"choices": [], "x_groq": {"id": "r", "usage": {"completion_tokens": 9}}})

    assert finish(read([early + STOP + DONE])).usage.completion_tokens == 1
    assert finish(read([early + groq + STOP + DONE])).usage.completion_tokens == 9


def counted(**usage: Any) -> bytes:
    return event({"choices": [], "usage": usage})


@pytest.mark.parametrize(
    "told",
    [
        counted(prompt_tokens=31) + counted(completion_tokens=17),
        counted(completion_tokens=17) + counted(prompt_tokens=31),
        counted(prompt_tokens=31, completion_tokens=0)
        + counted(prompt_tokens=None, completion_tokens=17),
        # Those of one form are counted anew each time.
        b"".join(counted(prompt_tokens=31, completion_tokens=each) for each in (1, 9, 17)),
        counted(prompt_tokens=30)
        + counted(completion_tokens=16)
        + counted(prompt_tokens=31)
        + counted(completion_tokens=17),
        counted(prompt_tokens=31, completion_tokens=17) + counted(cost="?"),
    ],
)
def test_of_each_figure_the_last_one_that_is_known_wins(told: bytes) -> None:
    expected = Usage(prompt_tokens=31, completion_tokens=17)

    assert finish(read([HELLO + STOP + told + DONE])).usage == expected


def test_llamacpp_counts_in_timings() -> None:
    timings = {
        "cache_n": 5,
        "prompt_n": 11,
        "prompt_ms": 1.234567,
        "predicted_n": 3,
        "predicted_ms": 7.654321,
    }
    last = event(
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]} | {"timings": timings}
    )

    end = finish(read([HELLO + last + DONE]))

    assert end.usage == Usage(prompt_tokens=16, completion_tokens=3, cached_tokens=5)
    assert end.timing == Timing(prompt_ns=1234567, completion_ns=7654321)


def test_other_choices_are_passed_over() -> None:
    first, second = ({"index": i, "delta": {"content": str(i)}} for i in (0, 1))

    chunks = read([event({"choices": [second, first]}) + event({"choices": [second]}) + STOP])

    assert text(chunks) == "0"


def test_a_refusal_is_text() -> None:
    assert text(read([delta(refusal="I won't.") + STOP])) == "I won't."


@pytest.mark.parametrize("content", [None, ""])
def test_a_refusal_behind_text_is_text_too(content: str | None) -> None:
    stream = [delta(content="Well: "), delta(content=content, refusal="no."), STOP]

    assert text(read(stream)) == "Well: no."


def test_content_may_be_a_list_of_parts() -> None:
    parts = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
        {"type": "text", "text": "a"},
    ]

    chunks = read([delta(content=parts) + STOP])

    assert (thinking(chunks), text(chunks)) == ("hm", "a")


REASONING = [
    {"reasoning": "hm"},
    {"reasoning_content": "hm"},
    {"reasoning_details": [{"type": "reasoning.text", "text": "hm", "signature": None}]},
    {"reasoning_details": [{"type": "reasoning.summary", "summary": "hm"}]},
    {"reasoning_details": [{"type": "reasoning.encrypted", "data": "x"}], "reasoning": "hm"},
    {"reasoning": "", "reasoning_content": "hm"},
]


@pytest.mark.parametrize("fields", REASONING)
def test_thinking_is_read_from_the_field_that_has_it(fields: dict[str, Any]) -> None:
    chunks = read([delta(content="", **fields) + HELLO + STOP])

    assert chunks[:2] == [ThinkingChunk(text="hm"), TextChunk(text="Hello")]


def test_thinking_in_three_fields_is_read_once() -> None:
    details = [{"type": "reasoning.text", "text": "hm"}]
    repeated = {"reasoning": "hm", "reasoning_content": "hm", "reasoning_details": details}

    assert thinking(read([delta(**repeated) + HELLO + STOP])) == "hm"


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_tagged_thinking_is_split_off_however_it_is_cut(size: int) -> None:
    answer = "<think>\nhm</think>\n\nUse <think>."
    stream = b"".join(delta(content=piece) for piece in answer)

    chunks = read(reads_of(stream + STOP + DONE, size))

    assert (thinking(chunks), text(chunks)) == ("hm", "Use <think>.")


def test_text_that_was_held_back_comes_out_at_the_end() -> None:
    assert text(read([delta(content="<thi") + STOP + DONE])) == "<thi"


def test_tags_are_text_where_thinking_has_a_field() -> None:
    chunks = read([delta(reasoning="hm") + delta(content="<think>x</think>") + STOP])

    assert (thinking(chunks), text(chunks)) == ("hm", "<think>x</think>")


@pytest.mark.parametrize("first", [delta(reasoning="hm"), delta(content="<think>hm</think>")])
def test_thinking_that_was_switched_off_is_discarded(first: bytes) -> None:
    chunks = read([first + HELLO + STOP], think=False)

    assert (thinking(chunks), text(chunks)) == ("", "Hello")


def test_logprobs_stay_with_their_text() -> None:
    said = [
        {
            "token": "Hel",
            "logprob": -0.5,
            "bytes": [72],
            "top_logprobs": [{"token": "h", "logprob": -2}],
        }
    ]
    choice = {"index": 0, "delta": {"content": "Hel"}, "logprobs": {"content": said}}

    chunks = read([delta(content="a") + event({"choices": [choice]}) + delta(content="lo") + STOP])

    top = (TokenLogprob(token="h", logprob=-2),)
    token = TokenLogprob(token="Hel", logprob=-0.5, bytes=(72,), top=top)
    assert chunks[:3] == [
        TextChunk(text="a"),
        TextChunk(text="Hel", logprobs=(token,)),
        TextChunk(text="lo"),
    ]


def test_a_character_cut_in_two_by_the_server_is_joined() -> None:
    halves = (
        b'data: {"choices":[{"delta":{"content":"a\\ud83d"}}]}\n\n'
        b'data: {"choices":[{"delta":{"content":"\\ude00b"}}]}\n\n'
    )

    assert text(read([halves + STOP])) == "a😀b"


def test_half_a_character_alone_costs_only_itself() -> None:
    lonely = b'data: {"choices":[{"delta":{"content":"a\\ude00b"}}]}\n\n'

    assert text(read([lonely + STOP])) == "a\ufffdb"


FIRST_HALF = b'data: {"choices":[{"delta":{"content":"a\\ud83d"}}]}\n\n'


@pytest.mark.parametrize("rest", [[STOP, DONE], [STOP], [delta("stop", content=""), DONE]])
def test_half_a_character_at_the_end_is_shown_as_such(rest: list[bytes]) -> None:
    assert text(read([FIRST_HALF, *rest])) == "a\ufffd"


def test_half_a_character_is_not_lost_when_other_text_follows() -> None:
    assert text(read([HELLO, FIRST_HALF, delta(content="b"), STOP])) == "Helloa\ufffdb"


def test_half_a_character_waits_while_something_else_is_said() -> None:
    second = b'data: {"choices":[{"delta":{"content":"\\ude00b"}}]}\n\n'

    assert text(read([FIRST_HALF, event({"type": "ping"}), second, STOP])) == "a😀b"


def test_half_a_character_as_a_token_does_not_cost_the_stream() -> None:
    token = rb'{"token":"\ud83d","logprob":-1}'
    half = b'data: {"choices":[{"delta":{"content":"a"},"logprobs":{"content":[%b]}}]}\n\n'

    chunks = read([half % token, STOP, DONE])

    assert chunks[0] == TextChunk(text="a", logprobs=(TokenLogprob(token="\ufffd", logprob=-1),))


def test_half_a_character_in_the_name_of_a_member_does_not_cost_the_stream() -> None:
    halves = rb'data: {"choices":[{"delta":{"content":"a","x\ud83d":"\ud83d"}}]}' + b"\n\n"

    chunks = read([halves, STOP, DONE])

    assert text(chunks) == "a"
    assert finish(chunks).reason is FinishReason.STOP


def test_half_a_character_of_thinking_stays_thinking() -> None:
    half = b'data: {"choices":[{"delta":{"reasoning":"a\\ud83d"}}]}\n\n'

    assert thinking(read([half + STOP + DONE])) == "a\ufffd"


ODD_EVENTS = {
    "NaN": b'data: {"choices":[{"delta":{"content":"a"}}],"usage":{"cost":NaN}}\n\n',
    "bytes that are no UTF-8": b'data: {"choices":[{"delta":{"content":"a","x":"\xff"}}]}\n\n',
    "an index as text": b'data: {"choices":[{"index":"0","delta":{"content":"a"}}]}\n\n',
    "an id as a number": b'data: {"id":7,"choices":[{"delta":{"content":"a"}}]}\n\n',
    "an unknown field": b'data: {"obfuscation":"x","choices":[{"delta":{"content":"a"}}]}\n\n',
    "usage of another form": b'data: {"choices":[{"delta":{"content":"a"}}],"usage":[1]}\n\n',
    "no error": b'data: {"error":null,"choices":[{"delta":{"content":"a"}}]}\n\n',
}


@pytest.mark.parametrize("odd", ODD_EVENTS.values(), ids=ODD_EVENTS)
def test_an_odd_event_does_not_cost_the_stream(odd: bytes) -> None:
    assert text(read([odd + STOP + DONE])) == "a"


@pytest.mark.parametrize(
    "junk", [b"data: nonsense\n\n", b"data: [1]\n\n", b'data: {"choices":7}\n\n']
)
def test_an_event_that_is_none_is_an_error(junk: bytes) -> None:
    with pytest.raises(BackendProtocolError, match="invalid response from upstream"):
        read([junk])


BUSY = event({"error": {"code": 503, "message": "Busy."}})


def test_an_error_in_the_stream_is_raised() -> None:
    with pytest.raises(BackendOverloaded, match="Busy"):
        ChatEvents().feed(BUSY)


BARE = {
    "an object of kind error": (
        b'data: {"object":"error","message":"engine died","code":500}\n\n',
        "engine died",
    ),
    "an event named error": (b'event: error\ndata: {"message":"boom"}\n\n', "boom"),
    "an event named error with a choice": (
        b'event: error\ndata: {"message":"boom","choices":[{"delta":{"content":"x"}}]}\n\n',
        "boom",
    ),
    "an event named error with an error in it": (
        b'event: error\ndata: {"type":"error","error":{"message":"boom"}}\n\n',
        "boom",
    ),
    "an event named error in words": (b"event: error\ndata: boom\n\n", "boom"),
    "an event named error without words": (
        b"event: error\ndata: {}\n\n",
        "the upstream reported an error",
    ),
    "a field named error": (b'error: {"message":"boom","code":500}\n\n', "boom"),
    "a detail": (b'data: {"detail":"boom"}\n\n', "boom"),
    "a list of details": (b'data: {"detail":[{"msg":"boom"}]}\n\n', "boom"),
    "a message alone": (b'data: {"message":"boom"}\n\n', "boom"),
    "a message beside an empty error": (b'data: {"error":"","message":"boom"}\n\n', "boom"),
    "a message beside no usage": (b'data: {"message":"boom","usage":null}\n\n', "boom"),
    "a list": (b'data: [{"error":{"message":"boom","code":500}}]\n\n', "boom"),
    "with a key in it": (b'data: {"detail":"no: sk-abcdef123456"}\n\n', "no: [hidden]"),
}


@pytest.mark.parametrize(("said", "message"), BARE.values(), ids=BARE)
def test_an_error_without_its_wrapping_is_no_good_end(said: bytes, message: str) -> None:
    events = ChatEvents()
    events.feed(HELLO)

    with pytest.raises(BackendFailed) as caught:
        events.feed(said + DONE)

    assert caught.value.message == message


def test_an_error_without_its_wrapping_keeps_its_kind() -> None:
    with pytest.raises(BackendOverloaded, match="Later"):
        read([HELLO, event({"object": "error", "message": "Later.", "code": 503}), DONE])


PINGS = [
    event({}),
    event({"type": "ping"}),
    event({"object": "ping", "message": "still here"}),
    event({"message": {"role": "assistant"}}),
    event({"message": "", "detail": None}),
    event({"choices": [], "prompt_filter_results": []}),
    event({"choices": [], "usage": USAGE, "message": "done"}),
    b'event: ping\ndata: {"type":"ping"}\n\n',
    b"event: message\ndata: {}\n\n",
]


@pytest.mark.parametrize("aside", PINGS)
def test_what_is_neither_an_answer_nor_an_error_is_passed_over(aside: bytes) -> None:
    assert text(read([HELLO, aside, STOP, aside, DONE])) == "Hello"


def test_a_byte_order_mark_costs_nothing() -> None:
    assert text(read([b"\xef\xbb", b"\xbf" + HELLO, STOP, DONE])) == "Hello"


def test_chunks_before_an_error_are_handed_out_first() -> None:
    events = ChatEvents()

    assert events.feed(HELLO + BUSY + DONE) == [TextChunk(text="Hello")]
    assert isinstance(events.error, BackendOverloaded)
    with pytest.raises(BackendOverloaded):
        events.finish()
    assert not events.done


def test_an_error_that_waits_is_raised_by_the_next_read_too() -> None:
    events = ChatEvents()
    events.feed(HELLO + BUSY)

    with pytest.raises(BackendOverloaded):
        events.feed(DONE)


TORN = {
    "a page": b"<html>\n\n",
    "the end of another event": b'nt":"x"}}]}\n\n',
    "data without its name": b'{"choices":[{"delta":{"content":"x"}}]}\n\n',
    "within an event": b'event: a\nata: {"a":1}\ndata: {}\n\n',
}
LIKE = delta(content=" a") + delta(content=" b") + delta(content=" c")


@pytest.mark.parametrize("torn", TORN.values(), ids=TORN)
@pytest.mark.parametrize("before", [b"", HELLO, HELLO + LIKE, HELLO + STOP])
def test_what_came_before_a_torn_event_is_the_same_wherever_the_reads_are_cut(
    before: bytes, torn: bytes
) -> None:
    stream = before + torn + delta(content="y") + STOP + DONE
    byte_by_byte = outcome(reads_of(stream, 1))

    assert text(byte_by_byte[0]) == (text(read([before + STOP + DONE])) if before else "")
    assert byte_by_byte[1] == "BackendProtocolError: the upstream sent what is no event"
    for cut in range(len(stream) + 1):
        assert outcome([stream[:cut], stream[cut:]]) == byte_by_byte, f"cut at {cut}"


@pytest.mark.parametrize("torn", TORN.values(), ids=TORN)
def test_a_torn_event_behind_the_end_is_nothing_to_the_client(torn: bytes) -> None:
    events = ChatEvents()

    assert text(events.feed(HELLO + STOP + DONE + torn)) == "Hello"
    assert events.done
    assert events.error is None


def test_a_finish_reason_of_error_is_an_error() -> None:
    with pytest.raises(BackendFailed, match="upstream reported an error"):
        read([delta("error")])


def test_openrouters_error_event_tells_what_happened() -> None:
    choice = {"index": 0, "delta": {"content": ""}, "finish_reason": "error"}
    said = {"code": "context_length_exceeded", "message": "Too long."}

    with pytest.raises(BackendRejected, match="Too long") as caught:
        read([event({"error": said, "choices": [choice]})])

    assert caught.value.upstream_code == "context_length_exceeded"
