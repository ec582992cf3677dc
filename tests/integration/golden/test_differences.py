"""What the replay rests on: its table of differences, and the shapes it accepts."""

from __future__ import annotations

import json

import pytest

from tests.integration.golden.differing import DIFFERING, score
from tests.integration.golden.lines import SHAPES, shape
from tests.integration.golden.recordings import (
    ANTHROPIC,
    FILES,
    NATIVE,
    OPENAI,
    RESPONSES,
    recordings,
)
from tests.integration.golden.worlds import BEFORE


@pytest.mark.parametrize("file", FILES)
def test_every_exchange_that_is_said_to_differ_is_recorded(file: str) -> None:
    assert set(DIFFERING[file].names) <= set(recordings(file))


@pytest.mark.parametrize("file", FILES)
def test_every_difference_has_one_reason(file: str) -> None:
    names = DIFFERING[file].names

    assert len(names) == len(set(names))


def test_whatever_is_replayed_before_an_exchange_is_recorded() -> None:
    assert {name for names in BEFORE.values() for name in names} | set(BEFORE) <= set(recordings())


def test_every_shape_of_a_line_was_recorded_and_no_other_is_accepted() -> None:
    streamed = [
        [json.loads(line) for line in recorded.raw.splitlines()]
        for recorded in recordings().values()
        if recorded.group in {"chat", "generate"} and "lines" in recorded.response
    ]

    assert {shape(line) for lines in streamed for line in lines[:-1]} == SHAPES


@pytest.mark.parametrize(
    ("file", "exchanges", "calls"),
    [(NATIVE, 916, 239), (OPENAI, 221, 122), (RESPONSES, 84, 52), (ANTHROPIC, 110, 73)],
)
def test_the_recordings_are_all_there(file: str, exchanges: int, calls: int) -> None:
    assert score(file).all == exchanges
    assert sum(len(recorded.runner) for recorded in recordings(file).values()) == calls


def test_of_100_native_exchanges_that_can_be_answered_95_go_as_recorded() -> None:
    assert score(NATIVE).percentage >= 95
