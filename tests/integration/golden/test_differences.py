"""What the replay rests on: its table of differences, and the shapes it accepts."""

from __future__ import annotations

import json

from tests.integration.golden.differences import BEYOND, DECIDED, DIFFERENT, score
from tests.integration.golden.lines import SHAPES, shape
from tests.integration.golden.recordings import recordings
from tests.integration.golden.worlds import BEFORE


def test_every_exchange_that_is_said_to_differ_is_recorded() -> None:
    assert set(DIFFERENT) <= set(recordings())


def test_every_difference_has_one_reason() -> None:
    listed = [name for reasons in (BEYOND, DECIDED) for names in reasons.values() for name in names]

    assert len(listed) == len(set(listed))


def test_whatever_is_replayed_before_an_exchange_is_recorded() -> None:
    assert {name for names in BEFORE.values() for name in names} | set(BEFORE) <= set(recordings())


def test_every_shape_of_a_line_was_recorded_and_no_other_is_accepted() -> None:
    streamed = [
        [json.loads(line) for line in recorded.raw.splitlines()]
        for recorded in recordings().values()
        if recorded.group in {"chat", "generate"} and "lines" in recorded.response
    ]

    assert {shape(line) for lines in streamed for line in lines[:-1]} == SHAPES


def test_the_recordings_are_all_there() -> None:
    assert score().all == 916


def test_of_100_exchanges_that_can_be_answered_95_go_as_recorded() -> None:
    assert score().percentage >= 95
