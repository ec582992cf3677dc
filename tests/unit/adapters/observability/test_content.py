from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.observability.content import Said, question
from ports.chat import (
    ChatRequest,
    ChatResponse,
    FinishChunk,
    FinishReason,
    Image,
    Message,
    Text,
    TextChunk,
    ThinkingChunk,
    ToolCall,
    ToolCallChunk,
)
from ports.embed import EmbedRequest
from ports.generate import GenerateRequest

PLENTY = 1000
CALL = ToolCall(name="weather", arguments='{"city":"Oslo"}', id="c1")
CALLED = {"type": "tool_call", "id": "c1", "name": "weather", "arguments": '{"city":"Oslo"}'}
CHAT = ChatRequest(
    model="m",
    messages=(
        Message(role="system", parts=(Text(text="Be brief."),)),
        Message(
            role="user",
            parts=(Text(text="See:"), Image(data=b"secret", media_type="image/png")),
        ),
        Message(role="assistant", thinking="Hm.", tool_calls=(CALL,)),
        Message(role="tool", parts=(Text(text="rain"),), tool_call_id="c1"),
    ),
)


def text(content: str) -> dict[str, Any]:
    return {"type": "text", "content": content}


def test_a_chat_is_written_down_message_by_message() -> None:
    assert json.loads(question(CHAT, PLENTY)) == [
        {"role": "system", "parts": [text("Be brief.")]},
        {"role": "user", "parts": [text("See:"), {"type": "image"}]},
        {"role": "assistant", "parts": [{"type": "reasoning", "content": "Hm."}, CALLED]},
        {
            "role": "tool",
            "parts": [{"type": "tool_call_response", "id": "c1", "response": "rain"}],
        },
    ]


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        (
            GenerateRequest(model="m", prompt="Why?", system="Be brief."),
            [
                {"role": "system", "parts": [text("Be brief.")]},
                {"role": "user", "parts": [text("Why?")]},
            ],
        ),
        (
            EmbedRequest(model="m", inputs=("a", "b")),
            [{"role": "user", "parts": [text("a"), text("b")]}],
        ),
    ],
)
def test_prompts_and_texts_are_said_by_the_user(request_: Any, told: Any) -> None:
    assert json.loads(question(request_, PLENTY)) == told


@pytest.mark.parametrize(
    ("limit", "kept"),
    [(3, ["éa"]), (2, ["é"]), (1, [""]), (5, ["ab", "éa"]), (4, ["a", "éa"])],
)
def test_the_end_of_a_conversation_is_kept_and_no_letter_is_cut(
    limit: int, kept: list[str]
) -> None:
    said = [Message(role="user", parts=(Text(text=words),)) for words in ("ab", "éa")]

    told = json.loads(question(ChatRequest(model="m", messages=tuple(said)), limit))

    assert [message["parts"][0]["content"] for message in told] == kept


PICTURE = Image(data=b"", media_type="image/png")
MANY = 2000


@pytest.mark.parametrize(
    "request_",
    [
        ChatRequest(model="m", messages=(Message(role="assistant"),) * MANY),
        ChatRequest(model="m", messages=(Message(role="user", parts=(PICTURE,) * MANY),)),
        ChatRequest(model="m", messages=(Message(role="user", parts=(Text(text=""),) * MANY),)),
        ChatRequest(model="m", messages=(Message(role="assistant", tool_calls=(CALL,) * MANY),)),
        ChatRequest(
            model="m",
            messages=(
                Message(
                    role="assistant",
                    tool_calls=(ToolCall(name="n" * MANY, arguments="{}", id="i" * MANY),),
                ),
            ),
        ),
        ChatRequest(
            model="m", messages=(Message(role="tool", tool_call_id="i" * MANY, tool_name="n"),)
        ),
        EmbedRequest(model="m", inputs=("",) * MANY),
    ],
)
def test_what_holds_no_text_is_bounded_too(request_: Any) -> None:
    assert len(question(request_, 10)) < 1000


STREAM = (
    [ThinkingChunk(text="H"), ThinkingChunk(text="m.")],
    [TextChunk(text="Hel"), TextChunk(text="lo"), ToolCallChunk(call=CALL)],
    [FinishChunk(reason=FinishReason.TOOL_CALLS)],
)
WHOLE = ChatResponse(text="Hello", thinking="Hm.", tool_calls=(CALL,))


@pytest.mark.parametrize("pieces", [STREAM, (WHOLE,)], ids=["stream", "whole"])
def test_what_a_model_says_is_put_together(pieces: Any) -> None:
    said = Said(PLENTY)
    for piece in pieces:
        said.add(piece)

    assert json.loads(said.answer(FinishReason.TOOL_CALLS)) == [
        {
            "role": "assistant",
            "parts": [{"type": "reasoning", "content": "Hm."}, text("Hello"), CALLED],
            "finish_reason": "tool_calls",
        }
    ]


def test_what_is_said_beyond_the_limit_is_not_kept() -> None:
    said = Said(4)
    for _ in range(3):
        said.add([TextChunk(text="abc")])

    assert json.loads(said.answer(None)) == [{"role": "assistant", "parts": [text("abca")]}]


def test_calls_beyond_the_limit_are_not_kept() -> None:
    said, streamed = Said(10), Said(10)
    said.add(ChatResponse(tool_calls=(CALL,) * MANY))
    for _ in range(MANY):
        streamed.add([ToolCallChunk(call=CALL)] * 2)

    assert len(said.answer(None)) < 1000
    assert len(streamed.answer(None)) < 1000


def test_who_said_nothing_has_no_answer() -> None:
    assert not Said(PLENTY).answer(FinishReason.STOP)
