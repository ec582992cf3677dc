"""The figures at the end of an answer (docs/wire/dialects.md 2.7)."""

import pytest
from msgspec import UNSET

from adapters.dialects.ollama.inbound.metrics import Moments, measure
from ports.chat import Timing, Usage


def moments(first_ns=None, finished_ns=1100):
    return Moments(created_at_ns=0, started_ns=100, first_ns=first_ns, finished_ns=finished_ns)


def durations(timing, when):
    metrics = measure(Usage(), timing, when)
    return (
        metrics.total_duration,
        metrics.load_duration,
        metrics.prompt_eval_duration,
        metrics.eval_duration,
    )


@pytest.mark.parametrize(
    ("timing", "when", "expected"),
    [
        # our clock: the prompt until the first token, the answer from there
        (Timing(), moments(400), (1000, 0, 300, 700)),
        (Timing(), moments(), (1000, 0, 0, 1000)),
        # clients divide by the last one
        (Timing(), moments(1100), (1001, 0, 1000, 1)),
        (Timing(), moments(100, 100), (1, 0, 0, 1)),
        # the upstream's clock wins, each figure for itself
        (Timing(load_ns=1, prompt_ns=2, completion_ns=3), moments(400), (1000, 1, 2, 3)),
        (Timing(prompt_ns=2), moments(400), (1000, 0, 2, 700)),
        (Timing(completion_ns=0), moments(400), (1000, 0, 300, 1)),
        # the total is never less than its parts
        (Timing(load_ns=5000), moments(400), (6000, 5000, 300, 700)),
        (Timing(load_ns=-5), moments(400), (1000, 0, 300, 700)),
    ],
)
def test_durations_come_from_the_upstream_or_from_our_clock(timing, when, expected):
    assert durations(timing, when) == expected


@pytest.mark.parametrize(("tokens", "count"), [(None, UNSET), (0, UNSET), (7, 7)])
def test_a_count_that_is_unknown_or_zero_is_left_out(tokens, count):
    metrics = measure(Usage(prompt_tokens=tokens, completion_tokens=tokens), Timing(), moments(400))

    assert metrics.prompt_eval_count == count
    assert metrics.eval_count == count
