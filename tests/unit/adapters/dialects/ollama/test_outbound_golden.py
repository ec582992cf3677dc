"""What the real server has answered, read back (tests/golden/README.md)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.dialects.ollama.outbound.answer import decode_answer, decode_embed
from adapters.dialects.ollama.outbound.stream import AnswerReader
from ports.chat import (
    ChatChunk,
    ChatResponse,
    FinishChunk,
    FinishReason,
    TextChunk,
    ThinkingChunk,
    TokenLogprob,
    ToolCallChunk,
)
from ports.errors import BackendError
from tests.unit.adapters.dialects.ollama.golden import Exchange, exchanges
from tests.unit.adapters.dialects.ollama.recorded import logprobs

ANSWERS = [
    exchange for exchange in exchanges("/api/chat", "/api/generate") if exchange.status == 200
]
GOOD = [exchange for exchange in ANSWERS if exchange.raw and '"done":true' in exchange.raw]
CUT = [exchange for exchange in ANSWERS if exchange not in GOOD]
STREAMS = [exchange for exchange in GOOD if len(exchange.lines) > 1]
PLAIN = [exchange for exchange in GOOD if len(exchange.lines) == 1]
EMBEDDED = [exchange for exchange in exchanges("/api/embed") if exchange.status == 200]


def read(*reads: bytes) -> list[ChatChunk]:
    reader = AnswerReader()
    chunks = [chunk for data in reads for chunk in reader.feed(data)]
    if not reader.done:
        chunks += reader.finish()
    if reader.error is not None:
        raise reader.error
    return chunks


def folded(chunks: list[ChatChunk]) -> ChatResponse:
    finish = chunks[-1]
    assert isinstance(finish, FinishChunk)
    assert not any(isinstance(chunk, FinishChunk) for chunk in chunks[:-1])
    return ChatResponse(
        text="".join(chunk.text for chunk in chunks if isinstance(chunk, TextChunk)),
        thinking="".join(chunk.text for chunk in chunks if isinstance(chunk, ThinkingChunk)),
        tool_calls=tuple(chunk.call for chunk in chunks if isinstance(chunk, ToolCallChunk)),
        logprobs=tuple(
            entry for chunk in chunks if isinstance(chunk, TextChunk) for entry in chunk.logprobs
        ),
        reason=finish.reason,
        usage=finish.usage,
        timing=finish.timing,
        model=finish.model,
    )


def messages(exchange: Exchange) -> list[dict[str, Any]]:
    """The messages of a recording; those of a completion in a chat's form."""
    lines = [json.loads(line) for line in exchange.lines]
    return [line.get("message") or line | {"content": line["response"]} for line in lines]


def check(response: ChatResponse, exchange: Exchange) -> None:
    said, lines = messages(exchange), [json.loads(line) for line in exchange.lines]
    last = lines[-1]
    calls = [call for message in said for call in message.get("tool_calls", [])]
    assert response.text == "".join(message["content"] for message in said)
    assert response.thinking == "".join(message.get("thinking", "") for message in said)
    assert [(call.name, json.loads(call.arguments)) for call in response.tool_calls] == [
        (call["function"]["name"], call["function"]["arguments"]) for call in calls
    ]
    for made, call in zip(response.tool_calls, calls, strict=True):
        assert made.id == call.get("id", made.id)
        assert made.id
    assert response.logprobs == tokens(lines)
    assert response.model == last["model"]
    assert response.usage.prompt_tokens == last.get("prompt_eval_count")
    assert response.usage.completion_tokens == last.get("eval_count")
    assert response.timing.load_ns == last.get("load_duration")
    assert response.timing.prompt_ns == last.get("prompt_eval_duration")
    assert response.timing.completion_ns == last.get("eval_duration")
    reason = FinishReason.TOOL_CALLS if calls else FinishReason.STOP
    expected = FinishReason.LENGTH if last["done_reason"] == "length" else reason
    assert response.reason is expected


def tokens(lines: list[dict[str, Any]]) -> tuple[TokenLogprob, ...]:
    return tuple(entry for line in lines for entry in logprobs(line.get("logprobs", [])))


def test_there_are_recordings_of_all_kinds() -> None:
    assert len(STREAMS) > 40
    assert len(PLAIN) > 100
    assert len(CUT) > 5
    assert len(EMBEDDED) > 5


@pytest.mark.parametrize("exchange", STREAMS, ids=lambda exchange: exchange.name)
def test_a_recorded_stream_says_what_its_lines_say(exchange: Exchange) -> None:
    check(folded(read(exchange.raw.encode())), exchange)
    check(folded(read(*(line.encode() for line in exchange.lines))), exchange)


@pytest.mark.parametrize("exchange", PLAIN, ids=lambda exchange: exchange.name)
def test_a_recorded_answer_says_what_it_says(exchange: Exchange) -> None:
    whole = decode_answer(exchange.raw.encode())

    check(whole, exchange)
    assert folded(read(exchange.raw.encode())) == whole


@pytest.mark.parametrize("exchange", CUT, ids=lambda exchange: exchange.name)
def test_a_recorded_answer_that_was_broken_off_is_an_error(exchange: Exchange) -> None:
    with pytest.raises(BackendError) as caught:
        read(*(line.encode() for line in exchange.lines))
    assert caught.value.message

    with pytest.raises(BackendError):
        decode_answer(exchange.raw.encode())


@pytest.mark.parametrize("exchange", STREAMS[::7], ids=lambda exchange: exchange.name)
def test_a_recorded_stream_cut_anywhere_is_whole_or_an_error(exchange: Exchange) -> None:
    raw = exchange.raw.encode()
    expected = folded(read(raw))

    assert folded(read(*(raw[at : at + 1] for at in range(len(raw))))) == expected
    for cut in range(len(raw)):
        assert folded(read(raw[:cut], raw[cut:])) == expected
        if cut < len(raw) - 1:  # without its last newline the last line is still there
            with pytest.raises(BackendError):
                read(raw[:cut])


@pytest.mark.parametrize("exchange", EMBEDDED, ids=lambda exchange: exchange.name)
def test_recorded_vectors_are_read_and_keep_their_spelling(exchange: Exchange) -> None:
    said = json.loads(exchange.raw)

    response = decode_embed(exchange.raw.encode(), inputs=len(said["embeddings"]))

    assert [vector.values for vector in response.vectors] == said["embeddings"]
    spelled = b",".join(bytes(vector.text or b"") for vector in response.vectors)
    assert spelled in exchange.raw.encode()
    assert response.usage.prompt_tokens == said.get("prompt_eval_count")
    assert response.timing.load_ns == said.get("load_duration")
    assert response.model == said["model"]
