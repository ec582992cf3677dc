"""When the offline backend calls a tool, and with what."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from msgspec import UNSET

from adapters.backends.offline.tool_choice import choose
from ports.chat import FinishReason, Message, NamedTool, Options, Tool, ToolCall
from ports.errors import InvalidRequest
from tests.unit.adapters.backends.offline.talk import (
    ADDER,
    WEATHER,
    answer,
    asks,
    says,
    shaped,
    tool,
)

FORECAST = tool("get_weather_forecast", "Forecast the weather")
CITY = tool("lookup", "Find facts about a city and its mayor")


@pytest.mark.parametrize(
    ("message", "names"),
    [
        ("Call get_weather now", ["get_weather"]),
        ("get weather please", ["get_weather"]),
        ("What's the WEATHER like?", ["get_weather"]),
        ("Use add_numbers, then get_weather", ["add_numbers", "get_weather"]),
        ("get_weather first, add_numbers after", ["get_weather", "add_numbers"]),
        ("The weather forecast, please", ["get_weather_forecast"]),
        ("Who is the mayor of this city?", ["lookup"]),
        ("Tell me a joke", []),
        ("", []),
    ],
)
def test_tools_are_chosen_by_what_the_message_names(message: str, names: list[str]) -> None:
    chosen = choose((WEATHER, ADDER, FORECAST, CITY), message)

    assert [each.name for each in chosen] == names


async def test_a_call_has_arguments_from_the_message_and_no_text() -> None:
    request = asks("What is the weather in Paris, in fahrenheit?", tools=(WEATHER, ADDER))

    reply = await answer(request)

    (call,) = reply.tool_calls
    assert call.name == "get_weather"
    assert json.loads(call.arguments) == {"city": "Paris", "unit": "fahrenheit"}
    assert reply.text == ""
    assert reply.reason is FinishReason.TOOL_CALLS


async def test_parallel_calls_have_ids_of_their_own_that_never_change() -> None:
    request = asks("add_numbers 2 and 3, get_weather in Rome", tools=(WEATHER, ADDER))

    reply = await answer(request)

    assert [call.name for call in reply.tool_calls] == ["add_numbers", "get_weather"]
    assert json.loads(reply.tool_calls[0].arguments) == {"a": 2, "b": 3}
    ids = {call.id for call in reply.tool_calls}
    assert len(ids) == 2
    assert all(re.fullmatch("call_[a-z0-9]{8}", each) for each in ids)
    assert await answer(request) == reply


def _after_results(*results: Message) -> tuple[Message | str, ...]:
    calls = (
        ToolCall(name="get_weather", arguments='{"city":"Rome"}', id="call_1"),
        ToolCall(name="add_numbers", arguments='{"a":2,"b":3}', id="call_2"),
    )
    called = Message(role="assistant", tool_calls=calls)
    return ("get_weather in Rome and add_numbers 2, 3", called, *results)


async def test_results_are_quoted_and_lead_to_no_new_call() -> None:
    chat = _after_results(
        says("22 degrees\nand sunny", "tool", tool_call_id="call_1"),
        says("5", "tool", tool_name="add_numbers"),
    )

    reply = await answer(asks(*chat, tools=(WEATHER, ADDER)))

    assert reply.tool_calls == ()
    assert reply.text == "get_weather answered: 22 degrees\nand sunny\nadd_numbers answered: 5"
    assert reply.reason is FinishReason.STOP


async def test_results_fill_a_format() -> None:
    chat = _after_results(says("22 degrees", "tool", tool_call_id="call_1"))
    schema = {"type": "object", "properties": {"degrees": {"type": "integer"}}}

    reply = await answer(asks(*chat, tools=(WEATHER,), format=shaped(schema)))

    assert json.loads(reply.text) == {"degrees": 22}


async def test_the_next_question_may_call_again_with_a_new_id() -> None:
    first = await answer(asks("get_weather", tools=(WEATHER,)))
    chat = _after_results(says("22", "tool"), says("It is 22.", "assistant"), says("get_weather"))

    second = await answer(asks(*chat, tools=(WEATHER,)))

    assert second.tool_calls[0].id != first.tool_calls[0].id


@pytest.mark.parametrize("parameters", [None, {}, {"type": "object"}, {"properties": {}}])
async def test_a_tool_without_parameters_gets_an_empty_object(parameters: object) -> None:
    reply = await answer(asks("ping", tools=(tool("ping", parameters=parameters),)))

    assert reply.tool_calls[0].arguments == "{}"


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (
            tool("ping", parameters={"properties": {"a": {"not": {}}}}),
            'tool "ping": the keyword "not" cannot be honoured at #/properties/a',
        ),
        (
            tool("ping", parameters={"type": "string"}),
            'tool "ping": the parameters must describe an object',
        ),
    ],
)
async def test_parameters_that_cannot_be_honoured_name_the_tool(bad: Tool, message: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        await answer(asks("ping", tools=(bad,)))

    assert caught.value.message == message


async def test_a_call_that_exceeds_max_tokens_is_left_out_whole() -> None:
    reply = await answer(asks("ping", tools=(tool("ping"),), options=Options(max_tokens=1)))

    assert reply.tool_calls == ()
    assert reply.reason is FinishReason.LENGTH


ASKED = "What is the weather in Paris?"


@pytest.mark.parametrize(
    ("choice", "message", "names"),
    [
        ("none", ASKED, []),
        ("auto", ASKED, ["get_weather"]),
        ("auto", "Tell me a joke", []),
        ("required", ASKED, ["get_weather"]),
        ("required", "Tell me a joke", ["add_numbers"]),
        (NamedTool(name="lookup"), ASKED, ["lookup"]),
        (NamedTool(name="lookup"), "Tell me a joke", ["lookup"]),
    ],
)
async def test_a_choice_of_tools_is_kept(choice: Any, message: str, names: list[str]) -> None:
    reply = await answer(asks(message, tools=(ADDER, WEATHER, CITY), tool_choice=choice))

    assert [call.name for call in reply.tool_calls] == names
    assert bool(reply.text) is not bool(names)


@pytest.mark.parametrize("choice", ["required", NamedTool(name="get_weather")])
async def test_a_demand_for_a_call_counts_after_results_too(choice: Any) -> None:
    turn = Message(
        role="assistant", tool_calls=(ToolCall(id="1", name="get_weather", arguments="{}"),)
    )
    result = says("22", "tool", tool_call_id="1")

    reply = await answer(asks(ASKED, turn, result, tools=(WEATHER,), tool_choice=choice))

    assert [call.name for call in reply.tool_calls] == ["get_weather"]


@pytest.mark.parametrize(
    ("parallel", "names"),
    [
        (UNSET, ["add_numbers", "get_weather"]),
        (True, ["add_numbers", "get_weather"]),
        (False, ["add_numbers"]),
    ],
)
async def test_where_one_call_was_wanted_there_is_one(parallel: Any, names: list[str]) -> None:
    request = asks(
        "add_numbers 2 and 3, get_weather in Rome",
        tools=(WEATHER, ADDER),
        parallel_tool_calls=parallel,
    )

    assert [call.name for call in (await answer(request)).tool_calls] == names
