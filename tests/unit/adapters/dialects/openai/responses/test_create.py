"""Members of a body: what they become, what is repeated, what is dropped, what is refused."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from msgspec import UNSET, Raw

from adapters.dialects.openai.responses.create import decode_create
from ports.chat import ChatRequest, JsonFormat, Message, Options, Text
from ports.errors import InvalidRequest
from tests.unit.adapters.dialects.openai.responses.made import asked, body, create

SCHEMA = '{"type": "object",  "properties": {"n": {"const": 1.0}}}'
TOOL = {"type": "function", "name": "f", "parameters": {"type": "object"}}


def reply_of(**members: Any) -> dict[str, Any]:
    return json.loads(msgspec.json.encode(create(**members).reply))  # type: ignore[no-any-return]


def refusal(content: bytes) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        decode_create(content)
    return caught.value


def test_a_text_is_one_message_of_the_user() -> None:
    assert asked() == ChatRequest(
        model="m", messages=(Message(role="user", parts=(Text(text="hi"),)),)
    )


def test_instructions_stand_in_front() -> None:
    first, second = asked(instructions="Be nice").messages

    assert first == Message(role="system", parts=(Text(text="Be nice"),))
    assert second.role == "user"


@pytest.mark.parametrize(
    ("members", "options"),
    [
        ({}, Options()),
        ({"temperature": 0, "top_p": 0}, Options(temperature=0, top_p=0)),
        ({"max_output_tokens": 20}, Options(max_tokens=20)),
        ({"max_output_tokens": 20.0}, Options(max_tokens=20)),
        ({"max_output_tokens": 0}, Options()),
        ({"max_output_tokens": -1}, Options()),
        ({"max_output_tokens": 10**30}, Options(max_tokens=2**63 - 1)),
        ({"temperature": None, "top_p": None, "max_output_tokens": None}, Options()),
        ({"seed": 0, "stop": "x", "top_k": 5}, Options(seed=0, stop=("x",), top_k=5)),
    ],
)
def test_options_are_set_where_they_were_sent(members: dict[str, Any], options: Options) -> None:
    assert asked(**members).options == options


@pytest.mark.parametrize(
    ("reasoning", "think"),
    [
        (None, UNSET),
        ({}, UNSET),
        ({"effort": None, "summary": "auto"}, UNSET),
        ({"effort": "none"}, False),
        ({"effort": "high"}, "high"),
    ],
)
def test_the_effort_is_how_hard_to_think(reasoning: Any, think: Any) -> None:
    assert asked(reasoning=reasoning).think == think


@pytest.mark.parametrize(
    ("format_", "wanted"),
    [
        (None, None),
        ('{"type":"text"}', None),
        ('{"type":"json_object"}', JsonFormat()),
        (
            f'{{"type":"json_schema","name":"n","schema":{SCHEMA}}}',
            JsonFormat(schema=Raw(SCHEMA.encode()), name="n"),
        ),
        (
            f'{{"type":"json_schema","description":"d","strict":false,"schema":{SCHEMA}}}',
            JsonFormat(schema=Raw(SCHEMA.encode()), description="d", strict=False),
        ),
    ],
)
def test_both_kinds_of_json_are_heeded_and_the_schema_stays_as_it_was_spelled(
    format_: str | None, wanted: JsonFormat | None
) -> None:
    content = f'{{"model":"m","input":"hi","text":{{"format":{format_ or "null"}}}}}'

    assert decode_create(content.encode()).request.format == wanted


@pytest.mark.parametrize(
    ("members", "logprobs", "top"),
    [
        ({}, False, 0),
        ({"include": ["message.output_text.logprobs"]}, True, 0),
        ({"top_logprobs": 3}, True, 3),
        ({"include": ["message.output_text.logprobs"], "top_logprobs": 20}, True, 20),
        ({"include": ["reasoning.encrypted_content"], "top_logprobs": 0}, False, 0),
    ],
)
def test_log_probabilities_are_asked_for_by_either_member(
    members: dict[str, Any], logprobs: bool, top: int
) -> None:
    request = asked(**members)

    assert (request.logprobs, request.top_logprobs) == (logprobs, top)
    assert request.dropped == ()


@pytest.mark.parametrize(
    ("members", "dropped"),
    [
        ({"include": ["message.output_text.logprobs"]}, ("include", "reasoning.effort")),
        ({"top_logprobs": 1}, ("reasoning.effort",)),
    ],
)
def test_only_losses_of_what_the_client_said_are_told(
    members: dict[str, Any], dropped: tuple[str, ...]
) -> None:
    assert create(**members).dropped(("logprobs", "think")) == dropped
    assert create(**members).dropped(()) == ()


def test_calls_side_by_side_are_a_wish_only_where_there_are_tools() -> None:
    assert asked(parallel_tool_calls=False).parallel_tool_calls is UNSET
    assert asked(parallel_tool_calls=False, tools=[TOOL]).parallel_tool_calls is False


@pytest.mark.parametrize("stream", [(None, False), (False, False), (True, True)])
def test_an_absent_stream_is_none(stream: tuple[bool | None, bool]) -> None:
    said, meant = stream

    assert create(stream=said).stream is meant
    assert create().stream is False


@pytest.mark.parametrize(
    ("members", "extensions"),
    [
        ({"user": "u", "service_tier": None}, {"openai.user": b'"u"'}),
        ({"text": {"verbosity": "low"}}, {"openai.verbosity": b'"low"'}),
        (
            {"prompt_cache_key": "k", "safety_identifier": "s"},
            {"openai.prompt_cache_key": b'"k"', "openai.safety_identifier": b'"s"'},
        ),
        ({"provider": {"only": ["a"]}}, {"openai.provider": b'{"only": ["a"]}'}),
        ({"keep_alive": "5m"}, {"ollama.keep_alive": b'"5m"'}),
        ({"store": True, "metadata": {"a": "b"}}, {}),
    ],
)
def test_what_only_some_servers_know_is_handed_on_to_them(
    members: dict[str, Any], extensions: dict[str, bytes]
) -> None:
    found = asked(**members).extensions

    assert {name: bytes(raw) for name, raw in found.items()} == extensions


@pytest.mark.parametrize(
    ("members", "dropped"),
    [
        ({"store": True}, ("store",)),
        ({"store": False, "metadata": {}, "truncation": "disabled", "max_tool_calls": None}, ()),
        ({"metadata": {"a": "b"}, "max_tool_calls": 3}, ("metadata", "max_tool_calls")),
        ({"truncation": "auto"}, ("truncation",)),
        ({"include": ["file_search_call.results"]}, ("include",)),
        (
            {"reasoning": {"context": "auto", "mode": "pro"}},
            ("reasoning.context", "reasoning.mode"),
        ),
        (
            {"tools": [{"type": "web_search"}, {"type": "custom", "name": "c"}]},
            ("tools.web_search", "tools.custom"),
        ),
        (
            {"input": [{"role": "user", "content": "a"}, {"type": "web_search_call"}]},
            ("input.web_search_call",),
        ),
        ({"anything": {"else": 1}, "more": [], "other": None}, ("anything",)),
        ({"stream_options": {"include_obfuscation": False}, "client_metadata": {"a": "b"}}, ()),
    ],
)
def test_what_nobody_can_be_told_is_named(
    members: dict[str, Any], dropped: tuple[str, ...]
) -> None:
    assert asked(**members).dropped == dropped


def test_a_plain_request_is_answered_with_the_recorded_defaults() -> None:
    assert reply_of() == {
        "id": "",
        "object": "response",
        "created_at": 0,
        "completed_at": None,
        "status": "in_progress",
        "incomplete_details": None,
        "model": "m",
        "previous_response_id": None,
        "instructions": None,
        "output": [],
        "error": None,
        "tools": [],
        "tool_choice": "auto",
        "truncation": "disabled",
        "parallel_tool_calls": True,
        "text": {"format": {"type": "text"}},
        "top_p": 1,
        "presence_penalty": 0,
        "frequency_penalty": 0,
        "top_logprobs": 0,
        "temperature": 1,
        "reasoning": None,
        "usage": None,
        "max_output_tokens": None,
        "max_tool_calls": None,
        "store": False,
        "background": False,
        "service_tier": "default",
        "metadata": {},
        "safety_identifier": None,
        "prompt_cache_key": None,
    }


@pytest.mark.parametrize(
    ("members", "repeated"),
    [
        ({"instructions": "Be nice"}, {"instructions": "Be nice"}),
        ({"temperature": 0.2, "top_p": 0}, {"temperature": 0.2, "top_p": 0}),
        ({"max_output_tokens": 20}, {"max_output_tokens": 20}),
        ({"max_output_tokens": -1}, {"max_output_tokens": None}),
        ({"presence_penalty": 0.5}, {"presence_penalty": 0.5}),
        ({"truncation": "auto"}, {"truncation": "auto"}),
        ({"parallel_tool_calls": False}, {"parallel_tool_calls": False}),
        ({"top_logprobs": 2}, {"top_logprobs": 2}),
        (
            {"reasoning": {"effort": "low", "generate_summary": "auto"}},
            {"reasoning": {"effort": "low", "summary": "auto"}},
        ),
        (
            {"text": {"format": {"type": "json_object"}, "verbosity": "low"}},
            {"text": {"format": {"type": "json_object"}}},
        ),
        (
            {"tools": [TOOL], "tool_choice": "required"},
            {
                "tools": [
                    {
                        "type": "function",
                        "name": "f",
                        "description": None,
                        "strict": None,
                        "parameters": {"type": "object"},
                    }
                ],
                "tool_choice": "required",
            },
        ),
        ({"tool_choice": "none"}, {"tool_choice": "auto"}),
        ({"store": True, "metadata": {"a": "b"}, "user": "u", "max_tool_calls": 3}, {}),
    ],
)
def test_what_is_heeded_is_repeated_and_nothing_else(
    members: dict[str, Any], repeated: dict[str, Any]
) -> None:
    got, plain = reply_of(**members), reply_of()

    assert {name: value for name, value in got.items() if value != plain[name]} == {
        name: value for name, value in repeated.items() if value != plain[name]
    }
    for name, value in repeated.items():
        assert got[name] == value


@pytest.mark.parametrize(
    ("content", "says", "param"),
    [
        (b"", "EOF", ""),
        (b"null", "model is required", "model"),
        (b"{}", "model is required", "model"),
        (b'{"input":"hi"}', "model is required", "model"),
        (b'{"model":" ","input":"hi"}', "model is required", "model"),
        (
            b"[]",
            "json: cannot unmarshal array into Go value of type openai.ResponsesRequest",
            "",
        ),
        (
            b"{bad",
            "invalid character 'b' looking for beginning of object key string",
            "",
        ),
        (b'{"model":"m"}', "input is required", "input"),
        (body(input=None), "input is required", "input"),
        (body(input=""), "input is required", "input"),
        (body(input=[]), "input is required", "input"),
        (
            body(input=5),
            (
                "input must be a string or array: json: cannot unmarshal number into Go value of"
                " type []json.RawMessage"
            ),
            "input",
        ),
        (body(input=[{"type": "zzz"}]), "input: there is no message in it", "input"),
        (
            body(stream="x"),
            (
                "json: cannot unmarshal string into Go struct field ResponsesRequest.stream of type"
                " bool"
            ),
            "stream",
        ),
        (
            body(temperature="x"),
            (
                "json: cannot unmarshal string into Go struct field ResponsesRequest.temperature of"
                " type float64"
            ),
            "temperature",
        ),
        (
            body(max_output_tokens=1.5),
            (
                "json: cannot unmarshal number 1.5 into Go struct field"
                " ResponsesRequest.max_output_tokens of type int"
            ),
            "max_output_tokens",
        ),
        (body(top_logprobs=21), "top_logprobs must be between 0 and 20", "top_logprobs"),
        (body(top_logprobs=-1), "top_logprobs must be between 0 and 20", "top_logprobs"),
        (
            body(reasoning={"effort": "bogus"}),
            (
                'invalid reasoning value: "bogus" (must be "minimal", "low", "medium", "high",'
                ' "xhigh", "ultra", "max", or "none")'
            ),
            "reasoning.effort",
        ),
        (
            body(text={"format": {"type": "grammar"}}),
            "text.format: there is no format grammar",
            "text.format.type",
        ),
        (
            body(text={"format": {"type": "json_schema", "name": "n"}}),
            "text.format: schema is required",
            "text.format.schema",
        ),
        (
            body(text={"format": "json"}),
            "text.format: Expected `object`, got `str`",
            "text.format",
        ),
        (
            body(previous_response_id="resp_1"),
            "previous_response_id is not supported: this server keeps no responses",
            "previous_response_id",
        ),
        (
            body(conversation={"id": "c"}),
            "conversation is not supported: this server keeps no responses",
            "conversation",
        ),
        (
            body(prompt={"id": "p"}),
            "prompt is not supported: this server keeps no responses",
            "prompt",
        ),
        (
            body(background=True),
            "background is not supported: this server keeps no responses",
            "background",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_and_placed(content: bytes, says: str, param: str) -> None:
    error = refusal(content)

    assert (error.message, error.param) == (says, param)


@pytest.mark.parametrize(
    "members",
    [
        {"previous_response_id": None, "conversation": None, "prompt": None},
        {"background": False, "background_options": {}},
    ],
)
def test_no_state_is_no_fault(members: dict[str, Any]) -> None:
    assert asked(**members) == asked()


def test_how_long_a_model_stays_is_told() -> None:
    assert create(keep_alive="5m").keep_alive == 300
    assert create().keep_alive is None


def test_members_may_be_spelled_in_capitals() -> None:
    assert decode_create(b'{"Model":"m","INPUT":"hi"}').request == asked()


def test_half_a_character_is_replaced_wherever_it_stands() -> None:
    content = rb'{"model":"m","input":[{"role":"user","content":"a\ud83db"}]}'

    (message,) = decode_create(content).request.messages

    assert message.parts == (Text(text="a\ufffdb"),)


@pytest.mark.parametrize(
    "content",
    [
        b'{"model":"m","input":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
        b'{"model":"m","input":[{"role":"user","content":' + b"[" * 10_000 + b"]" * 10_000 + b"}]}",
        b'{"model":"m","input":"hi","tools":'
        + b'[{"type":"namespace","tools":' * 5_000
        + b"[]"
        + b"}]" * 5_000
        + b"}",
    ],
)
def test_depth_is_refused_and_not_followed(content: bytes) -> None:
    assert refusal(content).message == "exceeded max depth"
