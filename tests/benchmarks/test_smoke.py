"""The benchmark runs, and every answer under load is right. Nothing is said about speed."""

from __future__ import annotations

from tests.benchmarks.measures import faults, rows
from tests.benchmarks.pieces import measure
from tests.benchmarks.recorded import record
from tests.benchmarks.run import Plan, run

SMOKE = Plan(
    phases=(
        "cold200", "c1", "flat25", "paced25", "generate50", "generate_flat25", "embed50", "relay50",
        "relay_paced25", "logged50", "traced50", "unsampled_paced25",
    ),
    seconds=0.2,
    with_yardstick=False,
    with_wrk=False,
)  # fmt: skip


async def test_every_answer_under_load_is_complete_and_right() -> None:
    done = await run(SMOKE)

    assert faults(done) == {}
    answers = {name: result.answers for name, result in done.server.results.items()}
    assert answers["cold200"] == 400
    assert answers["paced25"] >= 25
    assert min(answers.values()) > 0
    assert set(done.server.more) == {"logged50", "traced50", "unsampled_paced25"}
    assert {row.measure.name for row in rows(done, {})} > {
        "added_latency", "event_cpu", "ready", "logged_cpu", "traced_cpu", "unsampled_event_cpu",
    }  # fmt: skip


def test_every_piece_has_a_cost() -> None:
    assert all(us > 0 for us in measure().values())


def test_recorded_requests_leave_nothing_in_memory_whatever_clients_name() -> None:
    done = record(50_000)

    assert done.grown < 1_000_000
    assert "canary" not in done.text
    assert "vendor/model-299" in done.text
