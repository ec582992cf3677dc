from __future__ import annotations

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as prometheus

from adapters.observability.metrics import families
from adapters.observability.metrics.exposition import expose
from adapters.observability.metrics.families import FAMILIES, Kind
from tests.unit.adapters.observability.metrics.numbers import snapshot, store

PLAIN = "text/plain; version=0.0.4; charset=utf-8"
OPEN = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PROMETHEUS_2 = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("", PLAIN),
        ("*/*", PLAIN),
        ("text/plain; version=1.0.0; escaping=allow-utf-8", PLAIN),
        (PROMETHEUS_2, OPEN),
        ("application/openmetrics-text; version=99.canary", OPEN),
    ],
)
def test_the_form_is_the_one_that_is_asked_for_and_says_which_it_is(
    accept: str, media_type: str
) -> None:
    assert expose(snapshot(store()), accept)[1] == media_type


def test_every_metric_is_told_with_its_type_and_its_meaning() -> None:
    text = expose(snapshot(store()), "")[0].decode()

    told = {it.name: it for it in prometheus(text)}
    for family in FAMILIES:
        name = family.name.removesuffix("_total")
        assert (name in told) == family.is_told
        if family.is_told:
            assert told[name].type == family.kind.value
            assert told[name].documentation == family.text


@pytest.mark.parametrize(("accept", "parse"), [("", prometheus), (PROMETHEUS_2, open_metrics)])
def test_what_was_counted_can_be_read_again(accept: str, parse: object) -> None:
    counted = store()
    counted.numbers[counted.place(families.COST, "up", 'we"ird\\\n')] = 0.125
    place = counted.place(families.PER_TOKEN, "up", "m")
    for value in (0.02, 0.02, 99.0):
        counted.observe(families.PER_TOKEN, place, value)

    text, _ = expose(snapshot(counted), accept)
    samples = {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in parse(text.decode())  # type: ignore[operator]
        for sample in family.samples
    }

    assert samples["llamaport_cost_usd_total", "up", 'we"ird\\\n'] == 0.125
    name = "llamaport_time_per_output_token_seconds"
    assert samples[f"{name}_bucket", "up", "0.01", "m"] == 0
    assert samples[f"{name}_bucket", "up", "0.025", "m"] == 2
    assert samples[f"{name}_bucket", "up", "+Inf", "m"] == samples[f"{name}_count", "up", "m"] == 3
    assert samples[f"{name}_sum", "up", "m"] == pytest.approx(99.04)


def test_names_follow_the_rules_of_prometheus() -> None:
    for family in FAMILIES:
        if family.is_told:
            assert family.name.startswith("llamaport_")
            assert family.name.endswith("_total") == (family.kind is Kind.COUNTER)
            assert family.text.endswith(".")
