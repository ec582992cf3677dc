"""The embed use case, driven through fakes."""

from __future__ import annotations

from math import hypot

import pytest
from msgspec import Raw
from msgspec.structs import replace

from domain.aliases import Alias
from domain.embed import Embed
from domain.routing import Router
from ports.backend import Backend
from ports.caller import ANYONE, Caller
from ports.chat import Options
from ports.embed import EmbedRequest, EmbedResponse, Vector
from ports.errors import (
    BackendProtocolError,
    BackendRejected,
    CapabilityMissing,
    ModelNotFound,
    NotAllowed,
)
from ports.models import Capability, ModelInfo
from tests.fakes.backend import FakeEmbed, backend
from tests.fakes.catalog import FakeCatalog
from tests.fakes.observer import FakeObserver

TWO = EmbedRequest(model="m", inputs=("abc", ""))


def only(embed: FakeEmbed | None, **info) -> Backend:
    return backend("a", embed=embed, catalog=FakeCatalog(ModelInfo(id="m", **info)))


async def ask(embed: FakeEmbed, request: EmbedRequest = TWO, **how) -> EmbedResponse:
    subject = Embed(Router([only(embed)]))
    return await subject.answer(await subject.admit(request, ANYONE), **how)


async def test_every_text_has_a_vector_of_length_1_in_order() -> None:
    fake = FakeEmbed()

    response = await ask(fake, replace(TWO, model="a/M:latest"))

    assert fake.asked[0].model == "m"
    assert [hypot(*vector.values) for vector in response.vectors] == pytest.approx([1.0, 1.0])
    assert response.vectors[0].values == pytest.approx([0.9486833, 0.3162278])


async def test_vectors_may_stay_as_the_upstream_scaled_them() -> None:
    response = await ask(FakeEmbed(), unit_length=False)

    assert [tuple(vector.values) for vector in response.vectors] == [(3.0, 1.0), (0.0, 1.0)]


async def test_the_upstreams_text_of_a_vector_of_length_1_is_kept() -> None:
    given = Vector(values=(0.6, 0.8), text=Raw(b"[0.60,0.80]"))

    response = await ask(FakeEmbed(given), replace(TWO, inputs=("x",)))

    assert response.vectors == (given,)


@pytest.mark.parametrize("unit_length", [True, False])
async def test_longer_vectors_than_were_asked_for_are_cut_and_scaled(unit_length) -> None:
    fake = FakeEmbed(Vector(values=(3.0, 4.0, 9.0)))
    request = EmbedRequest(model="m", inputs=("x",), dimensions=2)

    response = await ask(fake, request, unit_length=unit_length)

    assert fake.asked[0].dimensions == 2
    assert response.vectors[0].values == pytest.approx([0.6, 0.8])


async def test_no_texts_ask_nobody() -> None:
    fake = FakeEmbed()

    assert (await ask(fake, replace(TWO, inputs=()))).vectors == ()
    assert fake.asked == []


@pytest.mark.parametrize("count", [1, 3])
async def test_another_number_of_vectors_than_texts_is_no_answer(count: int) -> None:
    with pytest.raises(BackendProtocolError, match=f"{count} vectors for 2 texts"):
        await ask(FakeEmbed(*[Vector(values=(1.0,))] * count))


async def test_a_vector_of_no_numbers_is_no_answer() -> None:
    with pytest.raises(BackendProtocolError):
        await ask(FakeEmbed(*[Vector(values=(float("nan"),))] * 2))


@pytest.mark.parametrize("vectors", [[Vector(values=(1.0,))], [Vector(values=(float("nan"),))] * 2])
async def test_what_is_no_answer_is_not_told_as_a_success(vectors: list[Vector]) -> None:
    observer = FakeObserver()
    subject = Embed(Router([only(FakeEmbed(*vectors))]), observer)

    with pytest.raises(BackendProtocolError) as caught:
        await subject.answer(await subject.admit(TWO, ANYONE))

    assert observer.only.error is caught.value


async def test_a_model_that_is_no_embedding_model_is_asked_all_the_same() -> None:
    subject = Embed(Router([only(FakeEmbed(), capabilities=frozenset({Capability.COMPLETION}))]))

    assert (await subject.admit(TWO, ANYONE)).request == TWO


async def test_a_backend_that_cannot_embed_is_said_to() -> None:
    with pytest.raises(CapabilityMissing, match='"m" does not support embedding'):
        await Embed(Router([only(None)])).admit(TWO, ANYONE)


async def test_a_caller_gets_only_the_models_it_may_use() -> None:
    with pytest.raises(NotAllowed):
        await Embed(Router([only(FakeEmbed())])).admit(TWO, Caller(models=("n",)))


async def test_an_alias_brings_its_options() -> None:
    alias = Alias(name="fast", target="m", options=Options(seed=1), system="unused")
    subject = Embed(Router([only(FakeEmbed())], [alias]))

    admitted = await subject.admit(replace(TWO, model="fast"), ANYONE)

    assert admitted.asked == "fast"
    assert admitted.request == replace(TWO, options=Options(seed=1))


async def test_a_model_the_upstream_does_not_know_is_named_as_the_client_named_it() -> None:
    fake = FakeEmbed()
    fake.error = BackendRejected("no m", status=404, upstream_code="model_not_found")

    with pytest.raises(ModelNotFound, match="model 'a/m' not found"):
        await ask(fake, replace(TWO, model="a/m"))
