"""Lines of a streamed chat that no recording has (docs/wire/ollama-api.md 4)."""

import json

import pytest

from adapters.dialects.ollama.inbound.chat_stream import ChatLines
from ports.chat import (
    FinishChunk,
    FinishReason,
    TextChunk,
    ThinkingChunk,
    TokenLogprob,
    ToolCall,
    ToolCallChunk,
    Usage,
)
from ports.errors import BackendUnavailable

SECOND = 1_000_000_000


def call(arguments, call_id="c1"):
    return ToolCallChunk(call=ToolCall(id=call_id, name="f", arguments=arguments))


def encode(*chunks, model="m", lines=None):
    lines = lines or ChatLines(model, started_ns=0, alternatives=True)
    return lines.encode(chunks, wall_ns=SECOND // 2, monotonic_ns=9).decode()


def test_a_batch_is_one_line_for_each_chunk():
    finish = FinishChunk(reason=FinishReason.STOP, usage=Usage(prompt_tokens=3))

    encoded = encode(ThinkingChunk(text="hm"), TextChunk(text="Hi"), call("{}"), finish)

    head = '{"model":"m","created_at":"1970-01-01T00:00:00.5Z","message":{"role":"assistant",'
    calls = '[{"id":"c1","function":{"index":0,"name":"f","arguments":{}}}]'
    assert encoded.splitlines(keepends=True) == [
        head + '"content":"","thinking":"hm"},"done":false}\n',
        head + '"content":"Hi"},"done":false}\n',
        head + f'"content":"","tool_calls":{calls}}},"done":false}}\n',
        head + '"content":""},"done":true,"done_reason":"stop","total_duration":10,'
        '"load_duration":0,"prompt_eval_count":3,"prompt_eval_duration":9,"eval_duration":1}\n',
    ]


def test_a_signature_has_no_line_of_its_own():
    assert encode(ThinkingChunk(text="", signature="s")) == ""
    assert '"thinking":"hm"}' in encode(ThinkingChunk(text="hm", signature="s"))


def test_the_prompt_lasts_until_the_first_batch():
    lines = ChatLines("m", started_ns=100)
    lines.encode([TextChunk(text="a")], wall_ns=0, monotonic_ns=400)
    lines.encode([TextChunk(text="b")], wall_ns=0, monotonic_ns=600)

    last = json.loads(
        lines.encode([FinishChunk(reason=FinishReason.STOP)], wall_ns=0, monotonic_ns=1100)
    )

    assert last["total_duration"] == 1000
    assert last["prompt_eval_duration"] == 300
    assert last["eval_duration"] == 700


def test_calls_are_counted_over_the_whole_answer():
    lines = ChatLines("m", started_ns=0)

    encoded = encode(call("{}"), lines=lines) + encode(call("{}"), call("{}"), lines=lines)

    messages = [json.loads(line)["message"] for line in encoded.splitlines()]
    assert [m["tool_calls"][0]["function"]["index"] for m in messages] == [0, 1, 2]


def test_arguments_lose_line_breaks_and_nothing_else():
    encoded = encode(call('{\n  "b": 1.50,\r\n  "a": "x\u2028\\n<"\n}'))

    assert len(encoded.splitlines()) == 1
    assert r'"arguments":{"b":1.50,"a":"x\u2028\n\u003c"}}' in encoded


@pytest.mark.parametrize("text", ["<b>&", "\u2028\u2029\u0085", "\\<", "w\u00f6rld\x0b\x1c\n"])
@pytest.mark.parametrize("kind", [TextChunk, ThinkingChunk])
def test_no_text_breaks_a_line(kind, text):
    encoded = encode(kind(text=text), model=text)

    assert len(encoded.splitlines()) == 1
    line = json.loads(encoded)
    assert line["model"] == text
    assert text in line["message"].values()


def test_logprobs_stand_behind_done_and_what_is_unknown_is_left_out():
    logprob = TokenLogprob(token="<", logprob=-0.5, top=(TokenLogprob(token="a", logprob=-1.0),))

    encoded = encode(TextChunk(text="<", logprobs=(logprob,)))

    assert encoded.endswith(
        r'"content":"\u003c"},"done":false,"logprobs":[{"token":"\u003c","logprob":-0.5,'
        '"top_logprobs":[{"token":"a","logprob":-1.0}]}]}' + "\n"
    )


@pytest.mark.parametrize(
    ("reason", "done_reason"),
    [
        (FinishReason.STOP, "stop"),
        (FinishReason.LENGTH, "length"),
        (FinishReason.TOOL_CALLS, "stop"),
        (FinishReason.CONTENT_FILTER, "stop"),
    ],
)
def test_there_are_two_reasons_to_stop(reason, done_reason):
    assert json.loads(encode(FinishChunk(reason=reason)))["done_reason"] == done_reason


def test_a_broken_stream_ends_with_the_error_alone():
    line = ChatLines("m", started_ns=0).fail(BackendUnavailable("upstream broke off"))

    assert line == b'{"error":"upstream broke off"}\n'


def test_alternatives_that_were_not_asked_for_are_left_out():
    top = (TokenLogprob(token="a", logprob=-1.0),)
    chunk = TextChunk(text="x", logprobs=(TokenLogprob(token="x", logprob=-0.5, top=top),))

    encoded = encode(chunk, lines=ChatLines("m", started_ns=0))

    assert encoded.endswith('"logprobs":[{"token":"x","logprob":-0.5}]}\n')
