"""Naming to a client what was dropped."""

from __future__ import annotations

import pytest

from adapters.dialects.replies.dropping import HEADER, LONGEST, headers_of


def test_nothing_dropped_is_no_header() -> None:
    assert headers_of(()) == ()


def test_names_stand_in_their_order() -> None:
    assert headers_of(("top_k", "a.b")) == ((HEADER, b"top_k, a.b"),)


def test_a_name_cannot_break_out_of_the_header() -> None:
    assert headers_of(("a\r\nx: y", "\u017f")) == ((HEADER, b"a??x: y, \\u017f"),)


@pytest.mark.parametrize("names", [("x",) * 5000, ("x" * 5000,), ("a", "x" * 5000), ("é" * 2000,)])
def test_a_list_that_is_too_long_is_cut_between_two_names(names: tuple[str, ...]) -> None:
    [(_, value)] = headers_of(names)

    assert len(value) <= LONGEST
    *whole, last = value.decode().split(", ")
    assert last == "..."
    assert set(whole) <= {"x", "a"}
