"""`tools`, `tool_choice` and their older names (docs/wire/dialects.md 1.1, 1.2)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import UNSET, Raw

from adapters.dialects.openai.inbound.chat import ChatCall, decode_chat
from ports.chat import NamedTool, Tool
from ports.errors import InvalidRequest

F = {"type": "function", "function": {"name": "f"}}
G = {"type": "function", "function": {"name": "g"}}


def decode(**members: Any) -> ChatCall:
    messages = [{"role": "user", "content": "hi"}]
    return decode_chat(json.dumps({"model": "m", "messages": messages} | members).encode())


def test_tools_keep_their_schemas_verbatim() -> None:
    body = (
        b'{"model":"m","messages":[{"role":"user"}],"tools":[{"type":"function","function":'
        b'{"name":"f","description":"d","strict":true,"parameters":{"type": "object", "x":1.50}}},'
        b'{"function":{"name":"g","parameters":null}}]}'
    )

    request = decode_chat(body).request

    assert request.tools == (
        Tool(
            name="f",
            description="d",
            strict=True,
            parameters=Raw(b'{"type": "object", "x":1.50}'),
        ),
        Tool(name="g"),
    )
    assert (request.tool_choice, request.parallel_tool_calls) == (UNSET, UNSET)


def test_tools_that_are_no_functions_are_dropped_and_told() -> None:
    custom = {"type": "custom", "custom": {"name": "x"}}

    request = decode(tools=[custom, F, {"type": "web_search"}, None]).request

    assert request.tools == (Tool(name="f"),)
    assert request.dropped == ("tools[0]", "tools[2]", "tools[3]")


@pytest.mark.parametrize(
    ("tools", "param"),
    [
        ([F, {"type": "function", "function": {}}], "tools[1].function.name"),
        ([{"type": "function", "function": {"name": ""}}], "tools[0].function.name"),
        ([{"type": "function"}], "tools[0].function.name"),
        ([F, {"type": "function", "function": None}], "tools[1].function.name"),
        ([{"type": "function", "name": "f", "parameters": {}}], "tools[0].function.name"),
        (
            [{"type": "function", "function": {"name": "f", "parameters": []}}],
            "tools[0].function.parameters",
        ),
    ],
)
def test_a_function_that_cannot_be_called_is_refused(tools: Any, param: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        decode(tools=tools)

    assert caught.value.param == param


@pytest.mark.parametrize(
    ("choice", "wanted"),
    [
        (None, UNSET),
        ("none", "none"),
        ("auto", "auto"),
        ("required", "required"),
        ({"type": "function", "function": {"name": "f"}}, NamedTool(name="f")),
        ({"type": "function", "name": "f"}, NamedTool(name="f")),
    ],
)
def test_choices(choice: Any, wanted: Any) -> None:
    request = decode(tools=[F, G], tool_choice=choice).request

    assert request.tool_choice == wanted
    assert [tool.name for tool in request.tools] == ["f", "g"]
    assert request.dropped == ()


@pytest.mark.parametrize("mode", ["auto", "required"])
def test_only_the_tools_that_are_allowed_are_told_to_the_model(mode: Any) -> None:
    allowed = {"mode": mode, "tools": [G, {"type": "custom", "name": "x"}, None]}

    request = decode(
        tools=[F, G], tool_choice={"type": "allowed_tools", "allowed_tools": allowed}
    ).request

    assert (request.tools, request.tool_choice) == ((Tool(name="g"),), mode)


def test_the_choice_of_a_tool_that_is_no_function_is_dropped_and_told() -> None:
    request = decode(tools=[F], tool_choice={"type": "custom", "custom": {"name": "x"}}).request

    assert (request.tool_choice, request.dropped) == (UNSET, ("tool_choice",))


@pytest.mark.parametrize(
    "choice",
    [
        *("any", 5, {}, {"type": "function"}, {"type": "allowed_tools"}),
        {"type": "allowed_tools", "allowed_tools": {"mode": "auto"}},
        {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": 5}},
        {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": G}},
    ],
)
@pytest.mark.parametrize("tools", [[F], []])
def test_a_choice_that_is_none_is_refused(choice: Any, tools: Any) -> None:
    with pytest.raises(InvalidRequest) as caught:
        decode(tools=tools, tool_choice=choice)

    assert caught.value.param == "tool_choice"


@pytest.mark.parametrize("parallel", [True, False])
def test_whether_calls_may_come_together_is_kept(parallel: bool) -> None:
    request = decode(tools=[F], parallel_tool_calls=parallel).request

    assert request.parallel_tool_calls is parallel


@pytest.mark.parametrize(
    ("choice", "wanted"),
    [(None, UNSET), ("none", "none"), ("auto", "auto"), ({"name": "f"}, NamedTool(name="f"))],
)
def test_functions_are_tools_of_which_one_is_called_at_a_time(choice: Any, wanted: Any) -> None:
    call = decode(
        functions=[{"name": "f", "description": "d", "parameters": {"a": 1}}],
        function_call=choice,
    )

    assert call.request.tools == (Tool(name="f", description="d", parameters=Raw(b'{"a": 1}')),)
    assert (call.request.tool_choice, call.request.parallel_tool_calls) == (wanted, False)
    assert call.form.legacy


def test_that_one_is_called_at_a_time_is_no_loss_where_the_client_did_not_say_it() -> None:
    losses = ("parallel_tool_calls", "options.top_k")

    assert decode(functions=[{"name": "f"}]).dropped(losses) == ("top_k",)
    assert decode(tools=[F], parallel_tool_calls=False).dropped(losses) == (
        "parallel_tool_calls",
        "top_k",
    )


def test_the_newer_names_win() -> None:
    call = decode(tools=[F], functions=[{"name": "g"}], function_call={"name": "g"})

    assert call.request.tools == (Tool(name="f"),)
    assert call.request.tool_choice is UNSET
    assert not call.form.legacy


@pytest.mark.parametrize(
    ("members", "param"),
    [
        ({"functions": [{}]}, "functions[0].name"),
        ({"functions": [None]}, "functions[0].name"),
        ({"functions": [{"name": "f"}], "function_call": "required"}, "function_call"),
        ({"functions": [{"name": "f"}], "function_call": 5}, "function_call"),
    ],
)
def test_the_older_names_are_checked_too(members: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        decode(**members)

    assert caught.value.param == param
