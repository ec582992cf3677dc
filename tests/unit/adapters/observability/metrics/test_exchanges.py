from __future__ import annotations

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from adapters.observability.exchange_record import ExchangeRecord, Timed
from adapters.observability.metrics import families
from adapters.observability.metrics.exchanges import LONGEST, MODELS, ExchangeMetrics
from adapters.observability.metrics.store import Store
from ports.chat import Usage
from ports.errors import BackendTimeout
from ports.observer import Exchange, Operation, Outcome
from tests.unit.adapters.observability.metrics.numbers import counts, of, snapshot, store, sums

EXCHANGE = Exchange(operation=Operation.CHAT, asked="a", backend="up", kind="ollama", model="m")
STREAM = replace(EXCHANGE, streamed=True)
RECORD = ExchangeRecord(dialect="ollama")
TIMES = Timed(begun_ns=0, first_ns=200_000_000, ended_ns=1_200_000_000)


def counting(lists: Any = lambda _backend, _model: True) -> tuple[Store, ExchangeMetrics]:
    counted = store()
    return counted, ExchangeMetrics(counted, lists)


def exchange(
    metrics: ExchangeMetrics,
    what: Exchange = EXCHANGE,
    error: BaseException | None = None,
    times: Timed = TIMES,
    **usage: Any,
) -> None:
    metrics.begun(what, RECORD)
    metrics.ended(what, RECORD, Outcome(usage=Usage(**usage)), error, times)


OUTCOMES: list[tuple[BaseException | None, str]] = [
    (None, ""),
    (BackendTimeout("slow"), "backend_timeout"),
    (asyncio.CancelledError(), "cancelled"),
    (GeneratorExit(), "cancelled"),
    (ValueError("canary"), "internal"),
]


@pytest.mark.parametrize(("error", "code"), OUTCOMES)
def test_an_exchange_is_counted_by_how_it_ended(error: BaseException | None, code: str) -> None:
    counted, metrics = counting()

    exchange(metrics, error=error)

    assert counts(counted, families.UPSTREAM) == {("up", "m", code): 1}
    assert sums(counted, families.UPSTREAM_DURATION) == {("up",): 1.2}


def test_an_error_after_the_answer_had_begun_counts_too() -> None:
    counted, metrics = counting()

    metrics.ended(EXCHANGE, RECORD, Outcome(error=BackendTimeout("slow")), None, TIMES)

    assert counts(counted, families.UPSTREAM) == {("up", "m", "backend_timeout"): 1}


def test_tokens_are_counted_by_kind_and_only_those_that_were_told() -> None:
    counted, metrics = counting()

    exchange(metrics, prompt_tokens=10, completion_tokens=20, reasoning_tokens=5, cached_tokens=0)
    exchange(metrics, prompt_tokens=1, cache_write_tokens=2)

    assert snapshot(counted)[families.TOKENS.name] == {
        ("up", "m", "input"): (11,),
        ("up", "m", "output"): (20,),
        ("up", "m", "reasoning"): (5,),
        ("up", "m", "cached"): (0,),
        ("up", "m", "cache_write"): (2,),
    }
    assert metrics.output_tokens == 20


def test_dollars_are_counted_where_the_backend_tells_them() -> None:
    counted, metrics = counting()
    exchange(metrics)
    before = snapshot(counted)[families.COST.name]

    exchange(metrics, cost=0.25)
    exchange(metrics, cost=0.5)

    assert before == {}
    assert of(counted, families.COST) == {("up", "m"): (0.75,)}


@pytest.mark.parametrize("cost", [-1.0, float("nan"), float("inf")])
def test_a_counter_never_falls_whatever_a_backend_says(cost: float) -> None:
    counted, metrics = counting()

    exchange(metrics, cost=cost, prompt_tokens=-5, completion_tokens=-5)

    assert of(counted, families.COST) == of(counted, families.TOKENS) == {}
    assert metrics.output_tokens == 0


def test_the_tokens_of_a_stream_that_ended_well_are_timed() -> None:
    counted, metrics = counting()

    exchange(metrics, STREAM, completion_tokens=11)

    assert sums(counted, families.FIRST_TOKEN) == {("up", "m"): 0.2}
    assert sums(counted, families.PER_TOKEN) == {("up", "m"): 0.1}


@pytest.mark.parametrize(
    ("what", "error", "times"),
    [
        (EXCHANGE, None, TIMES),
        (STREAM, BackendTimeout("slow"), TIMES),
        (STREAM, None, replace(TIMES, first_ns=0)),
    ],
)
def test_no_other_answer_is(what: Exchange, error: BaseException | None, times: Timed) -> None:
    counted, metrics = counting()

    exchange(metrics, what, error, times, completion_tokens=11)

    assert counts(counted, families.FIRST_TOKEN) == counts(counted, families.PER_TOKEN) == {}


@pytest.mark.parametrize("tokens", [None, 0, 1])
def test_without_further_tokens_there_is_no_time_for_each(tokens: int | None) -> None:
    counted, metrics = counting()

    exchange(metrics, STREAM, completion_tokens=tokens)

    assert counts(counted, families.FIRST_TOKEN) == {("up", "m"): 1}
    assert counts(counted, families.PER_TOKEN) == {}


def test_a_stream_is_active_while_it_runs() -> None:
    counted, metrics = counting()

    metrics.begun(STREAM, RECORD)
    before = counts(counted, families.STREAMS_ACTIVE)
    metrics.ended(STREAM, RECORD, Outcome(), None, TIMES)

    assert before == {("ollama",): 1}
    assert counts(counted, families.STREAMS_ACTIVE) == {}


HOSTILE = [f"canary-{number}" for number in range(2000)] + ["", "x" * 5000, 'quo"te\n', "\ud800"]


def test_a_model_that_nobody_lists_never_becomes_a_label() -> None:
    counted, metrics = counting(lambda backend, model: (backend, model) == ("up", "m"))

    exchange(metrics)
    for name in HOSTILE:
        exchange(metrics, replace(STREAM, model=name), prompt_tokens=1, completion_tokens=2, cost=1)

    for family in (families.UPSTREAM, families.TOKENS, families.COST, families.PER_TOKEN):
        models = {labels[1] for labels in snapshot(counted)[family.name]}
        assert models <= {"m", "other"}
    assert counts(counted, families.UPSTREAM)["up", "other", ""] == len(HOSTILE)


def test_a_backend_that_lists_without_end_cannot_grow_it_either() -> None:
    counted, metrics = counting()

    for number in range(2 * MODELS):
        exchange(metrics, replace(EXCHANGE, model=f"m{number}"))
    exchange(metrics, replace(EXCHANGE, model="m" * (LONGEST + 1)))
    exchange(metrics, replace(EXCHANGE, model="m0"))

    told = counts(counted, families.UPSTREAM)
    assert len(told) == MODELS + 1
    assert told["up", "m0", ""] == 2
    assert told["up", "other", ""] == MODELS + 1


def test_a_model_that_comes_to_be_listed_is_counted_from_then_on() -> None:
    listed: set[str] = set()
    counted, metrics = counting(lambda _backend, model: model in listed)

    exchange(metrics)
    listed.add("m")
    exchange(metrics)

    assert counts(counted, families.UPSTREAM) == {("up", "other", ""): 1, ("up", "m", ""): 1}
