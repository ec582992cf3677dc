"""Vectors without a model."""

from __future__ import annotations

from math import hypot

import pytest

from adapters.backends.offline.backend import OfflineEmbed
from ports.embed import EmbedRequest
from ports.errors import CapabilityMissing, ModelNotFound
from tests.fakes.clock import FakeClock


async def vectors(*inputs: str, length: int = 384, **rest: int) -> tuple[tuple[float, ...], ...]:
    backend = OfflineEmbed(dimensions=length, clock=FakeClock())
    request = EmbedRequest(model="offline-embed", inputs=inputs, **rest)
    return tuple(vector.values for vector in (await backend.embed(request)).vectors)


def likeness(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize(
    "text", ["a cat", "", " ", "!?", "\u732b\u304c\u597d\u304d", "\ud800", "x" * 20_000]
)
@pytest.mark.parametrize("length", [1, 7, 384])
async def test_every_text_has_a_vector_of_length_one(text: str, length: int) -> None:
    (vector,) = await vectors(text, length=length)

    assert len(vector) == length
    assert hypot(*vector) == pytest.approx(1)


async def test_similar_texts_lie_nearer_than_others() -> None:
    cat, same, money, profit = await vectors(
        "a cat sat on the mat",
        "the cat sits on a mat",
        "quarterly revenue grew",
        "revenue growth by quarter",
    )

    assert likeness(cat, same) > 0.6
    assert likeness(money, profit) > 0.3
    assert abs(likeness(cat, money)) < 0.2


async def test_case_and_width_of_letters_make_no_difference() -> None:
    plain, shouted, wide = await vectors("port", "PORT", "\uff30\uff2f\uff32\uff34")

    assert plain == shouted == wide


async def test_vectors_are_the_same_on_every_machine() -> None:
    (vector,) = await vectors("port", length=4)

    scale = hypot(1, 0.3, 1.2)
    assert vector == pytest.approx((-1 / scale, -0.3 / scale, 1.2 / scale, 0))


async def test_fewer_dimensions_cut_the_vector_and_scale_it_again() -> None:
    (whole,) = await vectors("a cat sat on the mat")
    (short,) = await vectors("a cat sat on the mat", dimensions=64)

    scale = hypot(*whole[:64])
    assert short == pytest.approx([value / scale for value in whole[:64]])


async def test_more_dimensions_than_there_are_change_nothing() -> None:
    assert await vectors("a", dimensions=1000) == await vectors("a")


async def test_the_usage_counts_words_of_all_inputs() -> None:
    backend = OfflineEmbed(dimensions=8, clock=FakeClock())

    response = await backend.embed(EmbedRequest(model="offline-embed", inputs=("a b", "c")))

    assert response.usage.prompt_tokens == 3
    assert len(response.vectors) == 2


@pytest.mark.parametrize(("model", "error"), [("offline", CapabilityMissing), ("x", ModelNotFound)])
async def test_other_models_do_not_embed(model: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        await OfflineEmbed(dimensions=8, clock=FakeClock()).embed(
            EmbedRequest(model=model, inputs=("a",))
        )
