from __future__ import annotations

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace
from opentelemetry.trace import get_current_span

from adapters.observability.spans import ExchangeSpans
from ports.chat import FinishReason, Options, Usage
from ports.errors import BackendFailed, BackendTimeout
from ports.observer import Exchange, Operation, Outcome
from ports.parameters import NO_PARAMETERS, Parameters
from tests.fakes.clock import FakeClock
from tests.unit.adapters.observability.spans import Kept, about

EXCHANGE = Exchange(
    operation=Operation.CHAT,
    asked="mine",
    backend="up",
    kind="openrouter",
    model="a/b",
    alias="mine",
    streamed=True,
    parameters=lambda: Parameters(
        options=Options(temperature=0.0, top_k=5), output="json", effort="high"
    ),
)


def watched(exchange: Exchange, outcome: Outcome, error: BaseException | None = None) -> Any:
    kept = Kept()
    with kept.request():
        ExchangeSpans(kept.tracer, FakeClock()).begin(exchange).end(outcome, error)
    return kept.named(f"{exchange.operation} {exchange.model}")


def test_an_exchange_tells_its_route_and_what_was_asked_for() -> None:
    span = watched(EXCHANGE, Outcome())

    assert about(span) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openrouter",
        "gen_ai.request.model": "a/b",
        "gen_ai.request.stream": True,
        "gen_ai.request.temperature": 0.0,
        "gen_ai.request.top_k": 5,
        "gen_ai.output.type": "json",
        "gen_ai.request.reasoning.level": "high",
        "llamaport.route.asked": "mine",
        "llamaport.route.alias": "mine",
        "llamaport.route.backend": "up",
        "llamaport.route.kind": "openrouter",
        "llamaport.route.relayed": False,
        "llamaport.route.why": "listed",
    }


def test_of_what_a_client_may_make_as_long_as_it_likes_the_beginning_is_told() -> None:
    long = "x" * 10_000
    asked = Parameters(options=Options(stop=(long,) * 1000))

    told = about(watched(replace(EXCHANGE, asked=long, parameters=lambda: asked), Outcome()))

    assert told["llamaport.route.asked"] == "x" * 200
    assert told["gen_ai.request.stop_sequences"] == ("x" * 200,) * 20


def test_what_an_upstream_counts_is_told_and_what_it_does_not_is_left_out() -> None:
    usage = Usage(
        prompt_tokens=0,
        completion_tokens=3,
        cached_tokens=1,
        cache_write_tokens=2,
        reasoning_tokens=4,
        cost=0.25,
    )
    outcome = Outcome(usage=usage, reason=FinishReason.LENGTH, model="a/c", tools=("f",), pieces=7)

    told = about(watched(EXCHANGE, outcome))
    untold = about(watched(EXCHANGE, Outcome()))

    assert {name: told[name] for name in told.keys() - untold.keys()} == {
        "gen_ai.usage.input_tokens": 0,
        "gen_ai.usage.output_tokens": 3,
        "gen_ai.usage.cache_read.input_tokens": 1,
        "gen_ai.usage.cache_write.input_tokens": 2,
        "gen_ai.usage.reasoning.output_tokens": 4,
        "gen_ai.response.finish_reasons": ("length",),
        "gen_ai.response.model": "a/c",
        "llamaport.tools_called": ("f",),
        "llamaport.stream.pieces": 7,
        "llamaport.usage.cost_usd": 0.25,
    }


def test_shorter_vectors_are_a_parameter() -> None:
    told = about(
        watched(replace(EXCHANGE, parameters=lambda: Parameters(dimensions=64)), Outcome())
    )

    assert told["gen_ai.embeddings.dimension.count"] == 64


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**400])
def test_a_number_of_more_than_64_bits_is_not_told(number: int) -> None:
    asked = Parameters(options=Options(top_k=number, temperature=0.5), dimensions=number)
    exchange = replace(EXCHANGE, parameters=lambda: asked)

    told = about(watched(exchange, Outcome(usage=Usage(prompt_tokens=number))))

    assert told["gen_ai.request.temperature"] == 0.5
    assert number not in told.values()


@pytest.mark.parametrize("told", [True, False], ids=["told by the answer", "raised"])
def test_an_error_of_ours_is_told_by_its_code(*, told: bool) -> None:
    error = BackendTimeout("too slow")

    span = watched(EXCHANGE, Outcome(error=error if told else None), None if told else error)

    assert not span.status.is_ok
    assert span.status.description == "too slow"
    assert about(span)["error.type"] == "backend_timeout"
    (event,) = span.events
    assert dict(event.attributes) == {
        "exception.type": "BackendTimeout",
        "exception.message": "too slow",
    }


@pytest.mark.parametrize("capture", [0, 100])
def test_an_upstreams_own_words_are_told_where_content_is_wanted(capture: int) -> None:
    kept = Kept()
    with kept.request():
        seen = ExchangeSpans(kept.tracer, FakeClock(), capture=capture).begin(EXCHANGE)
        seen.end(Outcome(), BackendFailed("cannot do: canary"))

    span = kept.named("chat a/b")
    (event,) = span.events
    assert ("exception.message" in (event.attributes or {})) == bool(capture)
    assert span.status.description == ("cannot do: canary" if capture else None)


def test_of_any_other_only_type_and_place_are_told() -> None:
    def broken(secret: str) -> None:
        raise ValueError(secret)

    try:
        broken(chr(99) + "anary")
    except ValueError as error:
        span = watched(EXCHANGE, Outcome(), error)

    (event,) = span.events
    assert about(span)["error.type"] == event.attributes["exception.type"] == "ValueError"
    assert "in broken" in event.attributes["exception.stacktrace"]
    assert "canary" not in span.to_json()


@pytest.mark.parametrize("error", [asyncio.CancelledError(), GeneratorExit()])
def test_who_leaves_breaks_nothing(error: BaseException) -> None:
    span = watched(EXCHANGE, Outcome(), error)

    assert about(span)["llamaport.cancelled"] is True
    assert "error.type" not in about(span)
    assert not span.events
    assert span.status.is_unset


def test_the_first_piece_of_a_stream_is_an_event_with_its_time() -> None:
    kept, clock = Kept(), FakeClock()
    with kept.request():
        seen = ExchangeSpans(kept.tracer, clock).begin(EXCHANGE)
        clock.advance(1)
        seen.began()
        clock.advance(0.5)
        seen.first()
        seen.end(Outcome())

    span = kept.named("chat a/b")
    assert about(span)["gen_ai.response.time_to_first_chunk"] == 1.5
    assert [event.name for event in span.events] == ["llamaport.first_token"]


def test_it_is_the_current_span_until_there_is_an_answer() -> None:
    kept = Kept()
    with kept.request() as request:
        seen = ExchangeSpans(kept.tracer, FakeClock()).begin(EXCHANGE)
        assert get_current_span() is not request
        seen.began()
        assert get_current_span() is request
        seen.end(Outcome())
        assert get_current_span() is request


@pytest.mark.parametrize(("on", "times"), [(True, 1), (False, 0)])
def test_parameters_are_asked_for_only_where_the_trace_is_kept(*, on: bool, times: int) -> None:
    asked = []

    def parameters() -> Parameters:
        asked.append(1)
        return NO_PARAMETERS

    kept = Kept(on=on)
    with kept.request():
        exchange = replace(EXCHANGE, parameters=parameters)
        ExchangeSpans(kept.tracer, FakeClock()).begin(exchange).end(Outcome())

    assert len(asked) == times


def test_what_takes_a_default_back_is_no_parameter() -> None:
    options = Options(max_tokens=-1, seed=-1, stop=(), presence_penalty=-1.0, top_k=0)
    exchange = replace(EXCHANGE, parameters=lambda: Parameters(options=options))

    told = about(watched(exchange, Outcome())).items()

    assert {it for it in told if it[0].startswith("gen_ai.request.")} == {
        ("gen_ai.request.model", "a/b"),
        ("gen_ai.request.stream", True),
        ("gen_ai.request.presence_penalty", -1.0),
        ("gen_ai.request.top_k", 0),
    }


def test_nothing_is_begun_for_a_trace_that_is_not_kept() -> None:
    kept = Kept(on=False)
    with kept.request() as request:
        seen = ExchangeSpans(kept.tracer, FakeClock(), capture=100).begin(EXCHANGE)
        assert get_current_span() is request
        assert not seen.content
        seen.end(Outcome())

    assert kept.spans == ()
