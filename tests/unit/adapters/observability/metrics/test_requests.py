from __future__ import annotations

from typing import Any

import pytest

from adapters.observability.exchange_record import CURRENT
from adapters.observability.metrics import families
from adapters.observability.metrics.requests import RequestMetrics
from adapters.observability.metrics.store import Store
from adapters.web.door import RequestRecord
from app.registry import dialect_of_path
from ports.errors import (
    BackendRateLimited,
    BackendRejected,
    BackendTimeout,
    InvalidRequest,
    ModelNotFound,
    ShuttingDown,
)
from tests.unit.adapters.observability.metrics.numbers import counts, of, snapshot, store, sums

MS = 1_000_000


def record(**given: Any) -> RequestRecord:
    return RequestRecord(
        **{
            "request_id": "req_1",
            "trace_id": "",
            "client": "",
            "method": "POST",
            "path": "/api/chat",
            "route": "/api/chat",
            "status": 200,
            "duration_ns": 100 * MS,
            "first_byte_ns": 90 * MS,
            "body_wait_ns": 3 * MS,
            "body_whole_ns": 4 * MS,
            "bytes_received": 10,
            "bytes_sent": 20,
            "peer": "",
            "cancelled": False,
            **given,
        }
    )


def counting() -> tuple[Store, RequestMetrics]:
    counted = store()
    return counted, RequestMetrics(counted, dialect_of_path)


def ask(metrics: RequestMetrics, told: RequestRecord, **exchange: Any) -> None:
    """Serve one; `exchange` is what becomes known of it upstream."""
    metrics.begin(told.path)
    current = CURRENT.get()
    assert current is not None
    for name, value in exchange.items():
        setattr(current, name, value)
    metrics.finish(told)


def test_a_request_is_counted_by_route_dialect_and_status() -> None:
    counted, metrics = counting()

    ask(metrics, record())
    ask(metrics, record(status=404))
    ask(metrics, record(status=0, cancelled=True))
    ask(metrics, record(route="/v1/messages", status=529))

    assert counts(counted, families.REQUESTS) == {
        ("/api/chat", "ollama", "2xx"): 1,
        ("/api/chat", "ollama", "4xx"): 1,
        ("/api/chat", "ollama", "none"): 1,
        ("/v1/messages", "anthropic", "5xx"): 1,
    }
    assert counts(counted, families.BYTES_IN)["/api/chat", "ollama"] == 30
    assert counts(counted, families.BYTES_OUT)["/api/chat", "ollama"] == 60
    assert counts(counted, families.DURATION)["/api/chat", "ollama"] == 3
    assert sums(counted, families.DURATION)["/api/chat", "ollama"] == 0.3


def test_a_request_is_active_from_its_beginning_to_its_end() -> None:
    counted, metrics = counting()

    metrics.begin("/api/chat")
    before = counts(counted, families.ACTIVE)
    metrics.finish(record())

    assert before == {("ollama",): 1}
    assert counts(counted, families.ACTIVE) == {}


def test_a_request_whose_path_was_put_right_leaves_the_dialect_it_came_in() -> None:
    counted, metrics = counting()

    ask(metrics, record(path="//v1/messages", route="/v1/messages"))

    assert of(counted, families.ACTIVE) == {}


ERRORS = [
    ({"status": 404, "error": ModelNotFound("x")}, "model_not_found", 0),
    ({"status": 400, "error": InvalidRequest("x")}, "invalid_request", 0),
    ({"status": 504, "error": BackendTimeout("x")}, "backend_timeout", 1),
    ({"status": 200, "error": BackendTimeout("x")}, "backend_timeout", 1),
    ({"status": 400, "error": BackendRejected("x")}, "backend_rejected", 0),
    ({"status": 429, "error": BackendRateLimited("x")}, "backend_rate_limited", 0),
    ({"status": 200, "error": BackendRejected("x")}, "backend_rejected", 1),
    ({"status": 503, "error": ShuttingDown()}, "shutting_down", 1),
    ({"status": 403}, "refused", 0),
]


@pytest.mark.parametrize(("given", "code", "failures"), ERRORS)
def test_an_error_is_counted_by_its_code(given: dict[str, Any], code: str, failures: int) -> None:
    counted, metrics = counting()

    ask(metrics, record(**given))

    assert counts(counted, families.ERRORS) == {("ollama", code): 1}
    assert metrics.failures == failures


def test_what_went_well_and_who_left_are_no_errors() -> None:
    counted, metrics = counting()

    ask(metrics, record())
    ask(metrics, record(status=301))
    ask(metrics, record(status=0, cancelled=True))
    ask(metrics, record(status=404, cancelled=True))
    ask(metrics, record(path="/health", route="/health", status=503))

    assert of(counted, families.ERRORS) == {}
    assert metrics.failures == 0


def test_a_stream_is_counted_with_its_pieces_and_its_first_byte() -> None:
    counted, metrics = counting()

    ask(metrics, record(), backend="up", streamed=True, pieces=5)
    ask(metrics, record(cancelled=True), backend="up", streamed=True, pieces=2)
    ask(metrics, record(), backend="up", streamed=False)

    assert counts(counted, families.STREAMS) == {("ollama", "up"): 2}
    assert counts(counted, families.CANCELLED) == {("ollama", "up"): 1}
    assert counts(counted, families.CHUNKS) == {("ollama",): 7}
    assert counts(counted, families.STREAM_BYTES) == {("ollama",): 40}
    assert sums(counted, families.FIRST_BYTE) == {("ollama",): 0.18}


def test_our_own_time_is_what_was_waited_for_neither_client_nor_backend() -> None:
    counted, metrics = counting()

    ask(metrics, record(), backend="up", waited_ns=80 * MS)

    assert sums(counted, families.ADDED) == {("ollama",): 0.007}
    assert sums(counted, families.TRANSLATION) == {("ollama",): 0.006}


def test_a_relay_translates_nothing() -> None:
    counted, metrics = counting()

    ask(metrics, record(), backend="up", waited_ns=80 * MS, relayed=True)

    assert counts(counted, families.ADDED) == {("ollama",): 1}
    assert counts(counted, families.TRANSLATION) == {}


@pytest.mark.parametrize(
    "given",
    [
        {"first_byte_ns": 5 * MS},  # a sign of life, sent while the backend was waited for
        {"first_byte_ns": 0},
    ],
)
def test_where_our_own_time_cannot_be_told_it_is_not(given: dict[str, Any]) -> None:
    counted, metrics = counting()

    ask(metrics, record(**given), backend="up", waited_ns=80 * MS)

    assert counts(counted, families.ADDED) == counts(counted, families.TRANSLATION) == {}


def test_a_request_for_which_nobody_was_asked_has_no_added_latency() -> None:
    counted, metrics = counting()

    ask(metrics, record(route="/api/tags"))

    assert counts(counted, families.ADDED) == {}


SECOND = 1000 * MS
SLOW = [
    ({"first_byte_ns": 10 * SECOND, "duration_ns": 900 * SECOND}, 0),
    ({"first_byte_ns": 11 * SECOND, "duration_ns": 11 * SECOND}, 1),
    ({"first_byte_ns": 11 * SECOND, "body_wait_ns": 5 * SECOND}, 0),
    ({"first_byte_ns": 0, "duration_ns": 11 * SECOND, "cancelled": True}, 1),
]


@pytest.mark.parametrize(("given", "slow"), SLOW)
def test_slow_is_who_lets_a_client_wait_for_the_first_byte(
    given: dict[str, Any], slow: int
) -> None:
    counted, metrics = counting()

    ask(metrics, record(**given))

    assert counts(counted, families.SLOW).get(("/api/chat",), 0) == slow


def test_whatever_clients_send_there_are_as_many_series_as_before() -> None:
    counted, metrics = counting()
    ask(metrics, record(route=""))
    before = {name: set(series) for name, series in snapshot(counted).items()}

    for number in range(1000):
        ask(
            metrics,
            record(path=f"/x{number}", route="", method=f"M{number}", peer=f"p{number}"),
            asked=f"model-{number}",
        )

    assert {name: set(series) for name, series in snapshot(counted).items()} == before
    assert counts(counted, families.REQUESTS) == {("other", "other", "2xx"): 1001}
