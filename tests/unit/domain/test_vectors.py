"""Scaling and cutting, and the texts that survive it."""

from __future__ import annotations

from math import hypot, inf, nan

import pytest
from msgspec import Raw

from domain.vectors import cut, normalised
from ports.embed import Vector


def vector(*values: float, text: bytes | None = None) -> Vector:
    return Vector(values=values, text=None if text is None else Raw(text))


def test_a_vector_is_scaled_to_length_1() -> None:
    assert normalised(vector(3.0, 4.0, text=b"[3,4]")) == vector_of([0.6, 0.8])


@pytest.mark.parametrize("off", [0.0, 4e-7, -4e-7])
def test_a_vector_of_length_1_stays_what_it_is_with_its_text(off: float) -> None:
    given = vector(0.6 + off, 0.8, text=b"[6e-1, 8e-1]")

    assert normalised(given) is given


@pytest.mark.parametrize("off", [1e-5, -1e-5])
def test_a_vector_that_is_a_little_off_is_scaled(off: float) -> None:
    scaled = normalised(vector(0.6 + off, 0.8, text=b"[]"))

    assert scaled.text is None
    assert hypot(*scaled.values) == pytest.approx(1.0, abs=1e-12)


def test_a_vector_of_length_0_stays_as_it_is() -> None:
    given = vector(0.0, 0.0, text=b"[0,0]")

    assert normalised(given) is given


@pytest.mark.parametrize("bad", [inf, -inf, nan])
def test_what_is_no_number_has_no_length(bad: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        normalised(vector(0.5, bad))


def test_huge_numbers_are_no_trouble() -> None:
    assert normalised(vector(3e200, 4e200)).values == pytest.approx([0.6, 0.8])


def test_what_is_cut_is_scaled_again() -> None:
    assert cut(vector(3.0, 4.0, 9.0, text=b"[3,4,9]"), 2) == vector_of([0.6, 0.8])


def test_what_is_cut_loses_its_text_even_if_its_length_was_1() -> None:
    assert cut(vector(0.6, 0.8, 0.0, text=b"[0.6,0.8,0]"), 2).text is None


@pytest.mark.parametrize("dimensions", [2, 3])
def test_a_vector_that_is_short_enough_stays_as_it_is(dimensions: int) -> None:
    given = vector(3.0, 4.0, text=b"[3,4]")

    assert cut(given, dimensions) is given


def vector_of(values: list[float]) -> Vector:
    return Vector(values=values)
