"""The dashboard and its provisioning. Grafana itself is not here to load it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import compose
from tests.programs import CHECKOUT, program, run
from tests.unit.deploy.metrics import SERIES, TOLD
from tests.unit.deploy.queries import (
    DASHBOARD,
    labels,
    level,
    panels,
    plain,
    recorded,
    rules,
    series,
)

BOARD: dict[str, Any] = json.loads(DASHBOARD.read_text())
PROVISIONING = CHECKOUT / "deploy" / "grafana" / "provisioning"
PANELS = list(panels(BOARD))
QUERIES = [
    pytest.param(target["expr"], id=f"{panel['title']} {target['refId']}")
    for panel in PANELS
    for target in panel["targets"]
]
RECORDED = {rule["record"]: set(rule.get("labels", ())) for rule in rules("recording")}


@pytest.mark.parametrize("expression", QUERIES)
def test_a_query_asks_only_for_metrics_and_labels_that_exist(expression: str) -> None:
    asked, derived = series(expression), recorded(expression)

    assert asked | derived
    assert asked <= set(SERIES)
    assert derived <= set(RECORDED)
    known = set().union(
        {"instance"},
        *(SERIES[name] for name in asked),
        *(level(name) | RECORDED[name] for name in derived),
    )
    assert labels(expression) <= known


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_a_legend_names_only_labels_that_are_left(panel: dict[str, Any]) -> None:
    for target in panel["targets"]:
        named = {part.partition("}}")[0] for part in target["legendFormat"].split("{{")[1:]}
        derived = recorded(target["expr"])
        left = labels(target["expr"]).union(*(level(name) | RECORDED[name] for name in derived))
        assert named <= left


def test_every_query_is_valid(tmp_path: Path) -> None:
    rows = [
        {"record": f"a{place}", "expr": plain(query.values[0])}
        for place, query in enumerate(QUERIES)
    ]
    file = tmp_path / "queries.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rows}]}))

    done = run(program("promtool", "prometheus"), "check", "rules", file)

    assert done.returncode == 0, done.stdout + done.stderr


def test_everything_that_is_counted_and_recorded_is_shown_or_asked_for() -> None:
    shown = " ".join(query.values[0] for query in QUERIES)
    alerts = " ".join(rule["expr"] for rule in rules("alerts"))
    everywhere = f"{shown} {alerts} {' '.join(rule['expr'] for rule in rules('recording'))}"
    read = {name.removesuffix("_bucket") for name in series(everywhere)}

    assert recorded(shown) | recorded(alerts) == set(RECORDED)
    assert read == TOLD


def test_panels_lie_side_by_side_and_none_on_another() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in BOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert place["x"] + place["w"] <= 24
        assert not cells & taken
        taken |= cells


def test_panels_have_numbers_of_their_own() -> None:
    numbers = [panel["id"] for panel in BOARD["panels"]]

    assert len(set(numbers)) == len(numbers)


def test_the_data_sources_are_services_of_the_compose_file() -> None:
    file = PROVISIONING / "datasources" / "datasources.yaml"
    sources = yaml.safe_load(file.read_text())["datasources"]
    services = compose.services()

    for source in sources:
        host = source["url"].removeprefix("http://").partition(":")[0]
        assert host in services
    assert {panel["datasource"]["uid"] for panel in PANELS} <= {source["uid"] for source in sources}


def test_the_dashboard_is_where_grafana_is_told_to_look() -> None:
    file = PROVISIONING / "dashboards" / "dashboards.yaml"
    [provider] = yaml.safe_load(file.read_text())["providers"]
    grafana = compose.services()["grafana"]
    folder = provider["options"]["path"]

    assert f"./deploy/grafana/dashboards:{folder}:ro" in grafana["volumes"]
    home = grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert home == f"{folder}/{DASHBOARD.name}"
