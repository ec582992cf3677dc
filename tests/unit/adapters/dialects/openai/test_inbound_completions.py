"""`/v1/completions` of clients (docs/wire/dialects.md 5.1)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import Raw
from msgspec.json import encode
from msgspec.structs import replace

from adapters.dialects.openai.inbound.completions import (
    MOST,
    PromptsCall,
    PromptsForm,
    decode_prompts,
)
from adapters.dialects.openai.inbound.completions_answer import encode_completion
from adapters.dialects.openai.inbound.schema_answer import Mark
from ports.chat import ChatResponse, FinishReason, Options, TokenLogprob, Usage
from ports.errors import InvalidRequest, ModelNotFound
from ports.generate import GenerateRequest

ASKED = GenerateRequest(model="m", prompt="hi", continues=True)
FIELD = "into Go struct field CompletionRequest"
MARK = Mark(id="cmpl-1", created=1760000000, model="m")


def body(**members: Any) -> bytes:
    return json.dumps({"model": "m", "prompt": "hi"} | members).encode()


def decode(**members: Any) -> PromptsCall:
    return decode_prompts(body(**members))


def test_a_prompt_is_a_text_to_go_on_with_and_no_stream_is_the_default() -> None:
    assert decode() == PromptsCall(requests=(ASKED,), form=PromptsForm(echoes=("",)))


def test_null_is_as_good_as_absent() -> None:
    names = ("suffix", "stream", "stream_options", "max_tokens", "temperature", "top_p", "seed")
    more = ("stop", "logprobs", "echo", "n", "best_of", "user", "logit_bias", "keep_alive")

    assert decode(**dict.fromkeys((*names, *more))) == decode()


@pytest.mark.parametrize(
    ("members", "options"),
    [
        ({"max_tokens": 5}, Options(max_tokens=5)),
        ({"max_tokens": 5.0}, Options(max_tokens=5)),
        ({"max_tokens": -1}, Options()),
        ({"temperature": 0, "seed": 0}, Options(temperature=0.0, seed=0)),
        ({"top_p": 0.5, "stop": "x"}, Options(top_p=0.5, stop=("x",))),
        ({"stop": ["x", "y"]}, Options(stop=("x", "y"))),
        (
            {"frequency_penalty": 1, "presence_penalty": -1},
            Options(frequency_penalty=1.0, presence_penalty=-1.0),
        ),
        (
            {"top_k": 3, "options": {"num_ctx": 8}},
            Options(top_k=3, extensions={"num_ctx": Raw(b"8")}),
        ),
    ],
)
def test_only_what_was_said_about_sampling_is_said(
    members: dict[str, Any], options: Options
) -> None:
    (request,) = decode(**members).requests

    assert encode(request.options) == encode(options)


@pytest.mark.parametrize(
    ("sent", "prompts"),
    [
        ("a", ["a"]),
        ("", [""]),
        (None, [""]),
        (["a"], ["a"]),
        (["a", "b", ""], ["a", "b", ""]),
    ],
)
def test_each_prompt_of_a_list_is_asked_by_itself(sent: Any, prompts: list[str]) -> None:
    call = decode(prompt=sent)

    assert [request.prompt for request in call.requests] == prompts
    assert call.form.echoes == ("",) * len(prompts)
    assert call.loads == (not any(prompts))


def test_an_absent_prompt_asks_for_nothing() -> None:
    assert decode_prompts(b'{"model":"m"}').loads


def test_several_answers_are_several_requests_beside_each_other() -> None:
    call = decode(prompt=["a", "b"], n=2, echo=True)

    assert [request.prompt for request in call.requests] == ["a", "a", "b", "b"]
    assert call.form.echoes == ("a", "a", "b", "b")


def test_several_answers_to_one_seed_are_not_the_same_one() -> None:
    call = decode(prompt=["a", "b"], n=3, seed=7)

    assert [request.options.seed for request in call.requests] == [7, 8, 9] * 2


def test_a_suffix_goes_along() -> None:
    assert decode(suffix="end").requests == (replace(ASKED, suffix="end"),)


@pytest.mark.parametrize(("sent", "alternatives"), [(0, 0), (2, 2), (5.0, 5)])
def test_log_probabilities_are_asked_for_by_a_number(sent: float, alternatives: int) -> None:
    call = decode(logprobs=sent)

    assert call.requests == (replace(ASKED, logprobs=True, top_logprobs=alternatives),)
    assert (call.form.logprobs, call.form.alternatives) == (True, alternatives)


def test_a_stream_and_its_tokens_are_asked_for() -> None:
    call = decode(stream=True, stream_options={"include_usage": True})

    assert (call.stream, call.form.usage) == (True, True)


def test_what_only_some_servers_act_on_is_kept_for_them() -> None:
    (request,) = decode(user="u", logit_bias={"1": 2}, keep_alive="5m").requests

    assert {name: bytes(raw) for name, raw in request.extensions.items()} == {
        "openai.user": b'"u"',
        "openai.logit_bias": b'{"1": 2}',
        "ollama.keep_alive": b'"5m"',
    }
    assert decode(keep_alive="5m").keep_alive == 300


@pytest.mark.parametrize(
    ("members", "dropped"),
    [
        ({"best_of": 3}, ("best_of",)),
        ({"best_of": 3, "n": 3}, ()),
        ({"best_of": 1}, ()),
        ({"stop": 5}, ("stop",)),
        ({"echo": False, "n": 1}, ()),
    ],
)
def test_what_has_no_place_here_is_named(members: dict[str, Any], dropped: Any) -> None:
    assert decode(**members).requests[0].dropped == dropped


def test_members_are_found_in_any_case() -> None:
    assert decode_prompts(b'{"Model":"m","PROMPT":"hi"}') == decode()


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (b"", "EOF"),
        (b" ", "EOF"),
        (b"[]", "json: cannot unmarshal array into Go value of type openai.CompletionRequest"),
        (b"{bad", "invalid character 'b' looking for beginning of object key string"),
        (b'{"model":', "unexpected EOF"),
        (body(stop=[5]), "invalid type for 'stop' field: float64"),
        (body(stop=["x", None]), "invalid type for 'stop' field: <nil>"),
        (body(prompt=[1, 2]), f"json: cannot unmarshal array {FIELD}.prompt of type string"),
        (body(prompt=[[1]]), f"json: cannot unmarshal array {FIELD}.prompt of type string"),
        (body(prompt=[]), f"json: cannot unmarshal array {FIELD}.prompt of type string"),
        (body(prompt=5), f"json: cannot unmarshal number {FIELD}.prompt of type string"),
        (body(prompt={}), f"json: cannot unmarshal object {FIELD}.prompt of type string"),
        (body(max_tokens="x"), f"json: cannot unmarshal string {FIELD}.max_tokens of type int"),
        (body(max_tokens=1.5), f"json: cannot unmarshal number 1.5 {FIELD}.max_tokens of type int"),
        (body(max_tokens=0), "max_tokens must be above 0"),
        (body(logprobs=True), f"json: cannot unmarshal bool {FIELD}.logprobs of type int"),
        (body(logprobs=21), "top_logprobs must be between 0 and 20"),
        (body(n=0), "n must be between 1 and 128"),
        (body(n=129), "n must be between 1 and 128"),
        (body(prompt=["a"] * 17, n=128), f"at most {MOST} completions can be asked for at once"),
        (body(echo=True, logprobs=1), "echo cannot have logprobs at this backend"),
        (b'{"prompt":' + b"[" * 100_000, "exceeded max depth"),
    ],
)
def test_a_wrong_body_is_refused_in_ollamas_words_where_it_has_any(sent: bytes, words: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        decode_prompts(sent)

    assert caught.value.message == words


@pytest.mark.parametrize("number", [-1, 21])
def test_a_wrong_number_of_logprobs_is_named_as_the_client_did(number: int) -> None:
    with pytest.raises(InvalidRequest) as caught:
        decode_prompts(body(logprobs=number))

    assert caught.value.param == "logprobs"


@pytest.mark.parametrize("sent", [b"null", b"{}", b'{"prompt":"hi"}', body(model=" ")])
def test_no_model_is_one_that_is_not_found(sent: bytes) -> None:
    with pytest.raises(ModelNotFound):
        decode_prompts(sent)


# Whole answers.


def response(text: str, **more: Any) -> ChatResponse:
    return ChatResponse(text=text, **more)


def test_an_answer_has_the_members_of_the_real_server_in_their_order() -> None:
    usage = Usage(prompt_tokens=11, completion_tokens=3)

    encoded = encode_completion(
        [response("Hello <b>& w\u2028", usage=usage)], MARK, PromptsForm(echoes=("",))
    )

    assert encoded == (
        b'{"id":"cmpl-1","object":"text_completion","created":1760000000,"model":"m",'
        b'"system_fingerprint":"fp_ollama","choices":['
        b'{"text":"Hello \\u003cb\\u003e\\u0026 w\\u2028","index":0,"finish_reason":"stop"}],'
        b'"usage":{"prompt_tokens":11,"completion_tokens":3,"total_tokens":14}}\n'
    )


def test_choices_are_counted_and_their_tokens_added() -> None:
    usage = Usage(prompt_tokens=1, completion_tokens=2)
    responses = [response("a", usage=usage), response("b", usage=usage)]

    said = json.loads(encode_completion(responses, MARK, PromptsForm(echoes=("x", "y"))))

    assert [(it["index"], it["text"]) for it in said["choices"]] == [(0, "xa"), (1, "yb")]
    assert said["usage"]["total_tokens"] == 6


def test_tokens_that_nobody_counted_are_not_told() -> None:
    said = json.loads(encode_completion([response("a")], MARK, PromptsForm(echoes=("",))))

    assert "usage" not in said


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (FinishReason.STOP, "stop"),
        (FinishReason.LENGTH, "length"),
        (FinishReason.CONTENT_FILTER, "content_filter"),
        (FinishReason.TOOL_CALLS, "stop"),
    ],
)
def test_the_reason_is_one_that_completions_know(reason: FinishReason, said: str) -> None:
    encoded = encode_completion([response("", reason=reason)], MARK, PromptsForm(echoes=("",)))

    assert json.loads(encoded)["choices"][0]["finish_reason"] == said


def test_log_probabilities_come_in_columns_to_who_asked_for_them() -> None:
    answer = response("Hel", logprobs=(TokenLogprob(token="Hel", logprob=-0.5),))

    unasked = encode_completion([answer], MARK, PromptsForm(echoes=("",)))
    asked = encode_completion([answer], MARK, PromptsForm(echoes=("",), logprobs=True))

    assert b"logprobs" not in unasked
    assert json.loads(asked)["choices"][0]["logprobs"] == {
        "tokens": ["Hel"],
        "token_logprobs": [-0.5],
        "top_logprobs": [{"Hel": -0.5}],
        "text_offset": [0],
    }


def test_thinking_is_no_part_of_a_completion() -> None:
    encoded = encode_completion([response("a", thinking="hm")], MARK, PromptsForm(echoes=("",)))

    assert b"hm" not in encoded
