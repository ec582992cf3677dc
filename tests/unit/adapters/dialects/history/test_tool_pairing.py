"""Histories leave with one result for every call, whatever the client sent."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from adapters.dialects.history.tool_pairing import pair
from ports.chat import Image, Message, Text, ToolCall
from ports.errors import InvalidRequest
from tests.cost import LINEAR, growth

PNG = Image(data=b"\x89PNG", media_type="image/png")


def user(text: str) -> Message:
    return Message(role="user", parts=(Text(text=text),))


def calls(*made: tuple[str, str]) -> Message:
    """An assistant message that calls tools, each as (id, name)."""
    return Message(
        role="assistant",
        tool_calls=tuple(ToolCall(id=i, name=name, arguments="{}") for i, name in made),
    )


def result(text: str, *, call_id: str = "", name: str = "") -> Message:
    return Message(role="tool", parts=(Text(text=text),), tool_call_id=call_id, tool_name=name)


def results_by_call(messages: tuple[Message, ...]) -> list[tuple[str, str]]:
    """(tool called, text of its result) for every call, by id."""
    texts = {m.tool_call_id: text_of(m) for m in messages if m.role == "tool"}
    return [(c.name, texts[c.id]) for m in messages for c in m.tool_calls]


def text_of(message: Message) -> str:
    return "".join(part.text for part in message.parts if isinstance(part, Text))


def test_a_history_without_tools_is_left_as_it_is() -> None:
    history = (user("a"), Message(role="assistant", parts=(Text(text="b"),)), user("c"))

    assert pair(history) == history


def test_results_without_ids_get_those_of_their_calls() -> None:
    paired = pair([user("q"), calls(("", "weather")), result("22", name="weather")])

    (call,) = paired[1].tool_calls
    assert re.fullmatch(r"[A-Za-z0-9]{9}", call.id)
    assert paired[2].tool_call_id == call.id


def test_made_ids_are_the_same_each_time_and_differ_by_position() -> None:
    history = [calls(("", "a"), ("", "a")), result("1"), result("2"), calls(("", "a"))]

    first, second = pair(history), pair(history)

    assert first == second
    assert len({c.id for m in first for c in m.tool_calls}) == 3


def test_ids_match_before_names_and_names_before_order() -> None:
    history = [
        calls(("x", "weather"), ("y", "time"), ("z", "news")),
        result("news", name="news"),
        result("time", call_id="y", name="weather"),
        result("weather"),
    ]

    assert results_by_call(pair(history)) == [
        ("weather", "weather"),
        ("time", "time"),
        ("news", "news"),
    ]


def test_two_calls_of_one_tool_get_their_results_in_order() -> None:
    history = [
        calls(("", "weather"), ("", "weather")),
        result("Oslo", name="weather"),
        result("Rome", name="weather"),
    ]

    assert results_by_call(pair(history)) == [("weather", "Oslo"), ("weather", "Rome")]


def test_a_result_without_a_call_becomes_a_user_message() -> None:
    paired = pair([user("q"), result("22", name="weather"), result("23"), user("so?")])

    assert [(m.role, text_of(m)) for m in paired] == [
        ("user", "q"),
        ("user", "Tool result (weather): 22"),
        ("user", "Tool result: 23"),
        ("user", "so?"),
    ]


def test_missing_results_are_filled_before_the_next_message() -> None:
    paired = pair([calls(("x", "a"), ("y", "b")), result("2", call_id="y"), user("go on")])

    assert [m.role for m in paired] == ["assistant", "tool", "tool", "user"]
    assert results_by_call(paired) == [("a", ""), ("b", "2")]


def test_missing_results_are_filled_at_the_end() -> None:
    paired = pair([user("q"), calls(("x", "a"))])

    assert [(m.role, m.tool_call_id) for m in paired[2:]] == [("tool", "x")]


def test_images_of_a_result_move_behind_all_results_of_the_turn() -> None:
    seen = Message(role="tool", parts=(Text(text="see"), PNG), tool_call_id="x")

    paired = pair([calls(("x", "a"), ("y", "b")), seen, result("2", call_id="y"), user("so?")])

    assert [m.role for m in paired] == ["assistant", "tool", "tool", "user", "user"]
    assert paired[1].parts == (Text(text="see"),)
    assert paired[3].parts == (PNG,)


def test_an_id_used_twice_is_made_unique_and_paired_again() -> None:
    history = [
        calls(("x", "a")),
        result("1", call_id="x"),
        calls(("x", "a")),
        result("2", call_id="x"),
    ]

    paired = pair(history)

    assert len({c.id for m in paired for c in m.tool_calls}) == 2
    assert results_by_call(paired) == [("a", "1"), ("a", "2")]


def test_an_id_used_twice_in_one_message_is_made_unique() -> None:
    history = [calls(("x", "a"), ("x", "b")), result("1", call_id="x"), result("2", call_id="x")]

    assert results_by_call(pair(history)) == [("a", "1"), ("b", "2")]


def test_a_made_id_never_meets_one_that_the_client_remembered() -> None:
    made = pair([calls(("", "a"))])[0].tool_calls[0].id

    paired = pair([calls(("", "a"), (made, "b"))])

    assert len({c.id for c in paired[0].tool_calls}) == 2


def test_a_made_id_has_nine_letters_however_many_calls_there_are() -> None:
    many = calls(*[("", "a")] * 1400)

    made = [call.id for m in pair([many, many], short_ids=True) for call in m.tool_calls]

    assert {len(call_id) for call_id in made} == {9}
    assert len(set(made)) == len(made)


def called_with(arguments: str) -> Message:
    return Message(
        role="assistant", tool_calls=(ToolCall(id="x", name="weather", arguments=arguments),)
    )


@pytest.mark.parametrize(
    "arguments",
    ['{"b":1.50, "a":2}', '{"a":1e400}', '{"a":' + "9" * 5000 + "}", '{"a":{"b":[1E-999]}}'],
)
def test_arguments_of_a_history_are_passed_on_as_they_were_spelled(arguments: str) -> None:
    (call,) = pair([called_with(arguments)])[0].tool_calls

    assert call.arguments == arguments


@pytest.mark.parametrize("arguments", ["[1]", "nonsense", "7", '{"a":', "{} {}", '{"a":NaN}'])
def test_arguments_that_are_no_object_are_the_clients_mistake(arguments: str) -> None:
    with pytest.raises(InvalidRequest, match="'weather'"):
        pair([called_with(arguments)])


def test_blank_arguments_are_none() -> None:
    (call,) = pair([called_with(" ")])[0].tool_calls

    assert call.arguments == "{}"


MANY = 600


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("by", ["id", "name", "order"])
def test_the_work_grows_with_the_history_and_not_with_its_square(by: str, order: int) -> None:
    def prepare(many: int) -> Callable[[], list[Message]]:
        numbers = [f"n{number}" for number in range(many)]
        named = [(number if by == "id" else "", number) for number in numbers]
        results = [
            result(n, call_id=n if by == "id" else "", name=n if by == "name" else "")
            for n in numbers[::order]
        ]
        return lambda: pair([calls(*named), *results])

    # Looking at every open call for every result took more than a second.
    assert growth(prepare, MANY) < LINEAR
    assert len(results_by_call(prepare(MANY)())) == MANY


def test_remembered_ids_do_not_make_the_search_for_free_ones_long() -> None:
    def prepare(many: int) -> Callable[[], list[Message]]:
        made = [call.id for call in pair([calls(*[("", "a")] * many)])[0].tool_calls]
        remembered = [(call_id, "a") for call_id in made[many // 2 :]]
        return lambda: pair([calls(*remembered, *[("", "a")] * (many // 2))])

    assert growth(prepare, MANY) < LINEAR
    assert len({call.id for call in prepare(MANY)()[0].tool_calls}) == MANY
