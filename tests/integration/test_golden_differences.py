"""What the replay rests on: its table of differences, and the shapes it accepts."""

from __future__ import annotations

from tests.integration.golden import recordings
from tests.integration.golden_comparison import LINES, shapes
from tests.integration.golden_differences import DIFFERENT, score


def test_every_exchange_that_is_said_to_differ_is_recorded() -> None:
    assert set(DIFFERENT) <= {recorded.name for recorded in recordings()}


def test_every_shape_of_a_line_was_recorded_or_is_left_out_by_name() -> None:
    recorded = {shape for recording in recordings() for shape in shapes(recording)}

    assert recorded <= LINES


def test_the_recordings_are_there() -> None:
    assert score().all > 290
    assert score().same > 230
