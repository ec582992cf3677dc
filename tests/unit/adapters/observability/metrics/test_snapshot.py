from __future__ import annotations

from adapters.observability.metrics import families
from adapters.observability.metrics.families import FAMILIES, Family
from adapters.observability.metrics.snapshot import Source, merged
from adapters.observability.metrics.store import Series


def source(*series: tuple[Family, tuple[str, ...], float], is_alive: bool = True) -> Source:
    told: list[Series] = [(family.name, labels, (number,)) for family, labels, number in series]
    return Source(series=told, is_alive=is_alive)


def test_counts_of_workers_add_up_and_those_of_the_dead_stay() -> None:
    told = merged(
        [
            source((families.SLOW, ("/a",), 1), (families.SLOW, ("/b",), 2)),
            source((families.SLOW, ("/a",), 3)),
            source((families.SLOW, ("/a",), 4), is_alive=False),
        ]
    )

    assert told[families.SLOW.name] == {("/a",): (8,), ("/b",): (2,)}


def test_gauges_of_the_dead_are_left_out() -> None:
    told = merged(
        [
            source((families.ACTIVE, ("ollama",), 2)),
            source((families.ACTIVE, ("ollama",), 3)),
            source((families.ACTIVE, ("ollama",), 9), is_alive=False),
        ]
    )

    assert told[families.ACTIVE.name] == {("ollama",): (5,)}


def test_some_are_not_added_up() -> None:
    told = merged(
        [
            source(
                (families.UPTIME, (), 60),
                (families.BACKEND_UP, ("up",), 1),
                (families.NETWORK, ("sent",), 1000),
            ),
            source(
                (families.UPTIME, (), 5),
                (families.BACKEND_UP, ("up",), 0),
                (families.NETWORK, ("sent",), 1001),
            ),
        ]
    )

    assert told[families.UPTIME.name] == {(): (60,)}
    assert told[families.BACKEND_UP.name] == {("up",): (0,)}
    assert told[families.NETWORK.name] == {("sent",): (1001,)}


def test_histograms_add_up_number_by_number() -> None:
    numbers = tuple(map(float, range(families.LAG.width)))
    one = Source(series=[(families.LAG.name, (), numbers)])

    told = merged([one, one])

    assert told[families.LAG.name] == {(): tuple(2 * number for number in numbers)}


def test_a_family_that_nobody_has_counted_is_there_and_empty() -> None:
    assert merged([]) == {family.name: {} for family in FAMILIES}
