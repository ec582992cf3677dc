from __future__ import annotations

import asyncio
from typing import Any

from msgspec.structs import replace

from adapters.observability.exchange_record import CURRENT, ExchangeRecord, Recorder, begin_record
from adapters.observability.observers import Observers
from ports.chat import ChatResponse, FinishReason, Usage
from ports.observer import Exchange, Operation, Outcome
from tests.fakes.clock import FakeClock
from tests.fakes.observer import FakeObserver

EXCHANGE = Exchange(
    operation=Operation.CHAT, asked="tuned", backend="up", kind="ollama", model="m", streamed=True
)


def recorder(clock: FakeClock | None = None) -> Recorder:
    return Recorder(clock or FakeClock())


def outcome(prompt: int | None, completion: int | None, **more: Any) -> Outcome:
    usage = Usage(prompt_tokens=prompt, completion_tokens=completion)
    return Outcome(usage=usage, **more)


async def test_an_exchange_in_a_task_of_the_request_fills_its_record() -> None:
    record = begin_record()

    async def exchange() -> None:
        recorder().begin(EXCHANGE).end(outcome(3, 4, model="m-1", pieces=2))

    await asyncio.create_task(exchange())

    assert record == ExchangeRecord(
        asked="tuned",
        backend="up",
        model="m",
        answered="m-1",
        streamed=True,
        input_tokens=3,
        output_tokens=4,
        pieces=2,
    )


def test_tokens_of_several_exchanges_add_up() -> None:
    record = begin_record()

    for told in (outcome(3, 4), outcome(None, None), outcome(5, None)):
        recorder().begin(EXCHANGE).end(told)

    assert (record.input_tokens, record.output_tokens) == (8, 4)


def test_tokens_that_nobody_told_stay_unknown() -> None:
    record = begin_record()

    recorder().begin(EXCHANGE).end(Outcome(), ValueError("broken"))

    assert (record.input_tokens, record.output_tokens) == (None, None)


def test_each_request_has_a_record_of_its_own() -> None:
    first = begin_record()
    second = begin_record()

    recorder().begin(EXCHANGE)

    assert (first.backend, second.backend) == ("", "up")


def test_outside_of_requests_nothing_is_recorded() -> None:
    CURRENT.set(None)

    recorder().begin(EXCHANGE).end(outcome(1, 1))

    assert CURRENT.get() is None


def test_several_observers_are_told_the_same_and_content_only_the_curious() -> None:
    plain, curious = FakeObserver(), FakeObserver(content=True)
    said = ChatResponse(model="m", text="hi", reason=FinishReason.STOP)

    seen = Observers(plain, curious).begin(EXCHANGE)
    seen.began()
    seen.first()
    seen.said(said)
    seen.end(Outcome())

    assert plain.only.told == curious.only.told == ["began", "first", "end"]
    assert (seen.content, plain.only.pieces, curious.only.pieces) == (True, [], [said])


def test_where_nobody_is_curious_content_is_not_wanted() -> None:
    assert not Observers(FakeObserver(), FakeObserver()).begin(EXCHANGE).content


WHOLE = replace(EXCHANGE, streamed=False)


def test_a_whole_answer_is_waited_for_to_its_end_and_a_stream_to_its_beginning() -> None:
    for exchange, waited in ((WHOLE, 3), (EXCHANGE, 1)):
        clock, record = FakeClock(), begin_record()
        seen = recorder(clock).begin(exchange)

        clock.advance(1)
        seen.began()
        clock.advance(2)
        seen.end(Outcome())

        assert record.waited_ns == waited * 1e9


def test_exchanges_at_the_same_time_are_waited_for_once() -> None:
    clock, record = FakeClock(), begin_record()

    first = recorder(clock).begin(WHOLE)
    clock.advance(1)
    second = recorder(clock).begin(WHOLE)
    clock.advance(1)
    first.end(Outcome())
    clock.advance(1)
    second.end(Outcome(), ValueError("broken"))

    assert record.waited_ns == 3e9


def test_what_comes_after_the_beginning_of_a_stream_is_not_waited_for() -> None:
    clock, record = FakeClock(), begin_record()
    first = recorder(clock).begin(EXCHANGE)
    first.began()
    first.end(Outcome())

    second = recorder(clock).begin(EXCHANGE)
    clock.advance(5)
    second.end(Outcome())

    assert (record.waited_ns, record.waiting) == (0, 0)
