"""Which bytes may pass, and to whom."""

from __future__ import annotations

import pytest

from domain.aliases import Alias
from domain.relay import Relay
from domain.routing import Router
from ports.backend import Backend
from ports.caller import ANYONE, Caller
from ports.errors import BackendRejected, ModelNotFound, NotAllowed
from ports.parameters import Parameters
from ports.raw import ANTHROPIC, OLLAMA, OPENAI, RawRequest
from tests.fakes.backend import backend
from tests.fakes.observer import FakeObserver
from tests.fakes.raw import FakeRaw

RAW = FakeRaw()
UP = backend("up", "m", "x", raw=RAW, native=frozenset({OPENAI}))
BOX = backend("box", "qwen", raw=FakeRaw(), native=frozenset({OLLAMA}))
LIMITED = backend("some", "only", raw=FakeRaw(), native=frozenset({OPENAI}), models=("only",))


def relay(*aliases: Alias, backends: tuple[Backend, ...] = (UP, BOX, LIMITED)) -> Relay:
    return Relay(Router(backends, aliases))


async def test_a_name_that_leads_to_a_server_of_the_same_dialect_passes() -> None:
    admitted = await relay(Alias(name="mine", target="up/m")).admit("mine", OPENAI, ANYONE)

    assert admitted is not None
    assert (admitted.asked, admitted.target.model.id) == ("mine", "m")
    assert admitted.backend is RAW


@pytest.mark.parametrize(
    ("model", "alias"),
    [
        ("qwen", Alias(name="a", target="m")),
        ("nobody's", Alias(name="a", target="m")),
        ("a", Alias(name="a", target="m", system="Be brief.")),
    ],
    ids=["another dialect", "no model", "an alias that puts something in"],
)
async def test_what_would_have_to_change_does_not_pass(model: str, alias: Alias) -> None:
    assert await relay(alias).admit(model, OPENAI, ANYONE) is None


async def test_a_model_of_others_is_refused() -> None:
    with pytest.raises(NotAllowed):
        await relay().admit("m", OPENAI, Caller(name="ada", models=("x",)))


@pytest.mark.parametrize(
    ("model", "caller", "passes"),
    [
        ("m", ANYONE, True),
        ("m", Caller(name="ada"), True),
        ("m", Caller(name="ada", models=("m",)), False),
        ("only", ANYONE, False),
    ],
)
async def test_who_is_kept_to_some_models_reaches_no_others_behind_one(
    model: str, caller: Caller, passes: bool
) -> None:
    admitted = await relay().admit(model, OPENAI, caller, others=True)

    assert (admitted is not None) is passes
    assert await relay().admit(model, OPENAI, caller) is not None


async def test_the_dialects_are_those_of_any_backend() -> None:
    assert relay().speaks(OPENAI)
    assert relay().speaks(OLLAMA)
    assert not relay().speaks(ANTHROPIC)
    assert not relay(backends=(BOX,)).speaks(OPENAI)


async def test_a_model_that_went_away_has_the_name_that_was_asked_for() -> None:
    raw = FakeRaw()
    raw.error = BackendRejected("no m here", status=404, upstream_code="model_not_found")
    up = backend("up", "m", raw=raw, native=frozenset({OPENAI}))
    mine = Alias(name="mine", target="up/m")
    admitted = await relay(mine, backends=(up,)).admit("mine", OPENAI, ANYONE)
    assert admitted is not None

    with pytest.raises(ModelNotFound, match="'mine'"):
        await admitted.open(RawRequest(dialect=OPENAI, path="/v1/x")).__aenter__()


async def test_an_observer_may_ask_for_the_parameters_and_nobody_else_does() -> None:
    asked = []

    def parameters() -> Parameters:
        asked.append(1)
        return Parameters(dimensions=64)

    observer = FakeObserver()
    up = backend("up", "m", raw=FakeRaw(), native=frozenset({OPENAI}))
    passing = Relay(Router([up]), observer)
    admitted = await passing.admit("m", OPENAI, ANYONE, parameters=parameters)
    assert admitted is not None

    async with admitted.open(RawRequest(dialect=OPENAI, path="/v1/x")):
        pass

    assert asked == []
    exchange = observer.only.exchange
    assert exchange.relayed
    assert exchange.parameters() == Parameters(dimensions=64)
