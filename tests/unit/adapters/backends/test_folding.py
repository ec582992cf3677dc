"""A whole answer and its stream say the same."""

from __future__ import annotations

import pytest

from adapters.backends.folding import unfold
from ports.chat import (
    ChatResponse,
    TextChunk,
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
]


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_whole_answer_unfolds_into_the_chunks_it_would_have_come_in(answer: ChatResponse) -> None:
    chunks = unfold(answer)

    end = finish(chunks)
    assert (text(chunks), thinking(chunks)) == (answer.text, answer.thinking)
    assert tuple(c.call for c in chunks if isinstance(c, ToolCallChunk)) == answer.tool_calls
    assert sum((c.logprobs for c in chunks if isinstance(c, TextChunk)), ()) == answer.logprobs
    assert (end.reason, end.usage, end.model) == (answer.reason, answer.usage, answer.model)
