"""An Ollama server's whole answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from adapters.dialects.ollama.outbound.answer import decode_answer, decode_embed
from ports.chat import ChatResponse, FinishReason, Timing, ToolCall, Usage
from ports.embed import EmbedResponse
from ports.errors import BackendFailed, BackendProtocolError, BackendRejected
from tests.cost import LINEAR, growth
from tests.upstream.ollama_answers import call, chat_end, prompt_end

FIGURES = {
    "usage": Usage(prompt_tokens=12, completion_tokens=3),
    "timing": Timing(load_ns=900000, prompt_ns=50000000, completion_ns=200000000),
    "model": "m",
}


def message(**members: Any) -> bytes:
    return json.dumps(chat_end() | {"message": {"role": "assistant"} | members}).encode()


def test_an_answer_has_text_thinking_and_calls() -> None:
    body = message(content="a", thinking="b", tool_calls=[call("f", {"x": 1}, id="1")])

    assert decode_answer(body) == ChatResponse(
        text="a",
        thinking="b",
        tool_calls=(ToolCall(id="1", name="f", arguments='{"x": 1}'),),
        reason=FinishReason.TOOL_CALLS,
        **FIGURES,  # type: ignore[arg-type]
    )


def test_many_calls_without_ids_cost_no_more_than_their_length() -> None:
    def prepare(size: int) -> Callable[[], object]:
        body = message(tool_calls=[call("f", {"x": 1})] * size)
        return lambda: decode_answer(body)

    assert growth(prepare, 500) < LINEAR


def test_a_completion_has_them_at_the_top() -> None:
    body = prompt_end("length") | {"response": "a", "thinking": "b"}

    assert decode_answer(json.dumps(body).encode()) == ChatResponse(
        text="a",
        thinking="b",
        reason=FinishReason.LENGTH,
        **FIGURES,  # type: ignore[arg-type]
    )


def test_thinking_that_nobody_wanted_is_discarded() -> None:
    assert decode_answer(message(content="a", thinking="b"), think=False).thinking == ""
    assert decode_answer(message(content="a", thinking="b"), think="low").thinking == "b"


@pytest.mark.parametrize("nothing", [{"content": None}, {}, {"content": "", "tool_calls": None}])
def test_an_answer_may_be_empty(nothing: dict[str, Any]) -> None:
    response = decode_answer(message(**nothing))

    assert (response.text, response.tool_calls, response.reason) == ("", (), FinishReason.STOP)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"<html>",
        b"{}",
        b'{"done":true}',
        b'{"done":false,"message":{"role":"assistant","content":"a"}}',
        b'{"message":{"role":"assistant","content":"a"}}',
        b'{"response":"a","done":false}',
        b'{"response":"a","done":true} {}',
        b'{"models":[]}',
    ],
)
def test_what_is_no_answer_or_half_of_one_is_an_error(body: bytes) -> None:
    with pytest.raises(BackendProtocolError):
        decode_answer(body)


def test_an_error_in_a_good_answer_is_raised() -> None:
    with pytest.raises(BackendFailed, match="out of luck"):
        decode_answer(b'{"error":"out of luck"}')
    with pytest.raises(BackendFailed, match="out of luck"):
        decode_embed(b'{"error":"out of luck"}', inputs=0)


def test_a_prompt_that_is_too_long_is_told_by_its_text() -> None:
    with pytest.raises(BackendRejected) as caught:
        decode_answer(b'{"error":"the input length exceeds the context length"}')

    assert caught.value.upstream_code == "context_length_exceeded"


def test_vectors_keep_their_spelling() -> None:
    body = b'{"model":"m","embeddings":[[1,2.50],[ -3e-7,0]],"prompt_eval_count":7}'

    response = decode_embed(body, inputs=2)

    assert [vector.values for vector in response.vectors] == [[1.0, 2.5], [-3e-7, 0.0]]
    assert [bytes(vector.text or b"") for vector in response.vectors] == [
        b"[1,2.50]",
        b"[ -3e-7,0]",
    ]
    assert response.usage == Usage(prompt_tokens=7)
    assert response.timing == Timing()


def test_no_inputs_have_no_vectors() -> None:
    assert decode_embed(b'{"model":"m","embeddings":[]}', inputs=0) == EmbedResponse(
        vectors=(), model="m"
    )
    assert decode_embed(b'{"model":"m","embeddings":null}', inputs=0).vectors == ()


@pytest.mark.parametrize(
    ("body", "inputs"),
    [
        (b'{"embeddings":[[1]]}', 2),
        (b'{"embeddings":[[1],[2]]}', 1),
        (b"{}", 1),
        (b'{"embeddings":[[1],[1,2]]}', 2),
        (b'{"embeddings":[["1"]]}', 1),
        (b'{"embeddings":[[null]]}', 1),
        (b'{"embeddings":[1]}', 1),
        (b'{"embeddings":"x"}', 1),
        (b"[[1]]", 1),
        (b"", 0),
    ],
)
def test_what_has_not_one_vector_for_each_input_is_no_answer(body: bytes, inputs: int) -> None:
    with pytest.raises(BackendProtocolError):
        decode_embed(body, inputs=inputs)


@pytest.mark.parametrize("name", chat_end())
@pytest.mark.parametrize("wrong", [[], {}, "x", 5, True], ids=str)
def test_a_wrong_type_is_no_answer_or_does_not_matter(name: str, wrong: Any) -> None:
    body = json.dumps(chat_end() | {name: wrong}).encode()

    with suppress(BackendProtocolError):
        assert decode_answer(body).text == ""
