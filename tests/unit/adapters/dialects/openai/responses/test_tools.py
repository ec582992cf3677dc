"""Tools, namespaces of them, and the choice among them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from msgspec import UNSET, Raw

from adapters.dialects.openai.responses.create import decode_create
from adapters.dialects.openai.responses.namespaces import flat_name
from ports.chat import NamedTool, Tool
from ports.errors import InvalidRequest
from tests.cost import LINEAR, growth
from tests.unit.adapters.dialects.openai.responses.made import asked, body, create

F: dict[str, Any] = {"type": "function", "name": "f"}
G: dict[str, Any] = {"type": "function", "name": "g"}
NODE: dict[str, Any] = {"type": "namespace", "name": "mcp__node", "tools": [F, {**F, "name": "js"}]}
HOSTED: dict[str, Any] = {"type": "web_search", "name": None, "filters": {}}


def names(**members: Any) -> list[str]:
    return [tool.name for tool in asked(**members).tools]


def refusal(**members: Any) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        decode_create(body(**members))
    return caught.value


def test_a_function_is_flat_and_its_schema_stays_as_it_was_spelled() -> None:
    content = (
        b'{"model":"m","input":"hi","tools":[{"type":"function","name":"f","description":"d",'
        b'"strict":true,"parameters":{"type": "object", "x": 1.0}}]}'
    )

    assert decode_create(content).request.tools == (
        Tool(
            name="f",
            description="d",
            parameters=Raw(b'{"type": "object", "x": 1.0}'),
            strict=True,
        ),
    )


@pytest.mark.parametrize("parameters", [{}, {"parameters": None}])
@pytest.mark.parametrize(
    "strict", [({}, UNSET), ({"strict": None}, UNSET), ({"strict": False}, False)]
)
def test_schema_and_strictness_may_be_left_out(
    parameters: dict[str, Any], strict: tuple[dict[str, Any], Any]
) -> None:
    said, meant = strict

    assert asked(tools=[F | parameters | said]).tools == (Tool(name="f", strict=meant),)


def test_functions_of_a_namespace_have_names_of_their_own() -> None:
    request = create(tools=[F, NODE])

    assert [tool.name for tool in request.request.tools] == ["f", "mcp__node__f", "mcp__node__js"]
    assert request.names["mcp__node__js"] == ("js", "mcp__node")
    assert request.request.dropped == ()


@pytest.mark.parametrize(
    ("namespace", "name", "flat"),
    [
        ("", "f", "f"),
        ("ns", "", ""),
        ("ns", "f", "ns__f"),
        ("mcp__node__", "js", "mcp__node__js"),
        ("", "n" * 80, "n" * 80),
    ],
)
def test_a_flat_name_is_read_as_both(namespace: str, name: str, flat: str) -> None:
    assert flat_name(namespace, name) == flat


def test_a_flat_name_is_never_too_long_and_still_its_own() -> None:
    first, second = flat_name("n" * 60, "first"), flat_name("n" * 60, "second")

    assert len(first) == len(second) == 64
    assert first != second
    assert first == flat_name("n" * 60, "first")


def test_tools_that_others_run_are_dropped_and_named_once() -> None:
    request = asked(
        tools=[
            HOSTED,
            F,
            HOSTED,
            {"type": "custom", "name": "c", "format": {"type": "grammar"}},
            {},
            {**NODE, "description": "d", "tools": [{"type": "custom", "name": "c"}, F]},
        ]
    )

    assert [tool.name for tool in request.tools] == ["f", "mcp__node__f"]
    assert request.dropped == (
        "tools.web_search",
        "tools.custom",
        "tools",
        "tools.namespace.description",
    )


def test_the_answer_repeats_the_tools_that_may_be_called() -> None:
    repeated = json.loads(msgspec.json.encode(create(tools=[HOSTED, F, NODE]).reply.tools))

    rest = {"description": None, "strict": None, "parameters": None}
    assert repeated == [
        F | rest,
        NODE | {"description": None, "tools": [F | rest, F | rest | {"name": "js"}]},
    ]
    assert list(repeated[0]) == ["type", "name", "description", "strict", "parameters"]


@pytest.mark.parametrize(
    ("choice", "meant"),
    [
        (None, UNSET),
        ("none", "none"),
        ("auto", "auto"),
        ("required", "required"),
        ({"type": "function", "name": "g"}, NamedTool(name="g")),
        ({"type": "function", "name": "js"}, NamedTool(name="mcp__node__js")),
        ({"type": "function", "name": "mcp__node__f"}, NamedTool(name="mcp__node__f")),
    ],
)
def test_a_choice_is_kept(choice: Any, meant: Any) -> None:
    request = asked(tools=[F, G, NODE], tool_choice=choice)

    assert request.tool_choice == meant
    assert len(request.tools) == 4


@pytest.mark.parametrize(
    ("mode", "meant"), [("auto", "auto"), ("required", "required"), (None, "auto")]
)
def test_only_allowed_tools_are_offered(mode: str | None, meant: str) -> None:
    choice = {"type": "allowed_tools", "mode": mode, "tools": [G, HOSTED, {**F, "name": "js"}]}
    request = asked(tools=[F, G, NODE, HOSTED], tool_choice=choice)

    assert [tool.name for tool in request.tools] == ["g", "mcp__node__js"]
    assert request.tool_choice == meant


@pytest.mark.parametrize("choice", ["none", "auto", None])
@pytest.mark.parametrize("tools", [[], None, [HOSTED]])
def test_without_functions_there_is_nothing_to_choose(choice: Any, tools: Any) -> None:
    assert asked(tools=tools, tool_choice=choice).tool_choice is UNSET


@pytest.mark.parametrize(
    ("tools", "choice", "says"),
    [
        ([], "required", "there is no function in tools to call"),
        ([HOSTED], "required", "there is no function in tools to call"),
        ([F], "always", "there is no choice always"),
        ([F], {"type": "function", "name": "g"}, "there is no function g in tools"),
        ([F], {"type": "function"}, "there is no function  in tools"),
        ([F, HOSTED], {"type": "web_search"}, "web_search tools cannot be called here"),
        ([F, HOSTED], {"type": "custom", "name": "c"}, "custom tools cannot be called here"),
        ([F], {"type": "mcp", "server_label": "s"}, "mcp tools cannot be called here"),
        ([F], {"name": "f"}, "such tools cannot be called here"),
        (
            [F],
            {"type": "allowed_tools", "mode": "auto", "tools": [HOSTED]},
            "none of the allowed tools is a function",
        ),
        (
            [F],
            {"type": "allowed_tools", "mode": "auto", "tools": [G]},
            "there is no function g in tools",
        ),
        (
            [F],
            {"type": "allowed_tools", "mode": "often", "tools": [F]},
            "there is no choice often",
        ),
        ([F], 5, "Expected `str | object`, got `int`"),
        (
            [NODE, {**NODE, "name": "other"}],
            {"type": "function", "name": "js"},
            "there is no function js in tools",
        ),
    ],
)
def test_a_choice_that_cannot_be_kept_is_refused(tools: Any, choice: Any, says: str) -> None:
    error = refusal(tools=tools, tool_choice=choice)

    assert (error.message, error.param) == (f"tool_choice: {says}", "tool_choice")


@pytest.mark.parametrize(
    ("tools", "says", "param"),
    [
        ([F, {"type": "function"}], "tools[1]: name is required", "tools[1].name"),
        (
            [{**NODE, "tools": [{"type": "function", "name": ""}]}],
            "tools[0].tools[0]: name is required",
            "tools[0].tools[0].name",
        ),
        (
            [{**F, "name": "mcp__node__js"}, NODE],
            "tools[1].tools[1]: there is another function of the name mcp__node__js",
            "tools[1].tools[1].name",
        ),
        (
            [{**F, "parameters": [1]}],
            "parameters must be a JSON object",
            "tools[0].parameters",
        ),
        (
            5,
            (
                "json: cannot unmarshal number into Go struct field ResponsesRequest.tools of type"
                " []openai.ResponsesTool"
            ),
            "tools",
        ),
        (
            [{**F, "name": 5}],
            (
                "json: cannot unmarshal number into Go struct field ResponsesTool.tools.name of"
                " type string"
            ),
            "tools[0].name",
        ),
    ],
)
def test_a_tool_that_cannot_be_told_from_others_is_refused(
    tools: Any, says: str, param: str
) -> None:
    error = refusal(tools=tools)

    assert (error.message, error.param) == (says, param)


def test_the_same_function_twice_is_the_upstreams_business() -> None:
    assert names(tools=[F, F]) == ["f", "f"]


def test_many_tools_cost_no_more_than_their_number() -> None:
    def prepare(size: int) -> Callable[[], object]:
        functions = [{**F, "name": f"f{number}"} for number in range(size)]
        choice = {"type": "allowed_tools", "mode": "auto", "tools": functions}
        content = body(tools=[{**NODE, "tools": functions}], tool_choice=choice)
        return lambda: decode_create(content)

    assert growth(prepare, 200) < LINEAR
