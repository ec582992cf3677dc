"""Whole answers to chats (docs/wire/dialects.md 1.3, 1.6, 1.9)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.dialects.openai.inbound.answer import encode_chat
from adapters.dialects.openai.inbound.chat import Form
from adapters.dialects.openai.inbound.schema_answer import Mark
from ports.chat import ChatResponse, FinishReason, TokenLogprob, ToolCall, Usage

MARK = Mark(id="chatcmpl-1", created=1787392800, model="asked")
HEAD = (
    '{"id":"chatcmpl-1","object":"chat.completion","created":1787392800,"model":"asked",'
    '"system_fingerprint":"fp_ollama","choices":[{"index":0,"message":'
)
CALLS = (
    ToolCall(id="c1", name="f", arguments='{"a": 1.50}'),
    ToolCall(id="c2", name="g", arguments="{}"),
)


def encoded(response: ChatResponse, **form: Any) -> str:
    return encode_chat(response, MARK, Form(**form)).decode()


def choice(response: ChatResponse, **form: Any) -> Any:
    (found,) = json.loads(encoded(response, **form))["choices"]
    return found


def test_an_answer_in_ollamas_order_of_keys() -> None:
    response = ChatResponse(
        text="Hi <b>", thinking="hm", usage=Usage(prompt_tokens=11, completion_tokens=3)
    )

    assert encoded(response) == (
        HEAD + r'{"role":"assistant","content":"Hi \u003cb\u003e","reasoning":"hm"},'
        '"finish_reason":"stop"}],'
        '"usage":{"prompt_tokens":11,"completion_tokens":3,"total_tokens":14}}\n'
    )


def test_an_answer_of_nothing_is_empty_and_not_null() -> None:
    assert encoded(ChatResponse()) == (
        HEAD + '{"role":"assistant","content":""},"finish_reason":"stop"}]}\n'
    )


@pytest.mark.parametrize("reason", list(FinishReason))
def test_reasons_are_openais_own(reason: FinishReason) -> None:
    assert choice(ChatResponse(reason=reason))["finish_reason"] == reason.value


def test_arguments_are_a_string_as_it_was_spelled() -> None:
    response = ChatResponse(tool_calls=CALLS, reason=FinishReason.TOOL_CALLS)

    assert encoded(response) == (
        HEAD + r'{"role":"assistant","content":"","tool_calls":[{"id":"c1","index":0,'
        r'"type":"function","function":{"name":"f","arguments":"{\"a\": 1.50}"}},'
        r'{"id":"c2","index":1,"type":"function","function":{"name":"g","arguments":"{}"}}]},'
        '"finish_reason":"tool_calls"}]}\n'
    )


def test_a_client_of_functions_is_told_of_one_call_and_loses_no_other() -> None:
    response = ChatResponse(tool_calls=CALLS, reason=FinishReason.TOOL_CALLS)

    found = choice(response, legacy=True)

    assert found["finish_reason"] == "function_call"
    assert found["message"]["function_call"] == {"name": "f", "arguments": '{"a": 1.50}'}
    assert [call["function"]["name"] for call in found["message"]["tool_calls"]] == ["g"]
    assert choice(ChatResponse(), legacy=True)["message"] == {"role": "assistant", "content": ""}


def test_thinking_may_be_hidden() -> None:
    assert "reasoning" not in choice(ChatResponse(thinking="hm"), reasoning=False)["message"]


LOGPROBS = (
    TokenLogprob(
        token="é",
        logprob=-0.5,
        bytes=(195, 169),
        top=(TokenLogprob(token="e", logprob=-2.0),),
    ),
    TokenLogprob(token="!", logprob=-1.0),
)


@pytest.mark.parametrize("alternatives", [True, False])
def test_log_probabilities_have_every_key_that_clients_insist_on(alternatives: bool) -> None:
    response = ChatResponse(text="é!", logprobs=LOGPROBS)

    found = choice(response, logprobs=True, alternatives=alternatives)["logprobs"]

    top = [{"token": "e", "logprob": -2.0, "bytes": None}] if alternatives else []
    assert found == {
        "content": [
            {"token": "é", "logprob": -0.5, "bytes": [195, 169], "top_logprobs": top},
            {"token": "!", "logprob": -1.0, "bytes": None, "top_logprobs": []},
        ]
    }


def test_log_probabilities_are_for_who_asked_and_absent_where_there_are_none() -> None:
    assert "logprobs" not in choice(ChatResponse(logprobs=LOGPROBS))
    assert "logprobs" not in choice(ChatResponse(), logprobs=True)


def test_tokens_in_detail() -> None:
    usage = Usage(
        prompt_tokens=10,
        completion_tokens=5,
        cached_tokens=4,
        cache_write_tokens=0,
        reasoning_tokens=2,
        cost=0.5,
    )

    assert json.loads(encoded(ChatResponse(usage=usage)))["usage"] == {
        "prompt_tokens": 10,
        "completion_tokens": 5,
        "total_tokens": 15,
        "prompt_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 2},
        "cost": 0.5,
    }


def test_odd_line_ends_are_escaped() -> None:
    assert r"a\u0085b\u2028c\u2029d" in encoded(ChatResponse(text="a\u0085b\u2028c\u2029d"))
