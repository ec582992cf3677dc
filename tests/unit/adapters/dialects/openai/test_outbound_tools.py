"""Which tools are offered upstream, and what is said of calling them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import UNSET, Raw
from msgspec.structs import replace

from adapters.dialects.openai.outbound.answer import decode_chat
from adapters.dialects.openai.outbound.asked import asked_of
from adapters.dialects.openai.outbound.profile import Profile
from adapters.dialects.openai.outbound.servers import PROFILES
from adapters.dialects.openai.outbound.stream import ChatEvents
from ports.chat import JsonFormat, NamedTool, Tool, ToolCallChunk
from tests.unit.adapters.dialects.openai.sending import GENERIC, HELLO, added
from tests.unit.adapters.dialects.openai.streams import DONE, call, delta

TOOLS = (Tool(name="f"), Tool(name="g"))
ASKED = replace(HELLO, tools=TOOLS)
NAMED = {"type": "function", "function": {"name": "g"}}


def names(body: dict[str, Any]) -> list[str]:
    return [tool["function"]["name"] for tool in body["tools"]]


@pytest.mark.parametrize("choice", ["none", "auto", "required"])
def test_a_choice_of_tools_is_said_as_it_is(choice: Any) -> None:
    body = added(replace(ASKED, tool_choice=choice))

    assert body["tool_choice"] == choice
    assert names(body) == ["f", "g"]


def test_a_named_tool_is_demanded_by_its_name() -> None:
    body = added(replace(ASKED, tool_choice=NamedTool(name="g")))

    assert body["tool_choice"] == NAMED
    assert names(body) == ["f", "g"]


def test_where_names_are_no_choice_the_tool_is_the_only_one_and_some_call_is_demanded() -> None:
    body = added(
        replace(ASKED, tool_choice=NamedTool(name="g")), profile=Profile(named_choice=False)
    )

    assert body["tool_choice"] == "required"
    assert names(body) == ["g"]


@pytest.mark.parametrize("server", ["llamacpp", "lmstudio"])
def test_servers_that_read_words_alone_are_told_no_name(server: str) -> None:
    body = added(replace(ASKED, tool_choice=NamedTool(name="g")), profile=PROFILES[server])

    assert body["tool_choice"] == "required"


@pytest.mark.parametrize("wanted", [True, False])
@pytest.mark.parametrize("server", PROFILES)
def test_several_calls_at_once_are_spoken_of_where_the_server_takes_it(
    server: str, wanted: bool
) -> None:
    profile = PROFILES[server]

    body = added(replace(ASKED, parallel_tool_calls=wanted), profile=profile)

    assert body.get("parallel_tool_calls", UNSET) is (
        wanted if profile.parallel_tool_calls else UNSET
    )


def test_without_tools_nothing_is_said_of_calls() -> None:
    asked = replace(HELLO, tool_choice="auto", parallel_tool_calls=False)

    assert added(asked, profile=PROFILES["openai"]) == {}


@pytest.mark.parametrize("strict", [True, False])
def test_strict_arguments_are_asked_for_where_they_are_known(strict: bool) -> None:
    asked = replace(HELLO, tools=(Tool(name="f", strict=strict), Tool(name="g")))

    (one, other) = added(asked, profile=PROFILES["openai"])["tools"]

    assert one["function"]["strict"] is strict
    assert "strict" not in other["function"]
    assert "strict" not in added(asked)["tools"][0]["function"]


@pytest.mark.parametrize("strict", [True, False])
def test_a_schema_goes_by_the_clients_name_with_all_that_was_said_of_it(strict: bool) -> None:
    wanted = JsonFormat(
        schema=Raw(b'{"type":"object"}'), name="Answer", description="an answer", strict=strict
    )

    assert added(replace(HELLO, format=wanted))["response_format"] == {
        "type": "json_schema",
        "json_schema": {
            "name": "Answer",
            "description": "an answer",
            "strict": strict,
            "schema": {"type": "object"},
        },
    }


TWO = [call(0, "{}", id="1", name="f"), call(1, "{}", id="2", name="g")]


@pytest.mark.parametrize(
    ("wanted", "ids"), [(UNSET, ["1", "2"]), (True, ["1", "2"]), (False, ["1"])]
)
def test_where_one_call_was_wanted_the_first_is_the_only_one(wanted: Any, ids: list[str]) -> None:
    asked = asked_of(replace(ASKED, parallel_tool_calls=wanted), GENERIC, None)
    said = {"choices": [{"message": {"content": None, "tool_calls": TWO}}]}
    events = ChatEvents(asked)

    plain = decode_chat(json.dumps(said).encode(), asked).tool_calls
    chunks = events.feed(delta("tool_calls", tool_calls=TWO) + DONE)

    assert [one.id for one in plain] == ids
    assert [chunk.call.id for chunk in chunks if isinstance(chunk, ToolCallChunk)] == ids
