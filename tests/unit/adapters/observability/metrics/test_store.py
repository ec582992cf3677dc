from __future__ import annotations

from mmap import mmap

import pytest

from adapters.observability.metrics import families
from adapters.observability.metrics.families import FAMILIES, Kind
from adapters.observability.metrics.store import CAPACITY, INDEX, SIZE, Store, series_in
from tests.unit.adapters.observability.metrics.numbers import snapshot, store


def test_a_series_has_one_place_and_another_has_another() -> None:
    counted = store()

    places = [counted.place(families.COST, "up", name) for name in ("m", "n", "m")]

    assert places[0] == places[2]
    assert places[0] != places[1]


def test_what_is_changed_is_read_with_its_name_and_labels() -> None:
    counted = store()
    counted.numbers[counted.place(families.COST, "up", "m")] += 0.5

    assert list(counted.series()) == [("llamaport_cost_usd_total", ("up", "m"), (0.5,))]


BOUNDS = families.PER_TOKEN.bounds


@pytest.mark.parametrize(
    ("value", "bucket"),
    [(0.0, 0), (0.01, 0), (0.0101, 1), (2.5, len(BOUNDS) - 1), (2.51, len(BOUNDS)), (1e9, -2)],
)
def test_a_value_goes_into_the_bucket_whose_bound_it_does_not_exceed(
    value: float, bucket: int
) -> None:
    counted = store()
    place = counted.place(families.PER_TOKEN, "up", "m")

    counted.observe(families.PER_TOKEN, place, value)

    ((_, _, numbers),) = counted.series()
    assert numbers[:-1][bucket if bucket >= 0 else len(BOUNDS)] == 1
    assert sum(numbers[:-1]) == 1
    assert numbers[-1] == value


def test_every_histogram_has_rising_bounds() -> None:
    for family in FAMILIES:
        assert list(family.bounds) == sorted(set(family.bounds))
        assert bool(family.bounds) == (family.kind is Kind.HISTOGRAM)


def test_another_process_reads_the_same_memory_while_it_is_written_to() -> None:
    memory = mmap(-1, SIZE)
    counted = Store(memory)
    place = counted.place(families.REQUESTS, "/é", "other", "2xx")
    counted.numbers[place] += 1
    before = series_in(memory)
    counted.numbers[place] += 1
    counted.place(families.SLOW, "/é")

    assert before == [("llamaport_http_requests_total", ("/é", "other", "2xx"), (1,))]
    assert [numbers for _, _, numbers in series_in(memory)] == [(2,), (0,)]


def test_whoever_takes_memory_over_counts_on_and_its_gauges_begin_anew() -> None:
    memory = mmap(-1, SIZE)
    first = Store(memory)
    for family, labels in (
        (families.COST, ("up", "m")),
        (families.ACTIVE, ("ollama",)),
        (families.BACKEND_UP, ("up",)),
    ):
        first.numbers[first.place(family, *labels)] = 7

    second = Store(memory)
    second.numbers[second.place(families.COST, "up", "m")] += 1
    second.numbers[second.place(families.COST, "up", "n")] += 1

    told = snapshot(second)
    assert told[families.COST.name] == {("up", "m"): (8,), ("up", "n"): (1,)}
    assert told[families.ACTIVE.name] == {("ollama",): (0,)}
    # Nothing is known of it yet, and that is not the same as down.
    assert told[families.BACKEND_UP.name] == {}


def test_half_a_line_of_a_process_that_was_killed_is_nothing() -> None:
    memory = mmap(-1, SIZE)
    counted = Store(memory)
    counted.place(families.COST, "up", "m")
    written = int(counted.numbers[0])
    begin = CAPACITY * 8 + written
    memory[begin : begin + 9] = b'["llamapo'
    assert len(series_in(memory)) == 1
    counted.numbers[0] = written + 9

    assert len(series_in(memory)) == 1
    assert len(list(Store(memory).series())) == 1


def test_where_there_is_no_room_left_nothing_breaks_and_what_is_there_counts_on() -> None:
    counted = store()
    first = counted.place(families.COST, "up", "first")
    names = [f"{number:0200}" for number in range(INDEX // 200)]

    places = {counted.place(families.COST, "up", name) for name in names}
    spilled = counted.place(families.FIRST_TOKEN, "up", "late")
    counted.observe(families.FIRST_TOKEN, spilled, 1e9)
    counted.numbers[first] += 1

    assert len(places) < len(names)
    told = snapshot(counted)
    assert told[families.COST.name]["up", "first"] == (1,)
    assert told[families.FIRST_TOKEN.name] == {}


def test_there_is_room_for_a_thousand_models_that_use_everything() -> None:
    counted = store()
    for number in range(1000):
        model = f"someone/some-model-{number}:free"
        for error in ("", "backend_timeout", "cancelled", "backend_rate_limited"):
            counted.place(families.UPSTREAM, "cloud", model, error)
        for kind in ("input", "output", "cached", "cache_write", "reasoning"):
            counted.place(families.TOKENS, "cloud", model, kind)
        for family in (families.COST, families.FIRST_TOKEN, families.PER_TOKEN):
            counted.place(family, "cloud", model)

    assert len(list(counted.series())) == 12_000
