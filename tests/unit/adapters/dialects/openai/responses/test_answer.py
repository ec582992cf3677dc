"""Whole answers."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from adapters.dialects.openai.responses.answer import encode_response
from adapters.dialects.openai.responses.packing import pack
from ports.chat import ChatResponse, FinishReason, TokenLogprob, ToolCall, Usage
from tests.unit.adapters.dialects.openai.responses.made import TOKEN, create

CALL = ToolCall(id="call_1", name="f", arguments='{"a": 1.0}')


def encoded(response: ChatResponse, **members: Any) -> bytes:
    return encode_response(create(**members), response, token=TOKEN, created_at=7, completed_at=9)


def answer(response: ChatResponse, **members: Any) -> dict[str, Any]:
    return json.loads(encoded(response, **members))  # type: ignore[no-any-return]


def message(text: str, index: int = 0, status: str = "completed") -> dict[str, Any]:
    return {
        "id": f"msg_t0_{index}",
        "type": "message",
        "status": status,
        "role": "assistant",
        "content": [{"type": "output_text", "text": text, "annotations": [], "logprobs": []}],
    }


def reasoning(thinking: str, signature: str = "") -> dict[str, Any]:
    return {
        "id": "rs_t0_0",
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": thinking}] if thinking else [],
        "encrypted_content": pack(thinking, signature),
    }


def called(index: int, call_id: str = "call_1") -> dict[str, Any]:
    return {
        "id": f"fc_t0_{index}",
        "type": "function_call",
        "status": "completed",
        "call_id": call_id,
        "name": "f",
        "arguments": '{"a": 1.0}',
    }


def test_an_answer_has_the_recorded_members_in_their_order_and_ends_in_a_newline() -> None:
    usage = Usage(
        prompt_tokens=11,
        completion_tokens=3,
        cached_tokens=4,
        cache_write_tokens=5,
        reasoning_tokens=2,
    )
    response = ChatResponse(text="<b>&\u2028wörld", usage=usage, model="upstream/m")

    assert (
        encoded(response)
        == (
            '{"id":"resp_t0","object":"response","created_at":7,"completed_at":9,'
            '"status":"completed","incomplete_details":null,"model":"m","previous_response_id":null,'
            '"instructions":null,"output":[{"id":"msg_t0_0","type":"message","status":"completed",'
            '"role":"assistant","content":[{"type":"output_text",'
            r'"text":"\u003cb\u003e\u0026\u2028wörld","annotations":[],"logprobs":[]}]}],'
            '"error":null,"tools":[],"tool_choice":"auto","truncation":"disabled",'
            '"parallel_tool_calls":true,"text":{"format":{"type":"text"}},"top_p":1,'
            '"presence_penalty":0,"frequency_penalty":0,"top_logprobs":0,"temperature":1,'
            '"reasoning":null,"usage":{"input_tokens":11,"output_tokens":3,"total_tokens":14,'
            '"input_tokens_details":{"cached_tokens":4,"cache_write_tokens":5},'
            '"output_tokens_details":{"reasoning_tokens":2}},"max_output_tokens":null,'
            '"max_tool_calls":null,"store":false,"background":false,"service_tier":"default",'
            '"metadata":{},"safety_identifier":null,"prompt_cache_key":null}\n'
        ).encode()
    )


@pytest.mark.parametrize(
    ("response", "output"),
    [
        (ChatResponse(text="a"), [message("a")]),
        # As recorded; and a client that looks for a message finds one.
        (ChatResponse(), [message("")]),
        (ChatResponse(thinking="t", text="a"), [reasoning("t"), message("a", 1)]),
        (
            ChatResponse(thinking="t", thinking_signature="s", text="a"),
            [reasoning("t", "s"), message("a", 1)],
        ),
        (
            ChatResponse(thinking_signature="s", text="a"),
            [reasoning("", "s"), message("a", 1)],
        ),
        (ChatResponse(thinking="t"), [reasoning("t"), message("", 1)]),
        (ChatResponse(tool_calls=(CALL,)), [called(0)]),
        # Ollama drops the text where there are calls.
        (ChatResponse(text="a", tool_calls=(CALL,)), [message("a"), called(1)]),
        (
            ChatResponse(thinking="t", text="a", tool_calls=(CALL, CALL)),
            [reasoning("t"), message("a", 1), called(2), called(3, "call_xxx")],
        ),
    ],
)
def test_thoughts_words_and_calls_are_items_in_this_order(
    response: ChatResponse, output: list[dict[str, Any]]
) -> None:
    got = answer(response)["output"]

    if len(got) == 4:  # the second call of the same id was given one of its own
        assert re.fullmatch(r"call_[a-z0-9]{8}", got[3]["call_id"])
        got[3]["call_id"] = "call_xxx"
    assert got == output
    assert [list(item) for item in got] == [list(item) for item in output]


@pytest.mark.parametrize(
    ("reason", "status", "details", "completed_at"),
    [
        (FinishReason.STOP, "completed", None, 9),
        (FinishReason.TOOL_CALLS, "completed", None, 9),
        (FinishReason.LENGTH, "incomplete", {"reason": "max_output_tokens"}, None),
        (FinishReason.CONTENT_FILTER, "incomplete", {"reason": "content_filter"}, None),
    ],
)
def test_a_cut_answer_is_incomplete(
    reason: FinishReason, status: str, details: Any, completed_at: int | None
) -> None:
    got = answer(ChatResponse(text="a", reason=reason))

    assert (got["status"], got["incomplete_details"]) == (status, details)
    assert got["completed_at"] == completed_at
    assert got["output"][0]["status"] == status


def test_words_before_calls_were_said_to_their_end() -> None:
    got = answer(ChatResponse(text="a", tool_calls=(CALL,), reason=FinishReason.LENGTH))

    assert got["status"] == "incomplete"
    assert [item["status"] for item in got["output"]] == ["completed", "completed"]


def test_a_call_of_a_namespace_goes_back_as_the_client_knows_it() -> None:
    tools = [{"type": "namespace", "name": "ns", "tools": [{"type": "function", "name": "f"}]}]
    call = ToolCall(id="c", name="ns__f", arguments="{}")

    (item,) = answer(ChatResponse(tool_calls=(call,)), tools=tools)["output"]

    assert (item["namespace"], item["name"]) == ("ns", "f")


@pytest.mark.parametrize("counted", [2, None])
def test_clients_insist_on_every_count(counted: int | None) -> None:
    assert answer(ChatResponse(text="a", usage=Usage(completion_tokens=counted)))["usage"] == {
        "input_tokens": 0,
        "output_tokens": counted or 0,
        "total_tokens": counted or 0,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens_details": {"reasoning_tokens": 0},
    }


@pytest.mark.parametrize("top", [0, 1])
def test_log_probabilities_come_with_alternatives_only_if_asked(top: int) -> None:
    logprobs = (
        TokenLogprob(
            token="a",
            logprob=-0.5,
            bytes=(97,),
            top=(TokenLogprob(token="b", logprob=-1.5),),
        ),
    )

    got = answer(ChatResponse(text="a", logprobs=logprobs), top_logprobs=top)

    alternatives = [{"token": "b", "bytes": None, "logprob": -1.5}] if top else []
    assert got["output"][0]["content"][0]["logprobs"] == [
        {"token": "a", "bytes": [97], "logprob": -0.5, "top_logprobs": alternatives}
    ]


def test_the_model_is_called_as_the_client_called_it() -> None:
    assert answer(ChatResponse(model="a/b"), model="M:latest")["model"] == "M:latest"


def test_what_is_stored_is_said_truly() -> None:
    assert answer(ChatResponse(text="a"), store=True)["store"] is False
