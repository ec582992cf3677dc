"""Recorded answers of `/api/chat`, taken apart and encoded again, byte for byte."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from adapters.dialects.ollama.inbound import chat as inbound
from adapters.dialects.ollama.inbound.chat_stream import ChatLines
from adapters.dialects.ollama.inbound.metrics import Moments
from ports.chat import (
    ChatChunk,
    ChatResponse,
    FinishChunk,
    TextChunk,
    ThinkingChunk,
    ToolCallChunk,
)
from tests.unit.adapters.dialects.ollama.golden import Exchange, exchanges, nanoseconds
from tests.unit.adapters.dialects.ollama.recorded import calls, ending, logprobs, streamed

NOT_COPIED = {
    # The real server puts what came last on the line that ends the stream; here it has its own.
    "chat: one tool call, streaming",
    "chat: two tool calls, streaming",
    "chat: thinking, then a tool call, streaming",
    "chat: text, then a tool call, streaming",
    "chat: tool call by the channel parser, streaming",
    "chat: a tool call without arguments",
    # The same, and a call without an id, which is never sent from here.
    "chat: a tool call without id from the runner",
    # Streams and answers that stop without an end: here they end with an error, or with
    # `done:true` where the upstream had marked its end without a reason.
    "chat: text with a broken tool call, streaming",
    "chat: runner error inside its stream after a token, streaming",
    "chat: runner connection breaks after a token, streaming",
    "chat: runner stream ends without a finish reason, streaming",
    "chat: runner stream ends without a finish reason, not streaming",
    # Rendering a prompt is for those who have the model's template.
    "chat: debug render, chat template in the model file",
    "chat: debug render, Go template",
}

ANSWERS = [e for e in exchanges("/api/chat") if e.status == 200 and e.name not in NOT_COPIED]
STREAMS = [e for e in ANSWERS if e.content_type == "application/x-ndjson"]
LOADS = [e for e in ANSWERS if '"done_reason":"load"' in e.raw or '"unload"' in e.raw]
WHOLE = [e for e in ANSWERS if e not in STREAMS and e not in LOADS]


def expected(raw: str) -> str:
    # The one character that Go does not escape, and that breaks its own Python client.
    return raw.replace("\u0085", "\\u0085")


def chunks(line: dict[str, Any]) -> Iterator[ChatChunk]:
    message = line["message"]
    if line["done"]:
        yield FinishChunk(**ending(line))
    elif "thinking" in message:
        yield ThinkingChunk(text=message["thinking"])
    elif "tool_calls" in message:
        yield from (ToolCallChunk(call=call) for call in calls(message))
    else:
        yield TextChunk(text=message["content"], logprobs=logprobs(line.get("logprobs", [])))


@pytest.mark.parametrize("exchange", STREAMS, ids=lambda e: e.name)
def test_a_stream_is_encoded_as_recorded(exchange: Exchange):
    assert streamed(exchange, ChatLines, chunks) == expected(exchange.raw)


@pytest.mark.parametrize("exchange", WHOLE, ids=lambda e: e.name)
def test_a_whole_answer_is_encoded_as_recorded(exchange: Exchange):
    recorded = json.loads(exchange.raw)
    message = recorded["message"]
    response = ChatResponse(
        text=message["content"],
        thinking=message.get("thinking", ""),
        tool_calls=calls(message),
        logprobs=logprobs(recorded.get("logprobs", [])),
        **ending(recorded),
    )
    moments = Moments(
        created_at_ns=nanoseconds(recorded["created_at"]),
        started_ns=0,
        finished_ns=recorded["total_duration"],
    )

    encoded = inbound.encode_chat(recorded["model"], response, moments, alternatives=True)

    assert encoded.decode() == expected(exchange.raw)


@pytest.mark.parametrize("exchange", LOADS, ids=lambda e: e.name)
def test_loading_and_unloading_is_answered_as_recorded(exchange: Exchange):
    recorded = json.loads(exchange.raw)

    call = inbound.decode_chat(exchange.body)
    encoded = inbound.encode_load(
        call.request.model, nanoseconds(recorded["created_at"]), unload=call.unloads
    )

    assert call.loads
    assert encoded.decode() == exchange.raw


def test_the_recordings_are_there():
    assert len(STREAMS) > 20
    assert len(WHOLE) > 40
    assert len(LOADS) > 10
