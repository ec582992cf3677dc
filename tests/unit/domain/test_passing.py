"""Who gets what this server does not read."""

from __future__ import annotations

import pytest

from domain.aliases import Alias
from domain.passing import PassOn
from domain.routing import Router
from ports.caller import ANYONE, Caller
from ports.errors import (
    BackendUnavailable,
    CapabilityMissing,
    GatewayError,
    InvalidRequest,
    ModelNotFound,
    NotAllowed,
)
from ports.observer import Operation, Why
from ports.raw import OLLAMA, OPENAI, RawRequest
from tests.fakes.backend import backend
from tests.fakes.catalog import FakeCatalog
from tests.fakes.observer import FakeObserver
from tests.fakes.raw import FakeRaw

SPOKEN = frozenset({OPENAI})
UP = backend("up", "whisper-1", "m", raw=FakeRaw(), native=SPOKEN)
LOCAL = backend("local", "tts", raw=FakeRaw(), native=SPOKEN, models=("tts*", "x"))
BOX = backend("box", "qwen", raw=FakeRaw(), native=frozenset({OLLAMA}))
GONE = Alias(name="gone", target="up/deleted")
MINE = Alias(name="ears", target="up/whisper-1", system="Be brief.")
ADA = Caller(name="ada", models=("ears", "up/m", "dall-e"))


def subject(default: str = "") -> PassOn:
    return PassOn(Router([UP, LOCAL, BOX], [MINE, GONE]), default_backend=default)


@pytest.mark.parametrize(
    ("model", "default", "sent", "why"),
    [
        ("whisper-1", "", "up/whisper-1", Why.LISTED),
        ("ears", "", "up/whisper-1", Why.ALIAS),
        ("up/whisper-1", "local", "up/whisper-1", Why.LISTED),
        ("whisper-1:latest", "local", "up/whisper-1", Why.LISTED),
        ("tts", "up", "local/tts", Why.LISTED),
        ("dall-e", "up", "up/dall-e", Why.DEFAULT),
        ("up/dall-e", "local", "up/dall-e", Why.UNLISTED),
        ("UP/dall-e", "", "up/dall-e", Why.UNLISTED),
        ("openai/dall-e", "up", "up/openai/dall-e", Why.DEFAULT),
        ("", "local", "local/", Why.DEFAULT),
    ],
)
async def test_the_model_decides_and_else_the_default(
    model: str, default: str, sent: str, why: Why
) -> None:
    admitted = await subject(default).admit(model, ANYONE)

    assert admitted.target.qualified == sent
    assert admitted.target.why is why
    assert admitted.asked == model


@pytest.mark.parametrize(
    ("model", "default", "error"),
    [
        ("", "", InvalidRequest),
        ("dall-e", "", ModelNotFound),
        ("dall-e", "local", ModelNotFound),
        ("local/dall-e", "up", ModelNotFound),
        ("up/", "", ModelNotFound),
        ("Gone:latest", "up", ModelNotFound),
        ("x" * 1001, "up", ModelNotFound),
        ("qwen", "up", CapabilityMissing),
        ("box/dall-e", "up", CapabilityMissing),
    ],
)
async def test_what_nobody_takes_is_refused(
    model: str, default: str, error: type[GatewayError]
) -> None:
    with pytest.raises(error):
        await subject(default).admit(model, ANYONE)


@pytest.mark.parametrize("model", ["ears", "m", "dall-e", "up/m"])
async def test_a_key_for_some_models_may_have_those(model: str) -> None:
    await subject("up").admit(model, ADA)


@pytest.mark.parametrize("model", ["whisper-1", "tts", "up/dall-e-3", "gpt", ""])
async def test_and_no_others_and_nothing_without_a_model(model: str) -> None:
    with pytest.raises(NotAllowed):
        await subject("up").admit(model, ADA)


async def test_whoever_is_kept_to_some_models_may_not_name_more() -> None:
    assert await subject().admit("m", ANYONE, others=True)
    for model, caller in (("m", ADA), ("tts", ANYONE)):
        with pytest.raises(NotAllowed):
            await subject().admit(model, caller, others=True)


async def test_a_list_that_is_not_known_is_not_guessed_about() -> None:
    dark = FakeCatalog()
    dark.error = BackendUnavailable("dark")
    router = Router([backend("dark", catalog=dark), UP])

    with pytest.raises(BackendUnavailable):
        await PassOn(router, default_backend="up").admit("dall-e", ANYONE)


async def test_an_observer_hears_of_it() -> None:
    observer = FakeObserver()
    admitted = await PassOn(Router([UP]), default_backend="up", observer=observer).admit("", ANYONE)

    async with admitted.open(RawRequest(dialect=OPENAI, path="/v1/x"), Operation.OTHER):
        pass

    assert observer.only.exchange.operation is Operation.OTHER
    assert observer.only.exchange.relayed
