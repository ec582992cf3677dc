"""What goes back with calls is found by their ids, else by what was called, for a while."""

from __future__ import annotations

from msgspec import Raw

from adapters.backends.openai_compatible.memory import ReplayMemory
from adapters.dialects.openai.replay import Replay
from ports.chat import ToolCall


def call(id: str = "", arguments: str = "{}", name: str = "f") -> ToolCall:  # noqa: A002 - its name
    return ToolCall(id=id, name=name, arguments=arguments)


def replay(*calls: ToolCall, details: str = "[1]") -> Replay:
    return Replay(
        calls=calls, reasoning_details=Raw(details.encode()), extra_content=(None,) * len(calls)
    )


def test_it_is_found_by_the_ids() -> None:
    memory = ReplayMemory()
    first, second = replay(call("a")), replay(call("b"))
    memory.keep("m", first)
    memory.keep("m", second)

    assert memory.recall("m", [call("a")]) is first
    assert memory.recall("m", [call("b")]) is second


def test_it_is_found_by_what_was_called_where_ids_are_gone_or_made_anew() -> None:
    memory = ReplayMemory()
    kept = replay(call("a", '{"x":1,"y":2}'), call("b", name="g"))
    memory.keep("m", kept)

    assert memory.recall("m", [call("", '{"y": 2, "x": 1}'), call("", name="g")]) is kept
    assert memory.recall("m", [call("z", '{"y": 2, "x": 1}'), call("y", name="g")]) is kept
    assert memory.recall("m", [call("", '{"x":1,"y":2}')]) is None
    assert memory.recall("m", [call("", name="g"), call("", '{"x":1,"y":2}')]) is None


def test_arguments_that_a_client_has_spoiled_are_forgiven_where_the_id_is_there() -> None:
    memory = ReplayMemory()
    kept = replay(call("a", '{"n":12345678901234567891}'))
    memory.keep("m", kept)

    assert memory.recall("m", [call("a", '{"n":12345678901234567000}')]) is kept
    assert memory.recall("m", [call("a", name="other")]) is None


def test_servers_that_number_the_calls_of_each_answer_alike_do_not_confuse_it() -> None:
    memory = ReplayMemory()
    first, second = replay(call("0", '{"x":1}')), replay(call("0", '{"x":2}'))
    memory.keep("m", first)
    memory.keep("m", second)

    assert memory.recall("m", [call("0", '{"x":1}')]) is first
    assert memory.recall("m", [call("0", '{"x":2}')]) is second


def test_another_model_does_not_get_it() -> None:
    memory = ReplayMemory()
    memory.keep("m", replay(call("a")))

    assert memory.recall("other", [call("a")]) is None


def test_what_was_not_used_for_longest_is_forgotten_first() -> None:
    memory = ReplayMemory(max_count=2)
    one, two, three = (replay(call(name, f'{{"x":"{name}"}}')) for name in "abc")
    memory.keep("m", one)
    memory.keep("m", two)
    memory.recall("m", one.calls)
    memory.keep("m", three)

    assert len(memory) == 2
    assert memory.recall("m", two.calls) is None
    assert memory.recall("m", one.calls) is one
    assert memory.recall("m", three.calls) is three


def test_it_never_weighs_more_than_its_bound_and_forgets_all_that_belongs_to_an_entry() -> None:
    memory = ReplayMemory(max_bytes=10_000)
    for number in range(1000):
        memory.keep("m", replay(call(str(number), f'{{"x":{number}}}'), details="x" * 1000))

        assert memory.size <= 10_000

    assert len(memory._by_id) == len(memory._by_print) == len(memory) < 10


def test_what_is_larger_than_the_bound_is_passed_over() -> None:
    memory = ReplayMemory(max_bytes=10_000)
    kept = replay(call("a"))
    memory.keep("m", kept)
    memory.keep("m", replay(call("b"), details="x" * 10_000))

    assert memory.recall("m", kept.calls) is kept
    assert memory.recall("m", [call("b", '{"y":1}')]) is None
