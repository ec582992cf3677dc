"""Streams of `/api/generate`, also against every recorded one (docs/wire/ollama-api.md 3.2, 4)."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from adapters.dialects.ollama.inbound.generate_stream import GenerateLines
from ports.chat import (
    ChatChunk,
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
from tests.cost import LINEAR, growth
from tests.unit.adapters.dialects.ollama.golden import Exchange, exchanges
from tests.unit.adapters.dialects.ollama.recorded import ending, logprobs, streamed

SECOND = 1_000_000_000

NOT_COPIED = {
    # Streams that stop without an end: here they end with an error.
    "generate: a token repeated more than 30 times: the stream ends without a done line",
    "generate: runner connection breaks after a token, streaming",
    (
        "generate: runner reports an error inside its stream, streaming: "
        "the stream ends without a done line"
    ),
}
STREAMS = [
    e
    for e in exchanges("/api/generate")
    if e.status == 200 and e.content_type == "application/x-ndjson" and e.name not in NOT_COPIED
]


def chunks(line: dict[str, Any]) -> Iterator[ChatChunk]:
    if line["done"]:
        yield FinishChunk(**ending(line))
    elif "thinking" in line:
        yield ThinkingChunk(text=line["thinking"])
    else:
        yield TextChunk(text=line["response"], logprobs=logprobs(line.get("logprobs", [])))


@pytest.mark.parametrize("exchange", STREAMS, ids=lambda e: e.name)
def test_a_stream_is_encoded_as_recorded(exchange: Exchange):
    # The context is tokens, which are not known here and never made up.
    raw = re.sub(r'"context":\[[^]]*\],', "", exchange.raw).replace("\u0085", "\\u0085")
    assert streamed(exchange, GenerateLines, chunks) == raw


def test_the_recordings_are_there():
    assert len(STREAMS) > 15


def encode(*batch, model="m", lines=None):
    lines = lines or GenerateLines(model, started_ns=0, alternatives=True)
    return lines.encode(batch, wall_ns=SECOND // 2, monotonic_ns=9).decode()


def call(name):
    return ToolCallChunk(call=ToolCall(id="c1", name=name, arguments="{}"))


def test_a_batch_is_one_line_for_each_chunk_and_calls_wait_for_the_last():
    finish = FinishChunk(reason=FinishReason.TOOL_CALLS, usage=Usage(prompt_tokens=3))

    encoded = encode(ThinkingChunk(text="hm"), TextChunk(text="Hi"), call("f"), call("g"), finish)

    head = '{"model":"m","created_at":"1970-01-01T00:00:00.5Z",'
    calls = (
        '[{"function":{"index":0,"name":"f","arguments":{}}},'
        '{"function":{"index":1,"name":"g","arguments":{}}}]'
    )
    assert encoded.splitlines(keepends=True) == [
        head + '"response":"","thinking":"hm","done":false}\n',
        head + '"response":"Hi","done":false}\n',
        head + '"response":"","done":true,"done_reason":"stop","total_duration":10,'
        '"load_duration":0,"prompt_eval_count":3,"prompt_eval_duration":9,"eval_duration":1,'
        f'"tool_calls":{calls}}}\n',
    ]


def test_a_call_alone_leaves_nothing_until_the_end():
    lines = GenerateLines("m", started_ns=0)

    assert encode(call("f"), lines=lines) == ""
    assert '"name":"f"' in encode(FinishChunk(reason=FinishReason.STOP), lines=lines)


@pytest.mark.parametrize("text", ["<b>&", "\u2028\u2029\u0085", "\\<", "w\u00f6rld\x0b\x1c\n"])
@pytest.mark.parametrize("kind", [TextChunk, ThinkingChunk])
def test_no_text_breaks_a_line(kind, text):
    encoded = encode(kind(text=text), model=text)

    assert len(encoded.splitlines()) == 1
    line = json.loads(encoded)
    assert line["model"] == text
    assert text in (line["response"], line.get("thinking"))


def test_logprobs_stand_last():
    logprob = TokenLogprob(token="<", logprob=-0.5)

    encoded = encode(TextChunk(text="<", logprobs=(logprob,)))

    assert encoded.endswith(
        r'"response":"\u003c","done":false,"logprobs":[{"token":"\u003c","logprob":-0.5}]}' + "\n"
    )


def test_a_broken_stream_ends_with_the_error_alone():
    line = GenerateLines("m", started_ns=0).fail(BackendUnavailable("upstream broke off"))

    assert line == b'{"error":"upstream broke off"}\n'


def test_many_calls_cost_no_more_than_their_number():
    calls = [ToolCallChunk(call=ToolCall(name="f", arguments="{}", id="x"))] * 10

    def prepare(size):
        lines = GenerateLines("m", 0)
        return lambda: [lines.encode(calls, wall_ns=1, monotonic_ns=1) for _ in range(size)]

    assert growth(prepare, 200) < LINEAR
