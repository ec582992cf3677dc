"""Any order of chunks, judged by the accumulator of OpenAI's own client, which insists on much."""

from __future__ import annotations

from collections.abc import Sequence

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai import APIError, OpenAI
from openai.types.responses import Response

from adapters.dialects.openai.responses.packing import unpack
from ports.chat import (
    ChatChunk,
    FinishChunk,
    FinishReason,
    TextChunk,
    ThinkingChunk,
    TokenLogprob,
    ToolCall,
    ToolCallChunk,
)
from ports.errors import BackendFailed
from tests.unit.adapters.dialects.openai.responses.made import events_of

STOP = FinishChunk(reason=FinishReason.STOP)

CHUNKS = st.one_of(
    st.builds(TextChunk, text=st.text(min_size=1, max_size=3)),
    st.builds(
        TextChunk,
        text=st.text(max_size=2),
        logprobs=st.just((TokenLogprob(token="a", logprob=-1.0),)),
    ),
    st.builds(ThinkingChunk, text=st.text(min_size=1, max_size=3)),
    st.builds(ThinkingChunk, text=st.text(max_size=1), signature=st.just("sig")),
    st.builds(
        ToolCallChunk,
        call=st.builds(
            ToolCall, id=st.sampled_from(["a", "b"]), name=st.just("f"), arguments=st.just("{}")
        ),
    ),
)
BATCHES = st.lists(st.lists(CHUNKS, min_size=1, max_size=4), max_size=6)


def accumulated(written: bytes) -> Response:
    """What the client makes of a stream; it raises for whatever it does not expect."""

    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"content-type": "text/event-stream"}, content=written)

    with (
        httpx.Client(transport=httpx.MockTransport(answer)) as http,
        OpenAI(base_url="http://server/v1", api_key="none", http_client=http) as client,
        client.responses.stream(model="m", input="hi") as events,
    ):
        return events.get_final_response()


@settings(deadline=None, max_examples=60)
@given(batches=BATCHES)
def test_the_client_accepts_every_stream_and_loses_nothing(
    batches: Sequence[Sequence[ChatChunk]],
) -> None:
    events = events_of()
    written = b"".join(events.encode(batch) for batch in [*batches, [STOP]])
    chunks = [chunk for batch in batches for chunk in batch]

    response = accumulated(written)

    assert response.status == "completed"
    assert response.output_text == "".join(
        chunk.text for chunk in chunks if isinstance(chunk, TextChunk)
    )
    calls = [item for item in response.output if item.type == "function_call"]
    assert len(calls) == sum(isinstance(chunk, ToolCallChunk) for chunk in chunks)
    thoughts = [item for item in response.output if item.type == "reasoning"]
    packed = [unpack(item.encrypted_content or "") for item in thoughts]
    thinking = "".join(chunk.text for chunk in chunks if isinstance(chunk, ThinkingChunk))
    assert "".join(part.text for item in thoughts for part in item.summary) == thinking
    assert "".join(words for words, _ in filter(None, packed)) == thinking


@settings(deadline=None, max_examples=30)
@given(batches=BATCHES)
def test_the_client_never_takes_a_broken_stream_for_an_answer(
    batches: Sequence[Sequence[ChatChunk]],
) -> None:
    events = events_of()
    written = b"".join(events.encode(batch) for batch in batches)

    with pytest.raises(APIError, match="it broke"):
        accumulated(written + events.fail(BackendFailed("it broke")))
