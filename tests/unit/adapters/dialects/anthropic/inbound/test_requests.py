"""What clients ask of `/v1/messages`, beyond the messages themselves."""

from __future__ import annotations

import json

import pytest
from msgspec import UNSET, Raw

from adapters.dialects.anthropic.inbound.chat import decode_count_call, decode_messages_call
from ports.chat import ChatRequest, JsonFormat, Message, NamedTool, Options, Text, Tool
from ports.errors import InvalidRequest

SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}}
LEAST = {"model": "m", "max_tokens": 5, "messages": [{"role": "user", "content": "hi"}]}

CACHED = {"type": "ephemeral", "ttl": "1h"}


def message(*blocks: object) -> dict[str, object]:
    return {"role": "user", "content": list(blocks)}


def decode(**members: object) -> ChatRequest:
    return decode_messages_call(json.dumps({**LEAST, **members}).encode()).request


def test_the_least_request_asks_for_nothing_else() -> None:
    call = decode_messages_call(json.dumps(LEAST).encode())

    assert call.stream is False
    assert call.request == ChatRequest(
        model="m",
        messages=(Message(role="user", parts=(Text(text="hi"),)),),
        options=Options(max_tokens=5),
        think_if_able=True,
    )


@pytest.mark.parametrize(("said", "streams"), [(True, True), (False, False), (None, False)])
def test_only_who_says_so_gets_a_stream(said: bool | None, streams: bool) -> None:
    assert decode_messages_call(json.dumps({**LEAST, "stream": said}).encode()).stream is streams


@pytest.mark.parametrize(
    ("members", "options"),
    [
        ({}, Options(max_tokens=5)),
        ({"max_tokens": 7.0}, Options(max_tokens=7)),
        ({"temperature": 0, "top_p": 0}, Options(max_tokens=5, temperature=0, top_p=0)),
        ({"temperature": 1.5, "top_k": 3}, Options(max_tokens=5, temperature=1.5, top_k=3)),
        ({"top_k": 0.0}, Options(max_tokens=5, top_k=0)),
        ({"stop_sequences": ["a", None, "", "b"]}, Options(max_tokens=5, stop=("a", "b"))),
        ({"stop_sequences": [], "temperature": None}, Options(max_tokens=5)),
    ],
)
def test_options_are_kept_also_where_they_are_zero(
    members: dict[str, object], options: Options
) -> None:
    assert decode(**members).options == options


@pytest.mark.parametrize("budget", [0, -5])
def test_a_budget_that_is_none_says_only_to_think(budget: int) -> None:
    request = decode(thinking={"type": "enabled", "budget_tokens": budget})

    assert (request.think, request.thinking_budget) == (True, UNSET)


@pytest.mark.parametrize(
    ("members", "says"),
    [
        ({"model": None}, "model is required"),
        ({"model": " "}, "model is required"),
        ({"max_tokens": None}, "max_tokens is required and must be positive"),
        ({"max_tokens": 0}, "max_tokens is required and must be positive"),
        ({"max_tokens": -1}, "max_tokens is required and must be positive"),
        ({"messages": None}, "messages is required"),
        ({"messages": []}, "messages is required"),
        ({"model": None, "max_tokens": None, "messages": None}, "model is required"),
        (
            {"max_tokens": 1.5},
            (
                "json: cannot unmarshal number 1.5 into Go struct field "
                "MessagesRequest.max_tokens of type int"
            ),
        ),
        (
            {"max_tokens": "5"},
            (
                "json: cannot unmarshal string into Go struct field "
                "MessagesRequest.max_tokens of type int"
            ),
        ),
        (
            {"temperature": "hot"},
            (
                "json: cannot unmarshal string into Go struct field "
                "MessagesRequest.temperature of type float64"
            ),
        ),
        (
            {"stream": "yes"},
            (
                "json: cannot unmarshal string into Go struct field "
                "MessagesRequest.stream of type bool"
            ),
        ),
        (
            {"messages": "hi"},
            (
                "json: cannot unmarshal string into Go struct field "
                "MessagesRequest.messages of type []anthropic.MessageParam"
            ),
        ),
        (
            {"messages": [{"role": "user", "content": 5}]},
            (
                "json: cannot unmarshal number into Go struct field "
                "MessagesRequest.messages of type []anthropic.ContentBlock"
            ),
        ),
        (
            {"messages": ["hi"]},
            (
                "json: cannot unmarshal string into Go struct field "
                "MessagesRequest.messages of type anthropic.MessageParam"
            ),
        ),
        ({"messages": [{"role": "user"}]}, "messages.0.content is required"),
        ({"messages": [None]}, "messages.0.content is required"),
    ],
)
def test_a_wrong_request_is_refused_in_the_words_of_the_reference(
    members: dict[str, object], says: str
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        decode(**members)

    assert caught.value.message == says


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "EOF"),
        (b" \n", "EOF"),
        (b"null", "model is required"),
        (b"{}", "model is required"),
        (b"[]", "json: cannot unmarshal array into Go value of type anthropic.MessagesRequest"),
        (b"{bad}", "invalid character 'b' looking for beginning of object key string"),
        (b'{"model":"m"', "unexpected EOF"),
        (b'{"tools":' + b"[" * 100_000, "exceeded max depth"),
        (b'{"messages":[{"content":[{"input":"\xff"}]}]}', "model is required"),
    ],
)
def test_what_is_no_request_at_all_is_refused_in_the_same_words(body: bytes, says: str) -> None:
    for decoding in (decode_messages_call, decode_count_call):
        with pytest.raises(InvalidRequest) as caught:
            decoding(body)

        assert caught.value.message == says


def test_counting_needs_no_limit() -> None:
    body = json.dumps({"model": "m", "messages": LEAST["messages"]}).encode()

    assert decode_count_call(body).options == Options()


@pytest.mark.parametrize(
    ("tools", "decoded"),
    [
        (None, ()),
        ([], ()),
        ([None], ()),
        ([{"name": "f"}], (Tool(name="f"),)),
        ([{"name": "f", "type": "custom", "input_schema": None}], (Tool(name="f"),)),
        (
            [{"name": "f", "description": "d", "strict": False, "input_schema": SCHEMA}],
            (
                Tool(
                    name="f",
                    description="d",
                    strict=False,
                    parameters=Raw(json.dumps(SCHEMA).encode()),
                ),
            ),
        ),
    ],
)
def test_tools_are_functions_with_their_schema_verbatim(
    tools: list[object] | None, decoded: tuple[Tool, ...]
) -> None:
    request = decode(tools=tools)

    assert request.tools == decoded
    assert request.dropped == ()


def test_tools_of_anthropics_own_are_dropped_and_named_by_their_type() -> None:
    request = decode(
        tools=[
            {"type": "web_search_20250305", "name": "web_search", "max_uses": 5},
            {"name": "f"},
            {"type": "bash_20250124", "name": "bash"},
        ]
    )

    assert request.tools == (Tool(name="f"),)
    assert request.dropped == ("tools.web_search_20250305", "tools.bash_20250124")


@pytest.mark.parametrize(
    ("choice", "decoded"),
    [
        (None, UNSET),
        ({}, UNSET),
        ({"type": "auto"}, "auto"),
        ({"type": "any"}, "required"),
        ({"type": "none"}, "none"),
        ({"type": "tool", "name": "f"}, NamedTool(name="f")),
    ],
)
@pytest.mark.parametrize(("disabled", "parallel"), [(None, UNSET), (False, UNSET), (True, False)])
def test_the_choice_of_tools_is_told(
    choice: dict[str, str] | None, decoded: object, disabled: bool | None, parallel: object
) -> None:
    if choice is not None:
        choice = {**choice, "disable_parallel_tool_use": disabled}

    request = decode(tools=[{"name": "f"}], tool_choice=choice)

    assert request.tool_choice == decoded
    assert request.parallel_tool_calls is (UNSET if choice is None else parallel)


@pytest.mark.parametrize(
    ("members", "says"),
    [
        ({"tools": [{"description": "d"}]}, "tools.0.name is required"),
        ({"tools": [{"name": "f", "input_schema": []}]}, "tools.0.input_schema must be an object"),
        ({"tool_choice": {"type": "tool"}}, "tool_choice.name is required with type tool"),
        (
            {"tool_choice": {"type": "all"}},
            "invalid tool_choice type: all (must be auto, any, tool or none)",
        ),
        (
            {
                "tools": [{"type": "web_search_20250305", "name": "web_search"}],
                "tool_choice": {"type": "tool", "name": "web_search"},
            },
            "tool_choice demands a tool of type web_search_20250305: not supported",
        ),
        (
            {
                "tools": [{"type": "web_search_20250305", "name": "web_search"}],
                "tool_choice": {"type": "any"},
            },
            "tool_choice demands a tool of type web_search_20250305: not supported",
        ),
        (
            {"messages": [{"role": "assistant", "content": [{"type": "server_tool_use"}]}]},
            "messages: there is nothing in them that can be handed on",
        ),
        (
            {"output_config": {"format": {"type": "json_schema"}}},
            "output_config.format must be of type json_schema, with a schema",
        ),
        (
            {"output_config": {"format": {"type": "xml", "schema": {}}}},
            "output_config.format must be of type json_schema, with a schema",
        ),
        (
            {"output_config": {"format": "json"}},
            "output_config.format: Expected `object`, got `str`",
        ),
        (
            {"thread": {"type": "create"}},
            "thread is not supported: this server keeps no conversations",
        ),
        (
            {"thinking": {"type": "enabled", "budget_tokens": 0.5}},
            (
                "json: cannot unmarshal number 0.5 into Go struct field "
                "MessagesRequest.thinking.budget_tokens of type int"
            ),
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(members: dict[str, object], says: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        decode(**members)

    assert caught.value.message == says


@pytest.mark.parametrize(
    ("thinking", "effort", "think", "budget"),
    [
        (None, None, UNSET, UNSET),
        (None, "high", "high", UNSET),
        ({"type": "disabled"}, "high", False, UNSET),
        ({"type": "enabled"}, None, True, UNSET),
        ({"type": "enabled", "budget_tokens": 1024}, None, "low", 1024),
        ({"type": "enabled", "budget_tokens": 2047}, "max", "low", 2047),
        ({"type": "enabled", "budget_tokens": 2048}, None, "medium", 2048),
        ({"type": "enabled", "budget_tokens": 8191}, None, "medium", 8191),
        ({"type": "enabled", "budget_tokens": 8192.0}, None, "high", 8192),
        ({"type": "adaptive"}, None, True, UNSET),
        ({"type": "adaptive", "display": "summarized"}, "xhigh", "xhigh", UNSET),
        ({"type": "between_tools"}, "low", "low", UNSET),
        ({"type": None}, "max", "max", UNSET),
    ],
)
def test_thinking_is_told_as_an_effort_and_a_budget(
    thinking: dict[str, object] | None, effort: str | None, think: object, budget: object
) -> None:
    request = decode(thinking=thinking, output_config={"effort": effort})

    assert (request.think, request.thinking_budget) == (think, budget)
    assert request.think_if_able
    assert request.dropped == ()


@pytest.mark.parametrize(
    "members",
    [
        {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}},
        {"output_format": {"type": "json_schema", "schema": SCHEMA}},
    ],
)
def test_the_form_of_the_answer_is_a_schema_verbatim(members: dict[str, object]) -> None:
    assert decode(**members).format == JsonFormat(schema=Raw(json.dumps(SCHEMA).encode()))


@pytest.mark.parametrize(
    ("members", "dropped"),
    [
        ({"metadata": {"user_id": "u"}, "service_tier": "auto"}, ()),
        ({"service_tier": "standard_only"}, ("service_tier",)),
        ({"metadata": {"user_id": "u" * 65}}, ()),
        ({"metadata": {"user_id": 1}}, ("metadata.user_id",)),
        ({"metadata": {"user_id": None, "more": 1}}, ("metadata.more",)),
        ({"metadata": None, "container": None, "made_up": None}, ()),
        ({"mcp_servers": [{}], "made_up": 1, "speed": "fast"}, ("mcp_servers", "made_up", "speed")),
        ({"mcp_servers": [], "context_management": {}}, ()),
        ({"context_management": {"edits": []}}, ("context_management",)),
        ({"thinking": {"type": "zzz"}}, ("thinking",)),
        ({"thinking": {"type": "adaptive", "display": "omitted"}}, ("thinking.display",)),
        ({"output_config": {"effort": "huge"}}, ("output_config.effort",)),
        ({"output_config": {"task_budget": {}, "format": None}}, ("output_config.task_budget",)),
        (
            {"tools": [{"name": "f", "defer_loading": True, "input_examples": [{}]}]},
            ("tools.defer_loading", "tools.input_examples"),
        ),
        ({"tools": [{"name": "f", "allowed_callers": None}]}, ()),
    ],
)
def test_what_has_no_place_is_named_once_in_the_clients_words(
    members: dict[str, object], dropped: tuple[str, ...]
) -> None:
    assert decode(**members).dropped == dropped


@pytest.mark.parametrize(
    "members",
    [
        {"cache_control": CACHED},
        {"system": [{"type": "text", "text": "s", "cache_control": CACHED}]},
        {"tools": [{"name": "f", "cache_control": CACHED}]},
        {"messages": [message({"type": "text", "text": "s", "cache_control": CACHED})]},
        {"messages": [message({"type": "tool_result", "cache_control": CACHED})]},
    ],
)
def test_a_wish_for_a_cache_anywhere_is_one_for_the_whole_prompt(members) -> None:
    request = decode(**members)

    assert request.extensions == {"openai.cache_control": Raw(json.dumps(CACHED).encode())}
    assert request.dropped == ()


@pytest.mark.parametrize("hint", [{}, {"cache_control": None}])
def test_no_wish_for_a_cache_is_none(hint: dict[str, None]) -> None:
    asked = message({"type": "text", "text": "s", **hint})

    assert decode(messages=[asked], **hint).extensions == {}


def test_a_short_id_of_a_user_goes_to_upstreams_that_take_one() -> None:
    request = decode(metadata={"user_id": "u" * 64})

    assert request.extensions == {"anthropic.user_id": Raw(json.dumps("u" * 64).encode())}
    assert request.dropped == ()
