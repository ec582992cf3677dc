"""Prompts to complete: what is sent, and what whole answers and streams of them say."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import Raw

from adapters.backends.folding import unfold
from adapters.dialects.openai.outbound.completions import (
    completion_path,
    decode_completion,
    encode_completion,
)
from adapters.dialects.openai.outbound.profile import Profile
from adapters.dialects.openai.outbound.servers import PROFILES
from adapters.dialects.openai.outbound.stream import ChatEvents
from ports.chat import (
    ChatChunk,
    ChatResponse,
    FinishChunk,
    FinishReason,
    Image,
    JsonFormat,
    Options,
    TextChunk,
    Timing,
    TokenLogprob,
    Usage,
)
from ports.errors import (
    BackendError,
    BackendFailed,
    BackendProtocolError,
    BackendRejected,
    InvalidRequest,
)
from ports.generate import GenerateRequest
from tests.unit.adapters.dialects.chunks import finish, joined, text
from tests.upstream.answers import DONE, completion_chunk, completion_events, event, usage

GENERIC = PROFILES["generic"]
WORDS = ["<think>", "a\u2028é😀", "", ' "q"\n']
SAID = "".join(WORDS)


def sent(
    profile: Profile = GENERIC, *, stream: bool = False, prompt: str = "p", **fields: Any
) -> dict[str, Any]:
    request = GenerateRequest(model="m", prompt=prompt, raw=True, **fields)
    answer: dict[str, Any] = json.loads(encode_completion(request, stream=stream, profile=profile))
    return answer


def body(finish_reason: Any = "stop", *, top: dict[str, Any] | None = None, **choice: Any) -> bytes:
    row = {"index": 0, "finish_reason": finish_reason, **choice}
    return json.dumps({"id": "cmpl-1", "model": "m1", "choices": [row], **(top or {})}).encode()


def read(reads: list[bytes]) -> list[ChatChunk]:
    events = ChatEvents(verbatim=True)
    chunks = [chunk for data in reads for chunk in events.feed(data)]
    return chunks + events.finish()


# What is sent.


def test_a_prompt_goes_as_it_is_and_nothing_is_added() -> None:
    prompt = "<|user|>\n  hi<|end|>\u2028"

    assert sent(prompt=prompt) == {"model": "m", "prompt": prompt, "stream": False}


def test_a_suffix_goes_beside_the_prompt() -> None:
    assert sent(suffix="tail")["suffix"] == "tail"


def test_usage_is_asked_for_in_streams_where_that_can_be_asked() -> None:
    assert sent(stream=True)["stream_options"] == {"include_usage": True}
    assert "stream_options" not in sent(stream=False)
    assert "stream_options" not in sent(PROFILES["mistral"], stream=True)


OPTIONS = Options(
    temperature=0.0,
    top_p=0.5,
    top_k=7,
    repeat_penalty=1.1,
    presence_penalty=0.2,
    frequency_penalty=0.3,
    seed=3,
    max_tokens=9,
    stop=("a", "", "b", "c", "d", "e"),
    extensions={"num_ctx": Raw(b"4096"), "mirostat": Raw(b"2")},
)
COMMON = {
    "temperature": 0,
    "top_p": 0.5,
    "presence_penalty": 0.2,
    "frequency_penalty": 0.3,
    "max_tokens": 9,
}
FIVE = ["a", "b", "c", "d", "e"]


@pytest.mark.parametrize(
    ("profile", "options"),
    [
        ("generic", {"seed": 3, "stop": FIVE}),
        ("openai", {"seed": 3, "stop": FIVE[:4]}),
        ("vllm", {"seed": 3, "stop": FIVE, "top_k": 7, "repetition_penalty": 1.1}),
        (
            "llamacpp",
            {"seed": 3, "stop": FIVE, "top_k": 7, "repeat_penalty": 1.1, "mirostat": 2},
        ),
        ("mistral", {"random_seed": 3, "stop": FIVE}),
    ],
)
def test_options_have_the_names_of_the_server(profile: str, options: dict[str, Any]) -> None:
    got = sent(PROFILES[profile], options=OPTIONS)

    assert got == {"model": "m", "prompt": "p", "stream": False, **COMMON, **options}


@pytest.mark.parametrize(
    ("asked", "number"),
    [
        ({"logprobs": True}, 0),
        ({"logprobs": True, "top_logprobs": 3}, 3),
        ({}, None),
    ],
)
def test_log_probabilities_are_asked_for_by_a_number(
    asked: dict[str, Any], number: int | None
) -> None:
    assert sent(**asked).get("logprobs") == number
    assert "logprobs" not in sent(PROFILES["groq"], **asked)


SCHEMA = Raw(b'{"type":"array"}')


@pytest.mark.parametrize(
    ("profile", "wanted", "fields"),
    [
        ("vllm", JsonFormat(), {"response_format": {"type": "json_object"}}),
        (
            "vllm",
            JsonFormat(schema=SCHEMA),
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"schema": {"type": "array"}, "name": "schema"},
                }
            },
        ),
        ("llamacpp", JsonFormat(), {"json_schema": {"type": "object"}}),
        ("llamacpp", JsonFormat(schema=SCHEMA), {"json_schema": {"type": "array"}}),
    ],
)
def test_a_format_is_told_as_the_server_takes_it(
    profile: str, wanted: JsonFormat, fields: dict[str, Any]
) -> None:
    got = sent(PROFILES[profile], format=wanted)

    assert got == {"model": "m", "prompt": "p", "stream": False, **fields}


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"format": JsonFormat()}, "format is not supported"),
        ({"images": (Image(data=b"x", media_type="image/png"),)}, "images are not supported"),
    ],
)
def test_what_a_prompt_cannot_carry_is_refused(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidRequest, match=said):
        sent(**asked)


@pytest.mark.parametrize(
    ("profile", "suffix", "path"),
    [
        ("generic", "", "completions"),
        ("generic", "s", "completions"),
        ("vllm", "", "completions"),
        ("llamacpp", "", "completions"),
        ("mistral", "s", "fim/completions"),
    ],
)
def test_a_prompt_has_its_path(profile: str, suffix: str, path: str) -> None:
    request = GenerateRequest(model="m", prompt="p", suffix=suffix, raw=not suffix)

    assert completion_path(request, PROFILES[profile]) == path


@pytest.mark.parametrize(
    ("profile", "suffix", "said"),
    [
        ("vllm", "s", "suffix is not supported by this backend"),
        ("llamacpp", "s", "suffix is not supported by this backend"),
        ("mistral", "", "raw mode is not supported by this backend"),
        ("groq", "", "raw mode is not supported by this backend"),
        ("gemini", "s", "suffix is not supported by this backend"),
    ],
)
def test_what_a_server_is_known_not_to_do_is_not_asked_of_it(
    profile: str, suffix: str, said: str
) -> None:
    request = GenerateRequest(model="m", prompt="p", suffix=suffix, raw=True)

    with pytest.raises(InvalidRequest, match=said):
        completion_path(request, PROFILES[profile])


# What whole answers say.


def test_a_whole_answer_is_read_as_it_is() -> None:
    answer = decode_completion(body(text="<think>a</think>b", top={"usage": usage(12, 3)}))

    assert answer == ChatResponse(
        text="<think>a</think>b",
        model="m1",
        usage=Usage(prompt_tokens=12, completion_tokens=3),
    )


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("length", FinishReason.LENGTH),
        ("content_filter", FinishReason.CONTENT_FILTER),
        ("eos", FinishReason.STOP),
        (None, FinishReason.STOP),
    ],
)
def test_the_reason_is_told(said: str | None, reason: FinishReason) -> None:
    assert decode_completion(body(said, text="a")).reason is reason


def test_an_answer_in_the_form_of_a_chat_is_read_too() -> None:
    assert decode_completion(body(message={"role": "assistant", "content": "mid"})).text == "mid"


def test_an_empty_completion_is_an_answer() -> None:
    assert decode_completion(body(text="")) == ChatResponse(model="m1")


COLUMNS = {
    "tokens": ["Hel", "lo", "!"],
    "token_logprobs": [None, -0.25, -1],
    "top_logprobs": [None, {"lo": -0.25, "la": -2}],
    "text_offset": [0, 3, 5],
}


def test_log_probabilities_in_columns_become_tokens() -> None:
    assert decode_completion(body(text="Hello", logprobs=COLUMNS)).logprobs == (
        TokenLogprob(
            token="lo",
            logprob=-0.25,
            top=(TokenLogprob(token="lo", logprob=-0.25), TokenLogprob(token="la", logprob=-2)),
        ),
        TokenLogprob(token="!", logprob=-1),
    )


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"tokens": None},
        {"tokens": "a", "token_logprobs": 1},
        {"tokens": [1], "token_logprobs": ["x"], "top_logprobs": {"a": 1}},
        {"tokens": ["a"], "token_logprobs": [True], "top_logprobs": []},
    ],
)
def test_odd_log_probabilities_do_not_cost_the_answer(odd: dict[str, Any]) -> None:
    answer = decode_completion(body(text="a", logprobs=odd))

    assert (answer.text, answer.logprobs) == ("a", ())


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (b"", BackendProtocolError),
        (b"<html>", BackendProtocolError),
        (b"[]", BackendProtocolError),
        (b'{"choices":[]}', BackendProtocolError),
        (b'{"choices":null}', BackendProtocolError),
        (b'{"choices":[{"index":1,"text":"a"}]}', BackendProtocolError),
        (b'{"error":{"message":"no","code":400}}', BackendRejected),
        (b'{"error":"broken"}', BackendFailed),
        (b'{"object":"error","message":"no","code":400}', BackendRejected),
    ],
)
def test_what_is_no_answer_is_an_error(said: bytes, kind: type[BackendError]) -> None:
    with pytest.raises(kind):
        decode_completion(said)


# What streams say.


def test_text_comes_with_the_read_that_brought_it() -> None:
    events = ChatEvents(verbatim=True)

    assert events.feed(completion_chunk("Hel") + completion_chunk("lo")) == [
        TextChunk(text="Hello")
    ]
    assert events.feed(completion_chunk("!")) == [TextChunk(text="!")]
    assert events.feed(completion_chunk("", finish_reason="stop")) == []
    assert events.feed(DONE) == [FinishChunk(reason=FinishReason.STOP, model="m")]


STREAM = b"".join(completion_events(WORDS, finish="length", counted=usage(12, 3)))
ENDED = FinishChunk(
    reason=FinishReason.LENGTH, usage=Usage(prompt_tokens=12, completion_tokens=3), model="m"
)


@pytest.mark.parametrize("size", [1, 2, 7, 50, 100_000])
def test_the_size_of_the_reads_changes_nothing(size: int) -> None:
    reads = [STREAM[i : i + size] for i in range(0, len(STREAM), size)]

    assert joined(read(reads)) == [TextChunk(text=SAID), ENDED]


@pytest.mark.parametrize("cut", range(STREAM.index(b"\n\n", STREAM.index(b'"length"'))))
def test_a_stream_that_is_cut_anywhere_before_its_end_is_an_error(cut: int) -> None:
    events = ChatEvents(verbatim=True)
    came = events.feed(STREAM[:cut])

    with pytest.raises(BackendProtocolError):
        while True:
            came += events.finish()

    assert SAID.startswith(text(came))
    assert not any(isinstance(chunk, FinishChunk) for chunk in came)


def test_the_first_event_counts_whole_also_where_a_read_ends_within_its_end() -> None:
    first = event({"model": "m1", "choices": [{"index": 0, "text": "Hello"}]})
    last = event({"choices": [{"index": 0, "text": "", "finish_reason": "stop"}]})

    assert finish(read([first[:-1], first[-1:], last])).model == "m1"


def test_a_stream_folds_to_what_a_whole_answer_says() -> None:
    top = {"usage": usage(12, 3)}
    whole = decode_completion(body("length", text=SAID, top=top | {"model": "m"}))

    assert joined(read([STREAM])) == unfold(whole)


def test_log_probabilities_stand_with_their_text() -> None:
    first = {"tokens": ["Hel"], "token_logprobs": [-0.5], "top_logprobs": None}

    chunks = read([completion_chunk("Hel", logprobs=first), *completion_events(["lo"])])

    assert chunks[:2] == [
        TextChunk(text="Hel", logprobs=(TokenLogprob(token="Hel", logprob=-0.5),)),
        TextChunk(text="lo"),
    ]


def test_a_character_cut_in_two_is_joined() -> None:
    halves = [completion_chunk("HALF").replace(b"HALF", half) for half in (b"\\ud83d", b"\\ude00")]

    assert text(read([completion_chunk("a"), *halves, *completion_events([])])) == "a😀"


def test_llamacpp_counts_in_timings() -> None:
    timings = {"prompt_n": 11, "prompt_ms": 1.5, "predicted_n": 3, "predicted_ms": 2.5}
    row = {"index": 0, "text": "", "finish_reason": "stop"}

    end = finish(read([completion_chunk("a"), event({"choices": [row], "timings": timings})]))

    assert end.usage == Usage(prompt_tokens=11, completion_tokens=3)
    assert end.timing == Timing(prompt_ns=1_500_000, completion_ns=2_500_000)


def test_an_error_in_the_stream_comes_after_what_was_said() -> None:
    events = ChatEvents(verbatim=True)

    came = events.feed(completion_chunk("Hel") + event({"error": {"message": "no", "code": 400}}))

    assert came == [TextChunk(text="Hel")]
    with pytest.raises(BackendRejected, match="no"):
        events.finish()


@pytest.mark.parametrize("odd", [None, 1, ["a"], {"a": 1}])
def test_an_odd_text_is_none(odd: Any) -> None:
    row = {"index": 0, "text": odd, "finish_reason": None}

    assert text(read([event({"choices": [row]}), *completion_events(["a"])])) == "a"
