"""The table of backend quirks, row by row (docs/wire/dialects.md 11)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import Raw

from adapters.dialects.openai.errors import decode_error
from adapters.dialects.openai.outbound.request import decode_chat, encode_chat
from adapters.dialects.openai.outbound.servers import PROFILES
from ports.chat import (
    ChatRequest,
    FinishReason,
    Message,
    Options,
    Text,
    ToolCall,
    Usage,
)
from ports.errors import (
    BackendError,
    BackendFailed,
    BackendOverloaded,
    BackendProtocolError,
    BackendRateLimited,
    BackendRejected,
)
from tests.unit.adapters.dialects.chunks import calls, finish, text
from tests.unit.adapters.dialects.openai.streams import DONE, call, delta, event, outcome, read

TURNS = (
    Message(role="user", parts=(Text(text="hi"),)),
    Message(
        role="assistant",
        thinking="hm",
        tool_calls=(ToolCall(id="call_abcdef123", name="f", arguments="{}"),),
    ),
    Message(role="tool", parts=(Text(text="42"),), tool_call_id="call_abcdef123"),
)
EVERY_OPTION = Options(
    top_k=1,
    min_p=0.1,
    typical_p=0.1,
    repeat_penalty=1.1,
    repeat_last_n=3,
    seed=7,
    max_tokens=9,
    extensions={"num_ctx": Raw(b"1"), "mirostat": Raw(b"1"), "num_keep": Raw(b"1")},
)


def sent(profile: str, *, stream: bool = False, options: Options = EVERY_OPTION) -> dict[str, Any]:
    request = ChatRequest(model="m", messages=TURNS, options=options, think="low")
    body = encode_chat(request, stream=stream, profile=PROFILES[profile])
    said: dict[str, Any] = json.loads(body)
    return said


def refused(status: int, said: Any) -> BackendError:
    return decode_error(status, json.dumps(said).encode(), None)


def test_openai_is_strict_and_gets_no_field_that_it_does_not_know() -> None:
    assert set(sent("openai")) == {
        *("model", "messages", "stream", "seed", "max_completion_tokens", "reasoning_effort")
    }


def test_openai_takes_four_stop_strings() -> None:
    stops = tuple("abcdef")

    assert sent("openai", options=Options(stop=stops))["stop"] == ["a", "b", "c", "d"]


@pytest.mark.parametrize("key", ["code", "type"])
def test_openai_used_up_quota_is_a_429_that_is_not_worth_a_retry(key: str) -> None:
    error = refused(429, {"error": {"message": "m", key: "insufficient_quota"}})

    assert type(error) is BackendRateLimited
    assert not error.retryable
    assert refused(429, {"error": {"message": "m"}}).retryable


def test_openai_last_usage_may_be_missing() -> None:
    assert finish(read([delta("stop", content="a"), DONE])).usage == Usage()


VLLM_ERRORS = [
    {"error": {"message": "m", "type": "BadRequestError", "param": None, "code": 400}},
    {"object": "error", "message": "m", "type": "BadRequestError", "param": None, "code": 400},
]


@pytest.mark.parametrize("said", VLLM_ERRORS, ids=["new", "old and flat"])
def test_vllm_errors_are_read_in_both_shapes(said: Any) -> None:
    error = refused(400, said)

    assert isinstance(error, BackendRejected)
    assert (error.message, error.upstream_code) == ("m", None)


def test_vllm_stop_reason_and_token_ids_are_passed_over() -> None:
    choice = {"index": 0, "delta": {"content": "a"}, "finish_reason": "stop"}
    extra = {"stop_reason": 128009, "token_ids": [1, 2]}

    chunks = read([event({"choices": [choice | extra]}), DONE])
    plain = {"choices": [{"message": {"content": "a"}, "finish_reason": "stop"} | extra]}

    assert text(chunks) == "a"
    assert finish(chunks).reason is FinishReason.STOP
    assert decode_chat(json.dumps(plain).encode()).text == "a"


@pytest.mark.parametrize("said", VLLM_ERRORS, ids=["new", "old and flat"])
def test_vllm_error_chunk_before_done_is_an_error_and_no_end(said: Any) -> None:
    chunks, error = outcome([delta(content="Hel"), event(said), DONE])

    assert text(chunks) == "Hel"
    assert error == "BackendRejected: m"


def test_llamacpp_is_overloaded_while_it_loads() -> None:
    said = {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}}

    assert type(refused(503, said)) is BackendOverloaded


def test_llamacpp_prompt_over_the_context_is_told_as_such() -> None:
    said = {
        "code": 400,
        "message": "the request exceeds the available context size, try increasing it",
        "type": "exceed_context_size_error",
        "n_prompt_tokens": 9000,
        "n_ctx": 4096,
    }

    error = refused(400, {"error": said})
    _, inband = outcome([event({"error": said})])

    assert error.upstream_code == "context_length_exceeded"
    assert inband.startswith("BackendRejected: the request exceeds")


def test_llamacpp_error_chunk_has_no_choices() -> None:
    chunks, error = outcome([delta(content="a"), event({"error": {"code": 500, "message": "m"}})])

    assert text(chunks) == "a"
    assert error == "BackendFailed: m"


def test_llamacpp_pings_are_no_events() -> None:
    assert text(read([b": ping\n\n", delta("stop", content="a"), b": ping\n\n", DONE])) == "a"


@pytest.mark.parametrize(
    "reads",
    [[], [DONE], [b": ping\n\n"], [event({"choices": []}), DONE], [delta(role="assistant"), DONE]],
    ids=["no body", "only the mark", "a comment", "no choice", "only the role"],
)
def test_lmstudio_empty_stream_of_a_prompt_over_the_context_is_an_error(
    reads: list[bytes],
) -> None:
    chunks, error = outcome(reads)

    assert chunks == []
    assert error.startswith("BackendProtocolError: ")


def test_an_answer_that_says_why_it_is_empty_is_an_answer() -> None:
    (end,) = read([delta(role="assistant"), delta("stop"), DONE])

    assert end.reason is FinishReason.STOP  # type: ignore[union-attr]


def test_litellm_gets_nothing_that_it_would_raise_for() -> None:
    assert set(sent("litellm")) == {
        *("model", "messages", "stream", "seed", "max_tokens", "reasoning_effort")
    }


@pytest.mark.parametrize(
    "said",
    [
        {"error": {"message": "m", "type": None, "param": None, "code": "400"}},
        {"error": {"message": "m", "type": "None", "param": "None", "code": 400}},
        {"detail": {"error": "m"}},
        {"detail": "m"},
    ],
)
def test_litellm_errors_come_in_many_shapes(said: Any) -> None:
    assert "m" in refused(400, said).message


def test_groq_refuses_message_fields_that_it_does_not_know() -> None:
    known = {"role", "content", "tool_calls", "tool_call_id", "name"}

    assert all(set(message) <= known for message in sent("groq")["messages"])
    assert "logprobs" not in sent("groq")


def test_groq_counts_in_a_member_of_its_own() -> None:
    counted = {"prompt_tokens": 5, "completion_tokens": 2}
    end = {"choices": [{"delta": {}, "finish_reason": "stop"}], "x_groq": {"usage": counted}}

    chunks = read([delta(content="a"), event(end), DONE])

    assert finish(chunks).usage == Usage(prompt_tokens=5, completion_tokens=2)


def test_deepseek_gets_no_reasoning_back() -> None:
    assert "hm" not in json.dumps(sent("deepseek"))


def test_gemini_error_body_is_a_list() -> None:
    said = [{"error": {"code": 400, "message": "m", "status": "INVALID_ARGUMENT"}}]

    assert refused(400, said).message == "m"


def test_gemini_calls_come_without_index_or_all_with_the_same() -> None:
    without = [call(None, "{}", id="a", name="f"), call(None, "{}", id="b", name="f")]
    alike = [call(0, "{}", id="a", name="f"), call(0, "{}", id="b", name="f")]

    for fragments in (without, alike):
        chunks = read([delta("stop", tool_calls=fragments), DONE])

        assert calls(chunks) == [("a", "f", "{}"), ("b", "f", "{}")]
        assert finish(chunks).reason is FinishReason.TOOL_CALLS


def test_mistral_ids_of_calls_are_nine_alphanumerics_on_both_sides() -> None:
    _, assistant, result = sent("mistral")["messages"]
    (made,) = assistant["tool_calls"]

    assert len(made["id"]) == 9
    assert made["id"].isalnum()
    assert result["tool_call_id"] == made["id"]


def test_mistral_names_the_seed_differently_and_knows_no_stream_options() -> None:
    said = sent("mistral", stream=True)

    assert said["random_seed"] == 7
    assert "seed" not in said
    assert "stream_options" not in said


OPENROUTER_ERRORS: list[tuple[int, Any, type[BackendError], int | None, str]] = [
    (404, {"message": "No endpoints found that support tool use", "code": 404},
     BackendRejected, 404, "No endpoints found that support tool use"),
    (404, {"message": "No allowed providers are available for the selected model.", "code": 404},
     BackendRejected, 404, "No allowed providers are available for the selected model."),
    (400, {"message": "x/y is not a valid model ID", "code": 400},
     BackendRejected, 404, "x/y is not a valid model ID"),
    (400, {"message": "m", "code": 400, "metadata": {"error_type": "context_length_exceeded"}},
     BackendRejected, 400, "m"),
    (402, {"message": "Insufficient credits", "code": 402}, BackendRejected, 402,
     "Insufficient credits"),
    (403, {"message": "Input was flagged", "code": 403,
           "metadata": {"reasons": ["violence", "hate"], "flagged_input": "x"}},
     BackendRejected, 403, "Input was flagged: violence, hate"),
    (400, {"message": "Provider returned error", "code": 400,
           "metadata": {"provider_name": "P", "raw": '{"error":{"message":"bad tool"}}'}},
     BackendRejected, 400, "Provider returned error: bad tool"),
    (400, {"message": "Provider returned error", "code": 400, "metadata": {"raw": "bad tool"}},
     BackendRejected, 400, "Provider returned error: bad tool"),
    (400, {"message": "Provider returned error", "code": 400, "metadata": {"raw": {"a": 1}}},
     BackendRejected, 400, 'Provider returned error: {"a": 1}'),
    (503, {"message": "No provider available", "code": 503}, BackendOverloaded, None,
     "No provider available"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "said", "kind", "kept", "message"), OPENROUTER_ERRORS)
def test_openrouter_errors_keep_their_meaning_and_tell_what_the_provider_said(
    status: int, said: Any, kind: type[BackendError], kept: int | None, message: str
) -> None:
    error = refused(status, {"error": said, "user_id": "user_1"})

    assert type(error) is kind
    assert error.message == message
    assert getattr(error, "status", None) == kept


def test_openrouter_words_of_a_provider_are_cleaned_too() -> None:
    raw = "key sk-abcdef1234567890 refused at http://10.0.0.7:8000/v1"

    error = refused(400, {"error": {"message": "m", "code": 400, "metadata": {"raw": raw}}})

    assert "abcdef" not in error.message
    assert "10.0.0.7" not in error.message


def test_openrouter_says_when_to_come_again_also_in_the_body() -> None:
    said = {"message": "m", "code": 429, "availability": {"retry_after": 12}}

    assert refused(429, {"error": said}).retry_after == 12.0
    assert decode_error(429, json.dumps({"error": said}).encode(), 3.0).retry_after == 3.0


OPENROUTER_INBAND: dict[str, tuple[Any, str]] = {
    "code as a number": (
        {"code": 429, "message": "slow"},
        "BackendRateLimited: slow",
    ),
    "code as a word": (
        {"code": "server_error", "message": "m", "metadata": {"error_type": "server"}},
        "BackendFailed: m",
    ),
    "only the type in the metadata": (
        {"message": "m", "metadata": {"error_type": "provider_overloaded"}},
        "BackendOverloaded: m",
    ),
    "moderation": (
        {"code": 403, "message": "flagged", "metadata": {"reasons": ["hate"]}},
        "BackendRejected: flagged: hate",
    ),
    "raw": (
        {"code": 502, "message": "Provider returned error", "metadata": {"raw": "died"}},
        "BackendFailed: Provider returned error: died",
    ),
}


@pytest.mark.parametrize(("said", "words"), OPENROUTER_INBAND.values(), ids=OPENROUTER_INBAND)
def test_openrouter_errors_under_status_200_are_errors(said: Any, words: str) -> None:
    last = {"index": 0, "delta": {"content": ""}, "finish_reason": "error"}
    whole = {"choices": [{"message": {"content": "a"}, "finish_reason": "error", "error": said}]}

    chunks, streamed = outcome([delta(content="a"), event({"error": said, "choices": [last]})])

    assert (text(chunks), streamed) == ("a", words)
    for body in (whole, {"error": said}):
        with pytest.raises(BackendError) as caught:
            decode_chat(json.dumps(body).encode())
        assert f"{type(caught.value).__name__}: {caught.value.message}" == words


@pytest.mark.parametrize("kind", ["max_tokens_exceeded", "token_limit_exceeded"])
def test_openrouter_limit_that_comes_as_an_error_is_the_end_of_a_long_answer(kind: str) -> None:
    said = {"code": 400, "message": "limit", "metadata": {"error_type": kind}}
    last = {"index": 0, "delta": {"content": ""}, "finish_reason": "error"}
    message = {"message": {"content": "a"}, "finish_reason": "error", "error": said}

    chunks = read([delta(content="a"), event({"error": said, "choices": [last]})])
    plain = decode_chat(json.dumps({"choices": [message]}).encode())

    assert text(chunks) == plain.text == "a"
    assert finish(chunks).reason is plain.reason is FinishReason.LENGTH
    with pytest.raises(BackendRejected, match="limit"):
        read([event({"error": said})])


def test_openrouter_says_what_an_answer_has_cost() -> None:
    counted = {
        "prompt_tokens": 9,
        "completion_tokens": 5,
        "cost": 0.00012,
        "is_byok": False,
        "prompt_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 3},
    }

    chunks = read([delta("stop", content="a"), event({"choices": [], "usage": counted}), DONE])

    assert finish(chunks).usage == Usage(
        prompt_tokens=9,
        completion_tokens=5,
        cached_tokens=4,
        cache_write_tokens=0,
        reasoning_tokens=3,
        cost=0.00012,
    )


def test_openrouter_comments_while_it_works_are_no_events() -> None:
    working = b": OPENROUTER PROCESSING\n\n"

    assert text(read([working, working + delta("stop", content="a"), working, DONE])) == "a"


def test_openrouter_tells_its_reasoning_twice_and_it_is_taken_once() -> None:
    details = [{"type": "reasoning.text", "text": "hm", "index": 0}]

    chunks, _ = outcome([delta(reasoning="hm", reasoning_details=details), delta("stop"), DONE])
    only, _ = outcome([delta(reasoning_details=details), delta("stop"), DONE])

    assert [getattr(chunk, "text", "") for chunk in chunks] == ["hm", ""]
    assert only == chunks


def test_a_failure_is_worth_another_try_and_a_refusal_is_not() -> None:
    assert refused(500, {}).retryable
    assert isinstance(refused(500, {}), BackendFailed)
    assert not refused(400, {}).retryable
    assert BackendProtocolError("x").retryable
