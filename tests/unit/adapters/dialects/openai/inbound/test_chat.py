"""What OpenAI's clients send to chats, but for messages and tools (docs/wire/dialects.md 1.1)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import UNSET, Raw
from msgspec.structs import replace

from adapters.dialects.openai.inbound.chat import ChatCall, Form, decode_chat
from adapters.dialects.openai.inbound.schema_vendor import FIELDS
from ports.chat import ChatRequest, JsonFormat, Message, Options, Text
from ports.errors import InvalidRequest

MESSAGES = [{"role": "user", "content": "hi"}]


def decode(**members: Any) -> ChatCall:
    return decode_chat(json.dumps({"model": "m", "messages": MESSAGES} | members).encode())


def decoded(**members: Any) -> ChatRequest:
    return decode(**members).request


def refusal(body: bytes) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        decode_chat(body)
    return caught.value


def test_the_least_there_can_be() -> None:
    call = decode()

    assert call == ChatCall(
        request=ChatRequest(
            model="m", messages=(Message(role="user", parts=(Text(text="hi"),)),), extensions={}
        ),
        form=Form(),
    )


def test_null_is_as_good_as_absent() -> None:
    names = [
        *("stream", "stream_options", "temperature", "top_p", "seed", "stop", "max_tokens", "n"),
        *("max_completion_tokens", "response_format", "tools", "tool_choice", "reasoning"),
        *("parallel_tool_calls", "reasoning_effort", "logprobs", "top_logprobs", "functions"),
        *("function_call", "options", "keep_alive", "think", "top_k", "include_reasoning"),
        *FIELDS,
    ]

    assert decode(**dict.fromkeys(names)) == decode()


def test_members_that_nobody_knows_are_left_out_and_named() -> None:
    call = decode(zzz={"a": [1]}, yyy=None, usage={"include": True})

    assert call.request.dropped == ("zzz",)
    assert replace(call, request=replace(call.request, dropped=())) == decode()


def test_members_in_other_capitals_are_taken_beside_right_ones() -> None:
    call = decode(Temperature=0.5, tEmperatur=1)

    assert call.request.options.temperature == 0.5
    assert call.request.dropped == ("tEmperatur",)


def test_an_absent_stream_means_none() -> None:
    assert not decode().stream
    assert decode(stream=True).stream


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        (None, False),
        ({}, False),
        ({"include_usage": None}, False),
        ({"include_usage": False}, False),
        ({"include_usage": True, "include_obfuscation": True}, True),
    ],
)
def test_tokens_in_a_stream_are_told_on_demand(asked: Any, wanted: bool) -> None:
    assert decode(stream=True, stream_options=asked).form.usage is wanted


def test_sampling_goes_by_its_own_names() -> None:
    options = decoded(
        temperature=0.5,
        top_p=0.25,
        frequency_penalty=-1,
        presence_penalty=1.5,
        seed=7,
        stop=["a", "b"],
        max_tokens=9,
    ).options

    assert options == Options(
        temperature=0.5,
        top_p=0.25,
        frequency_penalty=-1.0,
        presence_penalty=1.5,
        seed=7,
        stop=("a", "b"),
        max_tokens=9,
    )


def test_zero_is_a_value() -> None:
    assert decoded(temperature=0, seed=0, top_p=0).options == Options(
        temperature=0.0, seed=0, top_p=0.0
    )


@pytest.mark.parametrize(
    ("members", "limit"),
    [
        ({"max_tokens": 5}, 5),
        ({"max_tokens": 5.0}, 5),
        ({"max_tokens": 0}, UNSET),
        ({"max_tokens": -1}, UNSET),
        ({"max_completion_tokens": 7}, 7),
        ({"max_completion_tokens": 7, "max_tokens": 5}, 7),
        ({"max_completion_tokens": -1, "max_tokens": 5}, 5),
        ({"options": {"num_predict": 3}}, 3),
        ({"options": {"num_predict": 3}, "max_tokens": 5}, 5),
        ({"max_tokens": 10**30}, 2**63 - 1),
    ],
)
def test_the_newer_limit_wins(members: dict[str, Any], limit: Any) -> None:
    assert decoded(**members).options.max_tokens == limit


@pytest.mark.parametrize(
    ("stop", "wanted", "dropped"),
    [
        ("x", ("x",), ()),
        (["x", ""], ("x",), ()),
        ([], UNSET, ()),
        ("", UNSET, ()),
        (["x", 5], ("x",), ("stop",)),
        (5, UNSET, ("stop",)),
    ],
)
def test_stops_are_one_or_many(stop: Any, wanted: Any, dropped: tuple[str, ...]) -> None:
    request = decoded(stop=stop)

    assert (request.options.stop, request.dropped) == (wanted, dropped)


@pytest.mark.parametrize("inside", [True, False])
def test_ollamas_options_are_taken_at_the_top_and_under_options(inside: bool) -> None:
    said = {
        "top_k": 40,
        "min_p": 0.1,
        "typical_p": 0.9,
        "repeat_penalty": 1.1,
        "repeat_last_n": 64,
        "num_ctx": 8192,
        "num_keep": 5,
        "mirostat": 2,
    }

    options = decoded(**({"options": said} if inside else said)).options

    assert options == Options(
        top_k=40,
        min_p=0.1,
        typical_p=0.9,
        repeat_penalty=1.1,
        repeat_last_n=64,
        extensions={"num_ctx": Raw(b"8192"), "num_keep": Raw(b"5"), "mirostat": Raw(b"2")},
    )


def test_what_others_call_ollamas_options_is_taken_too() -> None:
    options = decoded(repetition_penalty=1.2, n_keep=3).options

    assert options == Options(repeat_penalty=1.2, extensions={"num_keep": Raw(b"3")})


def test_what_has_a_name_of_openais_wins_over_options() -> None:
    options = {"temperature": 0.1, "stop": ["a"], "seed": 1, "top_k": 1}

    said = decoded(options=options, temperature=0, stop="b", seed=2, top_k=2).options

    assert said == Options(temperature=0.0, stop=("b",), seed=2, top_k=2)


def test_how_long_a_model_stays_is_kept_and_read() -> None:
    call = decode(keep_alive="10m")

    assert call.keep_alive == 600.0
    assert call.request.extensions == {"ollama.keep_alive": Raw(b'"10m"')}
    assert decode(keep_alive=0).keep_alive == 0.0


FORMATS: list[tuple[Any, JsonFormat | None]] = [
    (None, None),
    ({}, None),
    ({"type": "text"}, None),
    ({"type": "json_object"}, JsonFormat()),
    ({"type": "json_schema"}, JsonFormat()),
    ({"type": "json_schema", "json_schema": {"schema": None}}, JsonFormat()),
    (
        {"type": "json_schema", "json_schema": {"name": "n", "strict": True, "schema": {"a": 1}}},
        JsonFormat(schema=Raw(b'{"a": 1}'), name="n", strict=True),
    ),
    (
        {"type": "json_schema", "json_schema": {"name": "n", "description": "d", "schema": {}}},
        JsonFormat(schema=Raw(b"{}"), name="n", description="d"),
    ),
    ({"type": "json_object", "schema": {"a": 1.0}}, JsonFormat(schema=Raw(b'{"a": 1.0}'))),
    ({"type": "json_schema", "schema": {"a": 1}}, JsonFormat(schema=Raw(b'{"a": 1}'))),
]


@pytest.mark.parametrize(("asked", "wanted"), FORMATS)
def test_formats_keep_their_schemas_verbatim(asked: Any, wanted: JsonFormat | None) -> None:
    request = decoded(response_format=asked)

    assert request.format == wanted
    assert request.dropped == ()


def test_a_format_that_nobody_knows_is_dropped_and_told() -> None:
    request = decoded(response_format={"type": "grammar"})

    assert (request.format, request.dropped) == (None, ("response_format",))


THINKING: list[tuple[dict[str, Any], Any, Any]] = [
    ({}, UNSET, UNSET),
    ({"reasoning_effort": "none"}, False, UNSET),
    ({"reasoning_effort": "minimal"}, "minimal", UNSET),
    ({"reasoning_effort": "low"}, "low", UNSET),
    ({"reasoning_effort": "medium"}, "medium", UNSET),
    ({"reasoning_effort": "high"}, "high", UNSET),
    ({"reasoning_effort": "xhigh"}, "xhigh", UNSET),
    ({"reasoning_effort": "max"}, "max", UNSET),
    ({"reasoning_effort": "ultra"}, "max", UNSET),
    ({"reasoning_effort": ""}, UNSET, UNSET),
    ({"reasoning": {"effort": "low"}}, "low", UNSET),
    ({"reasoning": {"effort": "none"}, "reasoning_effort": "high"}, False, UNSET),
    ({"reasoning": {}, "reasoning_effort": "high"}, "high", UNSET),
    ({"reasoning": {"enabled": True}}, True, UNSET),
    ({"reasoning": {"enabled": False}}, False, UNSET),
    ({"reasoning": {"max_tokens": 2000}}, "low", 2000),
    ({"reasoning": {"max_tokens": 2048.0}}, "medium", 2048),
    ({"reasoning": {"max_tokens": 9000}}, "high", 9000),
    ({"reasoning": {"max_tokens": 0}}, False, UNSET),
    ({"reasoning": {"max_tokens": 9000, "effort": "low"}}, "low", 9000),
    ({"reasoning": {"max_tokens": 9000, "effort": "none"}}, False, UNSET),
    ({"reasoning": {"enabled": True}, "reasoning_effort": "low"}, "low", UNSET),
]


@pytest.mark.parametrize(("members", "think", "budget"), THINKING)
def test_thinking_is_said_in_many_ways(members: dict[str, Any], think: Any, budget: Any) -> None:
    request = decoded(**members)

    assert (request.think, request.thinking_budget) == (think, budget)
    assert not request.think_if_able


@pytest.mark.parametrize("name", ["enable_thinking", "thinking"])
@pytest.mark.parametrize("switch", [True, False])
def test_a_switch_of_the_template_is_a_wish(name: str, switch: bool) -> None:
    request = decoded(chat_template_kwargs={name: switch})

    assert (request.think, request.think_if_able) == (switch, True)
    assert request.extensions == {}


def test_other_words_to_the_template_are_kept_for_who_knows_them() -> None:
    request = decoded(chat_template_kwargs={"enable_thinking": False, "date": "now"})

    assert request.think is False
    assert request.extensions == {
        "openai.chat_template_kwargs": Raw(b'{"enable_thinking": false, "date": "now"}')
    }


@pytest.mark.parametrize(
    "members", [{"reasoning": {"exclude": True}}, {"include_reasoning": False}]
)
def test_thinking_may_be_hidden(members: dict[str, Any]) -> None:
    assert not decode(**members).form.reasoning
    assert decode(include_reasoning=True, reasoning={"exclude": False}).form.reasoning


def test_what_is_said_of_thinking_and_has_no_place_is_told() -> None:
    request = decoded(think=True, reasoning={"summary": "auto"})

    assert (request.think, request.dropped) == (UNSET, ("think", "reasoning.summary"))


@pytest.mark.parametrize(
    ("members", "logprobs", "top"),
    [
        ({"logprobs": True}, True, 0),
        ({"logprobs": True, "top_logprobs": 20}, True, 20),
        ({"logprobs": True, "top_logprobs": 2.0}, True, 2),
        ({"top_logprobs": 5}, False, 0),
        ({"logprobs": False, "top_logprobs": 5}, False, 0),
    ],
)
def test_log_probabilities_are_given_to_who_asks(
    members: dict[str, Any], logprobs: bool, top: int
) -> None:
    call = decode(**members)

    assert (call.request.logprobs, call.request.top_logprobs) == (logprobs, top)
    assert (call.form.logprobs, call.form.alternatives) == (logprobs, top > 0)


@pytest.mark.parametrize("name", FIELDS)
def test_what_only_some_servers_know_is_kept_verbatim(name: str) -> None:
    body = b'{"model":"m","messages":[{"role":"user"}],"%b":{"a": 1.50}}' % name.encode()

    request = decode_chat(body).request

    assert request.extensions == {f"openai.{name}": Raw(b'{"a": 1.50}')}
    assert request.dropped == ()


@pytest.mark.parametrize("number", [1, 1.0])
def test_one_answer_is_no_demand(number: Any) -> None:
    assert decode(n=number) == decode()


@pytest.mark.parametrize(
    ("members", "found", "field", "wanted"),
    [
        ({"model": 5}, "number", "model", "string"),
        ({"stream": "x"}, "string", "stream", "bool"),
        ({"temperature": "hot"}, "string", "temperature", "float64"),
        ({"max_tokens": "5"}, "string", "max_tokens", "int"),
        ({"max_tokens": 5.5}, "number 5.5", "max_tokens", "int"),
        ({"max_completion_tokens": 5.5}, "number 5.5", "max_completion_tokens", "int"),
        ({"seed": 1.5}, "number 1.5", "seed", "int"),
        ({"tools": {}}, "object", "tools", "[]api.Tool"),
        ({"messages": "hi"}, "string", "messages", "[]openai.Message"),
        ({"max_tokens": 5.0, "stream": "x"}, "string", "stream", "bool"),
    ],
)
def test_a_wrong_type_is_told_in_gos_words_and_placed(
    members: dict[str, Any], found: str, field: str, wanted: str
) -> None:
    body = json.dumps({"model": "m", "messages": MESSAGES} | members).encode()

    error = refusal(body)

    place = f"struct field ChatCompletionRequest.{field}"
    assert error.message == f"json: cannot unmarshal {found} into Go {place} of type {wanted}"
    assert error.param == field


EFFORTS = '"minimal", "low", "medium", "high", "xhigh", "ultra", "max", or "none"'


@pytest.mark.parametrize(
    ("members", "message", "param"),
    [
        ({"n": 2}, "the backend of this model gives one answer: n must be 1", "n"),
        ({"n": 0}, "the backend of this model gives one answer: n must be 1", "n"),
        ({"messages": []}, "[] is too short - 'messages'", "messages"),
        ({"messages": None}, "[] is too short - 'messages'", "messages"),
        ({"model": ""}, "model is required", "model"),
        ({"model": None}, "model is required", "model"),
        ({"model": " "}, "model is required", "model"),
        (
            {"logprobs": True, "top_logprobs": 21},
            "top_logprobs must be between 0 and 20",
            "top_logprobs",
        ),
        (
            {"reasoning_effort": "bogus"},
            f'invalid reasoning value: "bogus" (must be {EFFORTS})',
            "reasoning_effort",
        ),
        (
            {"reasoning": {"effort": "x"}},
            f'invalid reasoning value: "x" (must be {EFFORTS})',
            "reasoning.effort",
        ),
        ({"top_k": "x"}, 'option "top_k" must be of type integer', "top_k"),
        ({"options": {"num_ctx": "x"}}, 'option "num_ctx" must be of type integer', "num_ctx"),
        (
            {"response_format": {"type": "json_object", "schema": [1]}},
            "a schema must be a JSON object",
            "response_format.schema",
        ),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"schema": "x"}}},
            "a schema must be a JSON object",
            "response_format.json_schema.schema",
        ),
        ({"chat_template_kwargs": [1]}, "must be an object", "chat_template_kwargs"),
        ({"keep_alive": True}, "Unsupported type: 'bool'", "keep_alive"),
    ],
)
def test_a_mistake_is_told_in_ollamas_words_and_placed(
    members: dict[str, Any], message: str, param: str
) -> None:
    body = json.dumps({"model": "m", "messages": MESSAGES} | members).encode()

    error = refusal(body)

    assert (error.message, error.param) == (message, param)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "EOF"),
        (b" ", "EOF"),
        (b"null", "[] is too short - 'messages'"),
        (b"{}", "[] is too short - 'messages'"),
        (b"{bad", "invalid character 'b' looking for beginning of object key string"),
        (b'{"model":', "unexpected EOF"),
        (
            b"[]",
            "json: cannot unmarshal array into Go value of type openai.ChatCompletionRequest",
        ),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "exceeded max depth"),
    ],
)
def test_a_body_that_is_none_is_told_in_ollamas_words(body: bytes, message: str) -> None:
    assert refusal(body).message == message


def test_a_body_is_read_as_forgivingly_as_go_reads_it() -> None:
    plain = decode()
    again = decode_chat(b'{"MODEL":"m","Messages":[{"role":"user","content":"hi"}]} trailing')

    assert again == plain


def test_a_character_that_was_cut_in_two_is_replaced() -> None:
    body = rb'{"model":"m","messages":[{"role":"user","content":"\ud83d"}]}'

    assert decode_chat(body).request.messages[0].parts == (Text(text="\ufffd"),)
