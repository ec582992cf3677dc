"""A whole answer and its stream say the same."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import pytest

from adapters.backends.folding import fold, unfold
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
from tests.unit.adapters.dialects.chunks import finish, text, thinking

ANSWERS = [
    ChatResponse(text="a", thinking="b", model="m", usage=Usage(prompt_tokens=1)),
    ChatResponse(tool_calls=(ToolCall(id="x", name="f", arguments="{}"),)),
    ChatResponse(text="", logprobs=(TokenLogprob(token="", logprob=0.0),)),
    ChatResponse(text="a", thinking="b", thinking_signature="s"),
    ChatResponse(text="a", thinking_signature="s", stop_sequence="END"),
]


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_whole_answer_unfolds_into_the_chunks_it_would_have_come_in(answer: ChatResponse) -> None:
    chunks = unfold(answer)

    end = finish(chunks)
    assert (text(chunks), thinking(chunks)) == (answer.text, answer.thinking)
    assert tuple(c.call for c in chunks if isinstance(c, ToolCallChunk)) == answer.tool_calls
    assert sum((c.logprobs for c in chunks if isinstance(c, TextChunk)), ()) == answer.logprobs
    assert (end.reason, end.usage, end.model) == (answer.reason, answer.usage, answer.model)


@pytest.mark.parametrize("answer", ANSWERS)
async def test_what_was_unfolded_folds_to_the_same_again(answer: ChatResponse) -> None:
    assert await fold(once(unfold(answer))) == answer


async def test_several_signatures_are_none_of_the_whole() -> None:
    chunks: list[ChatChunk] = [
        ThinkingChunk(text="a", signature="1"),
        ThinkingChunk(text="b", signature="2"),
        FinishChunk(reason=FinishReason.STOP),
    ]

    assert (await fold(once(chunks))).thinking_signature == ""


async def once(chunks: list[ChatChunk]) -> AsyncIterator[Sequence[ChatChunk]]:
    yield chunks
