"""What goes back with calls is found where the same client goes on with the same conversation."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec import Raw
from msgspec.structs import replace

from adapters.backends.openai_compatible.memory import ReplayMemory
from adapters.dialects.openai.outbound.replay import Replay
from ports.chat import ChatRequest, Message, Text, ToolCall
from tests.cost import LINEAR, growth


def call(id: str = "", arguments: str = "{}", name: str = "f") -> ToolCall:  # noqa: A002 - its name
    return ToolCall(id=id, name=name, arguments=arguments)


def replay(*calls: ToolCall, details: str = "[1]") -> Replay:
    return Replay(
        calls=calls, reasoning_details=Raw(details.encode()), extra_content=(None,) * len(calls)
    )


def user(text: str) -> Message:
    return Message(role="user", parts=(Text(text=text),))


ASKED = ChatRequest(
    model="m",
    messages=(Message(role="system", parts=(Text(text="be brief"),)), user("hi")),
    caller="ada",
)


def going_on(request: ChatRequest, *calls: ToolCall, result: str = "7") -> ChatRequest:
    """What a client asks next: the same again, the turn with the calls, and their results."""
    results = (
        Message(role="tool", parts=(Text(text=result),), tool_call_id=call.id) for call in calls
    )
    turn = Message(role="assistant", tool_calls=calls)
    return replace(request, messages=(*request.messages, turn, *results))


def recalled(memory: ReplayMemory, *calls: ToolCall, asked: ChatRequest = ASKED) -> Replay | None:
    (found,) = memory.recall(going_on(asked, *calls))
    return found


def test_it_is_found_by_the_conversation_and_among_alike_ones_by_the_ids() -> None:
    memory = ReplayMemory()
    first, second = replay(call("a")), replay(call("b"))
    memory.keep(ASKED, first)
    memory.keep(ASKED, second)

    assert recalled(memory, call("a")) is first
    assert recalled(memory, call("b")) is second
    assert recalled(memory, call("")) is second, "the latest"


def test_it_is_found_by_what_was_called_where_ids_are_gone_or_made_anew() -> None:
    memory = ReplayMemory()
    kept = replay(call("a", '{"x":1,"y":2}'), call("b", name="g"))
    memory.keep(ASKED, kept)

    assert recalled(memory, call("", '{"y": 2, "x": 1}'), call("", name="g")) is kept
    assert recalled(memory, call("z", '{"y": 2, "x": 1}'), call("y", name="g")) is kept
    assert recalled(memory, call("", '{"x":1,"y":2}')) is None
    assert recalled(memory, call("", name="g"), call("", '{"x":1,"y":2}')) is None


def test_an_id_is_not_enough() -> None:
    memory = ReplayMemory()
    memory.keep(ASKED, replay(call("a", '{"path":"/home/ada"}')))

    assert recalled(memory, call("a", '{"path":"/home/bob"}')) is None
    assert recalled(memory, call("a", '{"path":"/home/ada"}', "g")) is None


@pytest.mark.parametrize(
    "other",
    [
        replace(ASKED, caller="bob"),
        replace(ASKED, caller=""),
        replace(ASKED, model="other"),
        replace(ASKED, messages=(*ASKED.messages[:-1], user("ho"))),
        replace(ASKED, messages=ASKED.messages[1:]),
        replace(ASKED, messages=(*ASKED.messages, user("and?"))),
    ],
    ids=["client", "nobody", "model", "words", "system text", "more words"],
)
def test_another_client_model_or_conversation_does_not_get_it(other: ChatRequest) -> None:
    memory = ReplayMemory()
    kept = replay(call("a"))
    memory.keep(ASKED, kept)

    assert recalled(memory, call("a"), asked=other) is None
    assert recalled(memory, call(""), asked=other) is None
    assert recalled(memory, call("a")) is kept


def test_what_two_clients_leave_in_the_same_conversation_stays_apart() -> None:
    memory = ReplayMemory()
    bobs = replace(ASKED, caller="bob")
    of_ada, of_bob = replay(call("a")), replay(call("a"))
    memory.keep(ASKED, of_ada)
    memory.keep(bobs, of_bob)

    for sent in (call("a"), call("")):
        assert recalled(memory, sent) is of_ada
        assert recalled(memory, sent, asked=bobs) is of_bob


def test_each_turn_of_a_long_conversation_has_its_own() -> None:
    memory = ReplayMemory()
    first, second = replay(call("0")), replay(call("0"))
    memory.keep(ASKED, first)
    then = going_on(ASKED, call(""))
    memory.keep(then, second)

    whole = going_on(replace(then, messages=(*then.messages, user("so?"))), call("", name="g"))

    assert list(memory.recall(going_on(then, call("")))) == [first, second]
    assert list(memory.recall(whole)) == [first, None]
    assert list(memory.recall(going_on(going_on(ASKED, call(""), result="8"), call("")))) == [
        first,
        None,
    ]


def test_servers_that_number_the_calls_of_each_answer_alike_do_not_confuse_it() -> None:
    memory = ReplayMemory()
    first, second, third = (replay(call("0", f'{{"x":{number}}}')) for number in (1, 2, 1))
    memory.keep(ASKED, first)
    memory.keep(ASKED, second)

    assert recalled(memory, call("0", '{"x":1}')) is first
    assert recalled(memory, call("0", '{"x":2}')) is second

    size = memory.size
    memory.keep(ASKED, third)

    assert recalled(memory, call("0", '{"x":1}')) is third
    assert (len(memory), memory.size) == (2, size)


def test_what_was_not_used_for_longest_is_forgotten_first() -> None:
    memory = ReplayMemory(max_count=2)
    one, two, three = (replay(call(name, f'{{"x":"{name}"}}')) for name in "abc")
    memory.keep(ASKED, one)
    memory.keep(ASKED, two)
    recalled(memory, *one.calls)
    memory.keep(ASKED, three)

    assert len(memory) == 2
    assert recalled(memory, *two.calls) is None
    assert recalled(memory, *one.calls) is one
    assert recalled(memory, *three.calls) is three


def test_the_latest_of_alike_ones_may_be_forgotten_before_the_others() -> None:
    memory = ReplayMemory(max_count=2)
    one, two = replay(call("a")), replay(call("b"))
    memory.keep(ASKED, one)
    memory.keep(ASKED, two)
    recalled(memory, call("a"))
    memory.keep(ASKED, replay(call("c", name="g")))

    assert recalled(memory, call("a")) is one
    assert recalled(memory, call("b")) is None


def test_it_never_weighs_more_than_its_bound_and_forgets_all_that_belongs_to_an_entry() -> None:
    memory = ReplayMemory(max_bytes=10_000)
    for number in range(1000):
        memory.keep(ASKED, replay(call(str(number), f'{{"x":{number}}}'), details="x" * 1000))

        assert memory.size <= 10_000

    assert len(memory._latest) == len(memory) < 10


def test_what_is_larger_than_the_bound_is_passed_over() -> None:
    memory = ReplayMemory(max_bytes=10_000)
    kept = replay(call("a"))
    memory.keep(ASKED, kept)
    memory.keep(ASKED, replay(call("b", '{"y":1}'), details="x" * 10_000))

    assert recalled(memory, *kept.calls) is kept
    assert recalled(memory, call("b", '{"y":1}')) is None


def test_each_message_of_a_history_is_looked_at_once() -> None:
    memory = ReplayMemory()
    memory.keep(ASKED, replay(call("a")))

    def prepare(many: int) -> Callable[[], object]:
        turn = going_on(ASKED, call("a")).messages
        request = replace(ASKED, messages=turn * many)
        return lambda: list(memory.recall(request))

    assert growth(prepare, 500) < LINEAR
