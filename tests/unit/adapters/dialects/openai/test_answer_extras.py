"""What an answer says beside its words: signatures, the stop string that ended it, caches.

Each is read whole and as a stream, which must say the same.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.backends.folding import fold
from adapters.dialects.openai.outbound.answer import decode_chat
from adapters.dialects.openai.outbound.asked import NOTHING, Asked
from adapters.dialects.openai.outbound.stream import ChatEvents
from ports.chat import ChatChunk, ChatResponse, ThinkingChunk
from tests.unit.adapters.backends.test_folding import once
from tests.unit.adapters.dialects.openai.streams import DONE, delta, event, reads_of


def piece(index: int = 0, **members: Any) -> dict[str, Any]:
    return {"type": "reasoning.text", "index": index, "format": "anthropic-claude-v1", **members}


def whole(message: dict[str, Any], asked: Asked = NOTHING, **choice: Any) -> ChatResponse:
    said = {"choices": [{"index": 0, "message": message, "finish_reason": "stop", **choice}]}
    return decode_chat(json.dumps(said).encode(), asked)


def chunks_of(*reads: bytes, asked: Asked = NOTHING) -> list[ChatChunk]:
    events = ChatEvents(asked)
    chunks = [chunk for data in reads for chunk in events.feed(data)]
    return chunks + events.finish()


SIGNED = (
    delta(reasoning="let", reasoning_details=[piece(text="let")]),
    delta(reasoning=" me", reasoning_details=[piece(text=" me")]),
    delta(content="", reasoning_details=[piece(signature="sig")]),
    delta(content="42"),
    delta("stop", content="") + DONE,
)


async def test_a_signature_comes_with_the_end_of_the_thinking() -> None:
    chunks = chunks_of(*SIGNED)
    plain = whole(
        {
            "content": "42",
            "reasoning": "let me",
            "reasoning_details": [piece(text="let me", signature="sig")],
        }
    )

    assert ThinkingChunk(text="", signature="sig") in chunks
    assert (await fold(once(chunks))).thinking_signature == "sig"
    assert (plain.thinking, plain.thinking_signature) == ("let me", "sig")


@pytest.mark.parametrize("size", [1, 7, 100_000])
async def test_a_signature_survives_any_cut_of_the_stream(size: int) -> None:
    answer = await fold(once(chunks_of(*reads_of(b"".join(SIGNED), size))))

    assert (answer.text, answer.thinking) == ("42", "let me")
    assert answer.thinking_signature == "sig"


def test_a_signature_in_the_read_of_its_words_is_one_chunk_with_them() -> None:
    first, *_ = chunks_of(b"".join(SIGNED))

    assert first == ThinkingChunk(text="let me", signature="sig")


async def test_a_signature_that_is_said_again_is_one() -> None:
    again = delta(reasoning_details=[piece(signature="sig")])

    answer = await fold(once(chunks_of(*SIGNED[:3], again, *SIGNED[3:])))

    assert answer.thinking_signature == "sig"


async def test_parts_with_signatures_of_their_own_have_none_together() -> None:
    parts = [piece(0, text="a", signature="1"), piece(1, text="b", signature="2")]
    stream = (
        delta(reasoning="a", reasoning_details=[parts[0]]),
        delta(reasoning="b", reasoning_details=[parts[1]]),
        delta("stop", content="c") + DONE,
    )

    plain = whole({"content": "c", "reasoning": "ab", "reasoning_details": parts})

    assert plain.thinking_signature == ""
    assert (await fold(once(chunks_of(*stream)))).thinking_signature == ""


async def test_where_no_thinking_is_wanted_its_signature_is_not_either() -> None:
    asked = Asked(think=False)
    details = [piece(text="let me", signature="sig")]

    plain = whole({"content": "42", "reasoning_details": details}, asked)
    streamed = await fold(once(chunks_of(*SIGNED, asked=asked)))

    assert plain.thinking_signature == streamed.thinking_signature == ""


@pytest.mark.parametrize("odd", [b'[{"signature":1}]', b'{"signature":"x"}', b'["signature"]'])
def test_what_is_no_signature_costs_nothing(odd: bytes) -> None:
    message = b'{"choices":[{"message":{"content":"a","reasoning_details":%b}}]}' % odd

    answer = decode_chat(message)

    assert (answer.text, answer.thinking_signature) == ("a", "")


STOPPED = [
    ({"stop_reason": "END"}, ("END", "X"), "END"),
    ({"matched_stop": "END"}, ("END", "X"), "END"),
    ({"stop_reason": 128001}, ("END",), ""),
    ({"matched_stop": 128001}, ("END",), ""),
    ({"stop_reason": None}, ("END",), ""),
    ({"stop_reason": "end_turn"}, ("END",), ""),
    ({"stop_reason": ["END"]}, ("END",), ""),
    ({"native_finish_reason": "stop_sequence"}, ("END",), "END"),
    ({"native_finish_reason": "stop_sequence"}, ("END", "X"), ""),
    ({"native_finish_reason": "stop_sequence"}, (), ""),
    ({"native_finish_reason": "end_turn"}, ("END",), ""),
    ({"finish_reason": "stop_sequence"}, ("END",), "END"),
]


@pytest.mark.parametrize(("said", "stop", "found"), STOPPED)
async def test_the_stop_string_that_ended_it_is_named_where_the_server_says_which(
    said: dict[str, Any], stop: tuple[str, ...], found: str
) -> None:
    asked = Asked(stop=stop)
    choice = {"index": 0, "delta": {"content": "a"}, "finish_reason": "stop", **said}

    streamed = await fold(once(chunks_of(event({"choices": [choice]}), DONE, asked=asked)))

    assert streamed.stop_sequence == found
    assert whole({"content": "a"}, asked, **said).stop_sequence == found


async def test_a_stop_string_that_was_watched_for_here_is_named() -> None:
    asked = Asked(stop=("A", "END"), watched=("END",))

    streamed = await fold(
        once(chunks_of(delta(content="say EN"), delta(content="D!"), asked=asked))
    )

    assert (streamed.text, streamed.stop_sequence) == ("say ", "END")
    assert whole({"content": "say END!"}, asked).stop_sequence == "END"


@pytest.mark.parametrize(
    "counted",
    [
        {"prompt_tokens": 9, "prompt_tokens_details": {"cache_write_tokens": 4}},
        {"prompt_tokens": 9, "cache_creation_input_tokens": 4},
    ],
)
def test_what_was_written_to_a_cache_is_counted(counted: dict[str, Any]) -> None:
    said = {"choices": [{"message": {"content": "a"}}], "usage": counted}

    assert decode_chat(json.dumps(said).encode()).usage.cache_write_tokens == 4
