from __future__ import annotations

import pytest

from adapters.observability.metrics import families
from adapters.observability.metrics.summary import Times, quantile, summarize, times_of
from tests.unit.adapters.observability.metrics.numbers import snapshot, store


@pytest.mark.parametrize(
    ("counts", "q", "expected"),
    [
        ([10, 10, 10], 0.5, 0.5),  # evenly spread in the first bucket
        ([0, 10, 10], 0.5, 1.5),
        ([5, 10, 10], 0.75, 1.5),
        ([5, 5, 10], 0.99, 2.0),  # above the last bound: no more is known
    ],
)
def test_a_quantile_is_estimated_as_prometheus_does(
    counts: list[float], q: float, expected: float
) -> None:
    assert quantile((1.0, 2.0), counts, q) == expected


def test_of_no_times_nothing_is_said() -> None:
    assert times_of(families.LAG, []) == Times(count=0, mean=None, p50=None, p95=None, p99=None)


def test_of_a_server_that_has_served_nobody_there_is_a_summary() -> None:
    summary = summarize(snapshot(store()))

    assert summary.requests.total == 0
    assert summary.requests.error_rate == 0
    assert summary.system.open_files is None
    assert summary.models == ()


def test_rates_are_those_of_the_last_minute_of_all_workers() -> None:
    one, other = store(), store()
    for counted in (one, other):
        counted.numbers[counted.place(families.UPTIME)] = 300
        counted.numbers[counted.place(families.LATE_REQUESTS)] = 60
        counted.numbers[counted.place(families.LATE_ERRORS)] = 30

    summary = summarize(snapshot(one, other))

    assert (summary.requests.per_second, summary.requests.error_rate) == (2.0, 0.5)


@pytest.mark.parametrize(("uptime", "rate"), [(0.0, 60.0), (12.0, 5.0), (59.0, 1.017), (61.0, 1.0)])
def test_a_rate_of_a_server_younger_than_a_minute_is_that_of_its_life(
    uptime: float, rate: float
) -> None:
    counted = store()
    counted.numbers[counted.place(families.UPTIME)] = uptime
    counted.numbers[counted.place(families.LATE_REQUESTS)] = 60

    assert summarize(snapshot(counted)).requests.per_second == rate


def test_series_are_put_together_by_what_is_asked_of_them() -> None:
    counted = store()
    for route, dialect, status, many in (
        ("/api/chat", "ollama", "2xx", 3),
        ("/api/chat", "ollama", "4xx", 1),
        ("/v1/models", "openai", "2xx", 2),
    ):
        counted.numbers[counted.place(families.REQUESTS, route, dialect, status)] = many
        counted.observe(
            families.DURATION, counted.place(families.DURATION, route, dialect), 0.1 * many
        )
    counted.numbers[counted.place(families.UPSTREAM, "up", "m", "")] = 4
    counted.numbers[counted.place(families.UPSTREAM, "up", "m", "backend_timeout")] = 1
    counted.numbers[counted.place(families.UPSTREAM, "up", "m", "cancelled")] = 2
    counted.numbers[counted.place(families.TOKENS, "up", "m", "output")] = 9
    counted.numbers[counted.place(families.COST, "up", "m")] = 0.5

    summary = summarize(snapshot(counted))

    assert summary.requests.total == 6
    assert [(it.route, it.total, it.by_status) for it in summary.requests.routes] == [
        ("/api/chat", 4, {"2xx": 3, "4xx": 1}),
        ("/v1/models", 2, {"2xx": 2}),
    ]
    assert summary.requests.duration_seconds.count == 3
    (model,) = summary.models
    ended = (model.exchanges, model.errors, model.cancelled)
    assert (*ended, model.tokens, model.cost_usd) == (
        7,
        1,
        2,
        {"output": 9},
        0.5,
    )
