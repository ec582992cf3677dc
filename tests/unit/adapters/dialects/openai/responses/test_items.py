"""Every kind of input item, and how items make messages."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from msgspec import Raw

from adapters.dialects.openai.responses.create import decode_create
from adapters.dialects.openai.responses.items import History
from adapters.dialects.openai.responses.packing import pack
from ports.chat import Message, Text, ToolCall
from ports.errors import InvalidRequest
from tests.cost import LINEAR, growth
from tests.unit.adapters.dialects.openai.responses.made import asked, body

USER: dict[str, Any] = {"role": "user", "content": "q"}
ASKED = Message(role="user", parts=(Text(text="q"),))


def said(text: str) -> dict[str, Any]:
    content = [{"type": "output_text", "text": text, "annotations": []}]
    return {"type": "message", "role": "assistant", "status": "completed", "content": content}


def called(call_id: str, name: str = "f", **more: Any) -> dict[str, Any]:
    item = {"type": "function_call", "id": f"fc_{call_id}", "call_id": call_id, "name": name}
    return item | {"arguments": '{"a": 1.0}'} | more


def returned(call_id: str, output: Any = "22", **more: Any) -> dict[str, Any]:
    return {"type": "function_call_output", "call_id": call_id, "output": output} | more


def thought(summary: str = "", **more: Any) -> dict[str, Any]:
    texts = [{"type": "summary_text", "text": summary}] if summary else []
    return {"type": "reasoning", "id": "rs_1", "summary": texts} | more


def call(call_id: str, name: str = "f") -> ToolCall:
    return ToolCall(id=call_id, name=name, arguments='{"a": 1.0}')


def assistant(text: str = "", **fields: Any) -> Message:
    parts = (Text(text=text),) if text else ()
    return Message(role="assistant", parts=parts, **fields)


def result(call_id: str, text: str = "22", name: str = "") -> Message:
    parts = (Text(text=text),) if text else ()
    return Message(role="tool", parts=parts, tool_call_id=call_id, tool_name=name)


def messages(*items: Any) -> tuple[Message, ...]:
    return asked(input=list(items)).messages


@pytest.mark.parametrize(
    ("role", "meant"),
    [("user", "user"), ("system", "system"), ("developer", "system"), ("assistant", "assistant")],
)
@pytest.mark.parametrize("kind", [{"type": "message"}, {"type": None}, {}])
def test_a_message_may_leave_out_its_type(role: str, meant: Any, kind: dict[str, Any]) -> None:
    assert messages({"role": role, "content": "a"} | kind) == (
        Message(role=meant, parts=(Text(text="a"),)),
    )


@pytest.mark.parametrize(
    ("item", "says", "param"),
    [
        ({"role": "tool", "content": "a"}, "input[1]: unknown role: tool", "input[1].role"),
        ({"type": "message"}, "input[1]: unknown role: ", "input[1].role"),
        ({}, "input[1]: input item missing required 'type' field", "input[1]"),
        (
            {"type": "item_reference", "id": "x"},
            "input[1]: no items are kept here, send the item itself",
            "input[1]",
        ),
        ("words", "input[1]: Expected `object`, got `str`", "input[1]"),
        (
            {"role": "user", "content": 5},
            (
                "input[1]: content must be a string or array: json: cannot unmarshal number into Go"
                " value of type []json.RawMessage"
            ),
            "input[1].content",
        ),
        (
            {"role": "user", "content": [{"type": "input_text"}, {"type": "zz"}]},
            "input[1]: content[1]: unknown content type: zz",
            "input[1].content[1]",
        ),
        (
            returned("c", {"a": 1}),
            (
                "input[1]: output must be a string or array: json: cannot unmarshal object into Go"
                " value of type []json.RawMessage"
            ),
            "input[1].output",
        ),
        (
            called("c", arguments={"a": 1}),
            "input[1]: Expected `str | null`, got `object` - at `$.arguments`",
            "input[1]",
        ),
        (called("c", name=""), "input[1]: a call must name its function", "input[1].name"),
        (called("c", name=None), "input[1]: a call must name its function", "input[1].name"),
        (
            called("c", name="", namespace="n"),
            "input[1]: a call must name its function",
            "input[1].name",
        ),
    ],
)
def test_an_item_that_cannot_be_read_is_refused_and_placed(
    item: Any, says: str, param: str
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        messages(USER, item)

    assert (caught.value.message, caught.value.param) == (says, param)


@pytest.mark.parametrize(
    ("items", "made"),
    [
        ([called("1"), returned("1")], [assistant(tool_calls=(call("1"),)), result("1")]),
        (
            [called("1"), called("2"), returned("2"), returned("1")],
            [assistant(tool_calls=(call("1"), call("2"))), result("2"), result("1")],
        ),
        (
            [said("a"), called("1"), returned("1")],
            [assistant("a", tool_calls=(call("1"),)), result("1")],
        ),
        # Words between calls belong to them: nothing may stand between a call and its result.
        (
            [called("1"), said("a"), called("2"), returned("1"), returned("2")],
            [assistant("a", tool_calls=(call("1"), call("2"))), result("1"), result("2")],
        ),
        (
            [called("1"), returned("1"), called("2"), returned("2"), said("a")],
            [
                assistant(tool_calls=(call("1"),)),
                result("1"),
                assistant(tool_calls=(call("2"),)),
                result("2"),
                assistant("a"),
            ],
        ),
        ([said("a"), said("b")], [assistant("a"), assistant("b")]),
        ([thought("s"), said("a")], [assistant("a", thinking="s")]),
        (
            [thought("s"), called("1"), returned("1")],
            [assistant(thinking="s", tool_calls=(call("1"),)), result("1")],
        ),
        (
            [thought("s"), said("a"), called("1"), returned("1")],
            [assistant("a", thinking="s", tool_calls=(call("1"),)), result("1")],
        ),
        (
            [thought("s"), said("a"), thought("t"), said("b")],
            [assistant("a", thinking="s"), assistant("b", thinking="t")],
        ),
        (
            [said("a"), thought("s"), called("1"), returned("1")],
            [assistant("a", thinking="s", tool_calls=(call("1"),)), result("1")],
        ),
        (
            [thought("s"), thought("t"), said("a")],
            [assistant("a", thinking="st")],
        ),
    ],
)
def test_what_the_assistant_did_in_a_row_is_one_message(
    items: list[Any], made: list[Message]
) -> None:
    assert messages(USER, *items) == (ASKED, *made)


@pytest.mark.parametrize(
    ("item", "thinking", "signature"),
    [
        (thought("s", encrypted_content=pack("all of it", "sig")), "all of it", "sig"),
        (thought(encrypted_content=pack("", "sig")), "", "sig"),
        (thought("s", encrypted_content=None), "s", ""),
        (thought("s", encrypted_content="gAAAA of somebody else"), "s", ""),
        (thought("s", encrypted_content="llamaport-1.broken!"), "s", ""),
        (
            thought("s", content=[{"type": "reasoning_text", "text": "words"}]),
            "words",
            "",
        ),
        (
            {"type": "reasoning", "summary": [{"text": "a"}, {"text": "b"}, {"text": ""}]},
            "a\n\nb",
            "",
        ),
    ],
)
def test_thoughts_come_back_with_their_signature(
    item: dict[str, Any], thinking: str, signature: str
) -> None:
    assert messages(USER, item, said("a"))[1] == assistant(
        "a", thinking=thinking, thinking_signature=signature
    )


def test_a_signature_behind_the_words_is_about_them() -> None:
    late = thought(encrypted_content=pack("", "sig"))

    assert messages(thought("s"), said("a"), late, USER) == (
        assistant("a", thinking="s", thinking_signature="sig"),
        ASKED,
    )


@pytest.mark.parametrize("behind", [[USER], [], [returned("1")]])
def test_thoughts_of_which_nothing_came_are_dropped_and_named(behind: list[Any]) -> None:
    request = asked(input=[USER, thought("s"), *behind])

    assert not any(message.thinking for message in request.messages)
    assert request.dropped == ("input.reasoning",)


@pytest.mark.parametrize(
    ("output", "text"),
    [
        ("22", "22"),
        ("", ""),
        (None, ""),
        ([{"type": "input_text", "text": "noon"}], "noon"),
    ],
)
def test_a_result_is_a_text_or_parts(output: Any, text: str) -> None:
    assert messages(called("1"), returned("1", output))[1] == result("1", text)


def test_calls_are_paired_by_call_id_and_never_by_id() -> None:
    made = messages(called("call_a", id="fc_b"), returned("call_a", id="fco_c"))

    assert made == (assistant(tool_calls=(call("call_a"),)), result("call_a"))


def test_a_function_of_a_namespace_has_the_same_name_as_among_the_tools() -> None:
    made = messages(
        called("1", "js", namespace="mcp__node"),
        returned("1", namespace="mcp__node", name="js"),
    )

    assert made == (
        assistant(tool_calls=(call("1", "mcp__node__js"),)),
        result("1", name="mcp__node__js"),
    )


@pytest.mark.parametrize(
    "kind",
    ["web_search_call", "custom_tool_call", "custom_tool_call_output", "local_shell_call", "zzz"],
)
def test_an_item_of_an_unknown_type_is_passed_over_whatever_it_holds(kind: str) -> None:
    strange = {"type": kind, "call_id": 5, "output": {"a": [1]}, "content": 7}

    request = asked(input=[USER, strange, strange, said("a")])

    assert request.messages == (ASKED, assistant("a"))
    assert request.dropped == (f"input.{kind}",)


def test_members_that_nobody_knows_do_no_harm() -> None:
    item = said("a") | {"phase": "commentary", "other": {"a": 1}}

    assert messages(item) == (assistant("a"),)


@pytest.mark.parametrize(
    "item",
    [called("1"), said("a"), thought("s"), returned("1"), USER, {"type": "zzz"}],
    ids=lambda item: item.get("type", "user"),
)
def test_a_long_history_costs_no_more_than_its_length(item: dict[str, Any]) -> None:
    def prepare(size: int) -> Callable[[], object]:
        content = body(input=[USER, *[item] * size, said("a")])
        return lambda: decode_create(content)

    assert growth(prepare, 500) < LINEAR


def test_a_history_is_also_made_of_messages_that_are_no_items() -> None:
    history = History()
    history.add(Raw(json.dumps(called("1")).encode()))
    history.say("user", (Text(text="q"),))

    assert history.finish() == (assistant(tool_calls=(call("1"),)), ASKED)
