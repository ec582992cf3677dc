"""Efforts for budgets."""

import pytest

from adapters.dialects.requests.budgets import effort_within


@pytest.mark.parametrize(
    ("budget", "effort"),
    [(1, "low"), (2047, "low"), (2048, "medium"), (8191, "medium"), (8192, "high")],
)
def test_a_budget_is_the_effort_that_comes_nearest(budget: int, effort: str) -> None:
    assert effort_within(budget) == effort
