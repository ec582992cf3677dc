"""Tool calls come out whole and once, however the server cuts and numbers them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from msgspec import Raw

from adapters.dialects.openai.outbound.request import decode_chat
from adapters.dialects.openai.outbound.schema import CallFragment, FunctionFragment
from adapters.dialects.openai.outbound.stream import ChatEvents
from adapters.dialects.openai.outbound.tool_fragments import ToolFragments
from ports.chat import FinishReason, TextChunk, ToolCallChunk
from ports.errors import BackendProtocolError
from tests.cost import LINEAR, growth
from tests.unit.adapters.dialects.chunks import calls, finish, text
from tests.unit.adapters.dialects.openai.streams import DONE, call, delta, event, read, reads_of

END = delta("tool_calls") + DONE

STREAMS: dict[str, tuple[list[list[dict[str, Any]]], list[tuple[str, str, str]]]] = {
    "in pieces": (
        [[call(0, "", id="a", name="f")], [call(0, '{"x"')], [call(0, ":1}")]],
        [("a", "f", '{"x":1}')],
    ),
    "whole": ([[call(0, "{}", id="a", name="f")]], [("a", "f", "{}")]),
    "two in one delta": (
        [[call(0, "{}", id="a", name="f"), call(1, "{}", id="b", name="g")]],
        [("a", "f", "{}"), ("b", "g", "{}")],
    ),
    "interleaved": (
        [
            [call(0, '{"x"', id="a", name="f")],
            [call(1, '{"y"', id="b", name="g")],
            [call(0, ":1}"), call(1, ":2}")],
        ],
        [("a", "f", '{"x":1}'), ("b", "g", '{"y":2}')],
    ),
    "indexes with gaps and out of order": (
        [[call(5, "{}", id="a", name="f")], [call(2, "{}", id="b", name="g")]],
        [("a", "f", "{}"), ("b", "g", "{}")],
    ),
    "the id is repeated": (
        [[call(0, '{"x"', id="a", name="f")], [call(0, ":1}", id="a")]],
        [("a", "f", '{"x":1}')],
    ),
    "the id is empty later": (
        [[call(0, '{"x"', id="a", name="f")], [call(0, ":1}", id="")]],
        [("a", "f", '{"x":1}')],
    ),
    "the name is repeated": (
        [[call(0, '{"x"', id="a", name="f")], [call(0, ":1}", id="a", name="f")]],
        [("a", "f", '{"x":1}')],
    ),
    "no arguments": ([[call(0, "", id="a", name="f")]], [("a", "f", "{}")]),
    "arguments missing": ([[call(0, id="a", name="f")]], [("a", "f", "{}")]),
    "arguments as an object": ([[call(0, {"x": 1}, id="a", name="f")]], [("a", "f", '{"x": 1}')]),
    "no index, new ids": (
        [
            [call(None, '{"x"', id="a", name="f")],
            [call(None, ":1}")],
            [call(None, "{}", id="b", name="g")],
        ],
        [("a", "f", '{"x":1}'), ("b", "g", "{}")],
    ),
    "all index 0, other ids": (
        [[call(0, "{}", id="a", name="f")], [call(0, "{}", id="b", name="f")]],
        [("a", "f", "{}"), ("b", "f", "{}")],
    ),
    "all index 0, pieces behind": (
        [
            [call(0, "{", id="a", name="f")],
            [call(0, "}")],
            [call(0, "{", id="b", name="g")],
            [call(0, "}")],
        ],
        [("a", "f", "{}"), ("b", "g", "{}")],
    ),
}


@pytest.mark.parametrize(("deltas", "expected"), STREAMS.values(), ids=STREAMS)
def test_pieces_are_joined_to_the_calls_they_belong_to(
    deltas: list[list[dict[str, Any]]], expected: list[tuple[str, str, str]]
) -> None:
    stream = b"".join(delta(tool_calls=fragments) for fragments in deltas)

    assert calls(read([stream + END])) == expected


@pytest.mark.parametrize(
    ("deltas", "count"),
    [
        ([[call(0, "{}", name="f"), call(0, "{}", name="f")]], 2),
        ([[call(0, "{}", name="f")], [call(0, "{}", name="f")]], 2),
        ([[call(0, name="f"), call(0, name="f")]], 2),
        ([[call(0, "{", name="f"), call(0, "}")]], 1),
        ([[call(0, "", name="f")], [call(0, "{}", name="f")]], 1),
    ],
)
def test_equal_calls_that_nothing_tells_apart_are_each_made(
    deltas: list[list[dict[str, Any]]], count: int
) -> None:
    stream = b"".join(delta(tool_calls=fragments) for fragments in deltas)

    made = calls(read([stream + END]))

    assert [(name, arguments) for _, name, arguments in made] == [("f", "{}")] * count
    assert len({call_id for call_id, _, _ in made}) == count


def test_a_call_comes_out_whole_behind_the_text() -> None:
    events = ChatEvents()

    early = events.feed(delta(tool_calls=[call(0, '{"x"', id="a", name="f")]) + delta(content="t"))
    late = events.feed(delta(tool_calls=[call(0, ":1}")]) + END)

    assert early == [TextChunk(text="t")]
    assert [type(chunk).__name__ for chunk in late] == ["ToolCallChunk", "FinishChunk"]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("stop", FinishReason.TOOL_CALLS),
        ("tool_calls", FinishReason.TOOL_CALLS),
        ("function_call", FinishReason.TOOL_CALLS),
        ("length", FinishReason.LENGTH),
        ("content_filter", FinishReason.CONTENT_FILTER),
    ],
)
def test_a_stop_with_calls_means_calls(said: str, reason: FinishReason) -> None:
    chunks = read([delta(tool_calls=[call(0, "{}", id="a", name="f")]) + delta(said) + DONE])

    assert finish(chunks).reason is reason


@pytest.mark.parametrize("streamed", [True, False])
def test_made_ids_differ_from_answer_to_answer_where_answers_have_no_ids(streamed: bool) -> None:
    # Gemini's had neither: clients would take the second call for the first, which has a result.
    def made(created: int) -> str:
        calling = {"tool_calls": [call(0, "{}", name="f", id="")]}
        choice = {"index": 0, "finish_reason": "tool_calls"}
        answer = {"created": created, "choices": [choice | {"message": calling}]}
        role = event({"created": created, "choices": [{"delta": {"role": "assistant"}}]})
        piece = event({"created": created, "choices": [choice | {"delta": calling}]})
        if not streamed:
            return decode_chat(json.dumps(answer).encode()).tool_calls[0].id
        ((call_id, _, _),) = calls(read([role + piece + DONE]))
        return call_id

    assert made(1) == made(1)
    assert made(1) != made(2)


def test_missing_ids_are_made_the_same_each_time_and_differ() -> None:
    stream = delta(tool_calls=[call(0, "{}", name="f"), call(1, "{}", name="f")]) + END

    first, second = calls(read([stream])), calls(read([stream]))

    assert first == second
    assert all(re.fullmatch(r"call_[a-z0-9]{8}", made) for made, _, _ in first)
    assert len({made for made, _, _ in first}) == 2


def test_calls_without_index_and_id_are_told_apart_by_their_names() -> None:
    fragments = [call(None, "{", name="f"), call(None, "}"), call(None, "{}", name="f")]

    chunks = read([delta(tool_calls=[fragment]) for fragment in fragments] + [END])

    assert [(name, arguments) for _, name, arguments in calls(chunks)] == [("f", "{}"), ("f", "{}")]


@pytest.mark.parametrize(
    ("fragments", "names"),
    [
        ([("f", "{}"), ("g", "{}"), ("g", "{}")], ["f", "g", "g"]),
        ([("f", "{"), ("f", "}"), ("g", "{}")], ["f", "g"]),
        ([("f", "{"), (None, "}"), ("f", "{}")], ["f", "f"]),
    ],
)
def test_calls_all_numbered_0_without_ids_are_told_apart_by_their_names(
    fragments: list[tuple[str | None, str]], names: list[str]
) -> None:
    stream = [delta(tool_calls=[call(0, arguments, name=name)]) for name, arguments in fragments]

    made = calls(read([*stream, END]))

    assert [(name, arguments) for _, name, arguments in made] == [(name, "{}") for name in names]


def test_an_id_that_two_calls_have_is_given_once() -> None:
    same = [call(0, "{}", id="a", name="f"), call(1, "{}", id="a", name="g")]

    ids = [made for made, _, _ in calls(read([delta(tool_calls=same) + END]))]

    assert ids[0] == "a"
    assert ids[1] != "a"


@pytest.mark.parametrize("arguments", ['{"x":', "[1]", "7", "null", '{"x":1} and more', "none"])
def test_broken_arguments_are_an_error_and_never_made_up(arguments: str) -> None:
    events = ChatEvents()
    stream = delta(content="t") + delta(tool_calls=[call(0, arguments, id="a", name="f")]) + END

    assert events.feed(stream) == [TextChunk(text="t")]
    with pytest.raises(BackendProtocolError, match="broken arguments for the tool 'f'"):
        events.finish()


def test_a_call_without_a_name_is_an_error() -> None:
    with pytest.raises(BackendProtocolError, match="without a name"):
        read([delta(tool_calls=[call(0, "{}", id="a")]) + END])


def test_arguments_keep_their_spelling() -> None:
    spelled = '{"b": 1.50, "a": "\\u00e9", "c": 10000000000000000000000}'

    chunks = read([delta(tool_calls=[call(0, f" {spelled}\n", id="a", name="f")]) + END])

    (made,) = (chunk.call for chunk in chunks if isinstance(chunk, ToolCallChunk))
    assert made.arguments == spelled


BROKEN = call(0, '{"x', id="a", name="f")
WHOLE = call(0, '{"x":1}', id="a", name="f")
CUT: dict[str, tuple[list[dict[str, Any]], list[tuple[str, str, str]]]] = {
    "the only call": ([BROKEN], []),
    "the last of two": ([WHOLE, call(1, "{", id="b", name="g")], [("a", "f", '{"x":1}')]),
    "before its arguments": ([WHOLE, call(1, "", id="b", name="g")], [("a", "f", '{"x":1}')]),
    "before its name": ([WHOLE, call(1, id="b")], [("a", "f", '{"x":1}')]),
    "behind a whole one": ([WHOLE], [("a", "f", '{"x":1}')]),
}


@pytest.mark.parametrize("said", ["length", "max_tokens"])
@pytest.mark.parametrize(("fragments", "expected"), CUT.values(), ids=CUT)
def test_a_call_that_the_token_limit_cut_off_is_left_out(
    fragments: list[dict[str, Any]], expected: list[tuple[str, str, str]], said: str
) -> None:
    chunks = read([delta(content="t"), delta(tool_calls=fragments), delta(said), DONE])

    assert text(chunks) == "t"
    assert calls(chunks) == expected
    assert finish(chunks).reason is FinishReason.LENGTH


def test_only_the_last_call_can_have_been_cut_off() -> None:
    fragments = [BROKEN, call(1, "{}", id="b", name="g")]

    with pytest.raises(BackendProtocolError, match="broken arguments for the tool 'f'"):
        read([delta(tool_calls=fragments), delta("length"), DONE])


def test_many_calls_in_one_delta_cost_no_more_than_their_length() -> None:
    def prepare(many: int) -> Callable[[], object]:
        named = FunctionFragment(name="f")
        fragments = [CallFragment(index=index, function=named) for index in range(many)]
        return lambda: ToolFragments().add(fragments)

    assert growth(prepare, 500) < LINEAR


def test_pieces_with_a_repeated_name_are_looked_at_once() -> None:
    def pieces(many: int) -> list[str]:
        return ['{"x":"', *["{}\\", "\\}{"] * many, '"}']

    def prepare(many: int) -> Callable[[], ToolFragments]:
        fragments = [CallFragment(index=0, function=function(piece)) for piece in pieces(many)]
        return lambda: collect(fragments)

    # Joining and parsing what is there for every piece took seconds.
    assert growth(prepare, 1_500) < LINEAR
    (made,) = prepare(1_500)().finish("")
    assert made.arguments == "".join(pieces(1_500))


def collect(fragments: list[CallFragment]) -> ToolFragments:
    collected = ToolFragments()
    for fragment in fragments:
        collected.add([fragment])
    return collected


def function(arguments: str) -> FunctionFragment:
    return FunctionFragment(name="f", arguments=Raw(json.dumps(arguments).encode()))


@pytest.mark.parametrize(
    "whole", ['{"x":"}"}', r'{"x":"\"}{"}', r'{"x\\":{"y":{}}}', '{"x":[{},{}]}', r'{"a":"\\"}']
)
def test_a_repeated_name_opens_a_call_once_the_object_is_whole(whole: str) -> None:
    stream = [delta(tool_calls=[call(0, letter, name="f")]) for letter in whole * 2]

    assert [arguments for _, _, arguments in calls(read([*stream, END]))] == [whole, whole]


@pytest.mark.parametrize("piece", ["x" * 100, ""])
def test_the_calls_of_one_answer_have_a_bound(piece: str) -> None:
    collected = ToolFragments(max_size=1_000)

    with pytest.raises(BackendProtocolError, match="without an end"):
        for _ in range(100):
            collected.add([CallFragment(index=0, function=function(piece))])


OLDER = [{"name": "f", "arguments": ""}, {"arguments": '{"x"'}, {"arguments": ":1}"}]


@pytest.mark.parametrize("size", [1, 7, 4096])
@pytest.mark.parametrize("said", ["function_call", "stop"])
def test_a_call_in_the_older_form_is_not_lost(said: str, size: int) -> None:
    stream = delta(content="t") + b"".join(delta(function_call=it) for it in OLDER)

    chunks = read(reads_of(stream + delta(said) + DONE, size))

    ((made, name, arguments),) = calls(chunks)
    assert (bool(made), name, arguments) == (True, "f", '{"x":1}')
    assert text(chunks) == "t"
    assert finish(chunks).reason is FinishReason.TOOL_CALLS


def test_a_call_in_both_forms_is_one() -> None:
    # llama-cpp-python sends each piece twice.
    both = {"tool_calls": [call(0, "{}", id="a", name="f")], "function_call": OLDER[0]}

    assert calls(read([delta(**both), END])) == [("a", "f", "{}")]


@pytest.mark.parametrize("beside", [{}, {"content": "t"}, {"content": None, "tool_calls": None}])
def test_a_whole_answer_may_have_the_older_form_too(beside: dict[str, Any]) -> None:
    message = {"function_call": {"name": "f", "arguments": '{"x":1}'}} | beside
    choice = {"message": message, "finish_reason": "function_call"}

    (made,) = decode_chat(json.dumps({"id": "c", "choices": [choice]}).encode()).tool_calls

    assert (made.name, made.arguments) == ("f", '{"x":1}')


@pytest.mark.parametrize("none", [None, "none", "auto"])
def test_a_word_in_its_place_is_no_call(none: Any) -> None:
    chunks = read([delta(content="t", function_call=none), delta("stop"), DONE])

    assert (text(chunks), calls(chunks)) == ("t", [])
