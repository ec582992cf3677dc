"""Prometheus: what it reads, by its own tool, and that rules ask only for what there is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import compose
from tests.programs import program, run
from tests.unit.deploy.metrics import SERIES
from tests.unit.deploy.queries import PROMETHEUS, kept, labels, level, recorded, rules, series

RECORDING = rules("recording")
ALERTS = rules("alerts")
ADDED_BY_PROMETHEUS = {"instance", "job"}
CONFIG: dict[str, Any] = yaml.safe_load((PROMETHEUS / "prometheus.yaml").read_text())


def promtool() -> str:
    return program("promtool", "prometheus")


def test_the_configuration_and_its_rules_are_valid(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("k")
    there = yaml.safe_load((PROMETHEUS / "prometheus.yaml").read_text())
    there["scrape_configs"][0]["authorization"]["credentials_file"] = str(key)
    (tmp_path / "prometheus.yaml").write_text(yaml.safe_dump(there))
    (tmp_path / "rules").symlink_to(PROMETHEUS / "rules")

    done = run(promtool(), "check", "config", tmp_path / "prometheus.yaml")

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("rules found") == 2


def test_the_rules_do_what_their_tests_say() -> None:
    done = run(promtool(), "test", "rules", PROMETHEUS / "tests" / "rules.yaml")

    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_tested() -> None:
    tests = yaml.safe_load((PROMETHEUS / "tests" / "rules.yaml").read_text())["tests"]

    fired = {
        case["alertname"]
        for test in tests
        for case in test.get("alert_rule_test", ())
        if case["exp_alerts"]
    }

    # The lost spans are counted there, as a share of them has no round number to print.
    assert fired | {"LlamaportSpansDropped"} == {rule["alert"] for rule in ALERTS}


def test_services_are_scraped_where_the_compose_file_has_them() -> None:
    services = compose.services()
    targets = {
        job["job_name"]: job["static_configs"][0]["targets"] for job in CONFIG["scrape_configs"]
    }

    assert targets == {
        "llamaport": ["llamaport:11434"],
        "otel-collector": ["otel-collector:8888"],
        "prometheus": ["127.0.0.1:9090"],
    }
    assert {"llamaport", "otel-collector"} <= set(services)


def test_the_key_is_read_from_where_the_secret_is() -> None:
    [job] = [job for job in CONFIG["scrape_configs"] if "authorization" in job]

    assert job["job_name"] == "llamaport"
    assert job["authorization"] == {"credentials_file": "/run/secrets/llamaport-key"}
    assert compose.services()["prometheus"]["secrets"] == ["llamaport-key"]


@pytest.mark.parametrize("rule", [*RECORDING, *ALERTS], ids=lambda rule: next(iter(rule.values())))
def test_a_rule_asks_only_for_metrics_and_labels_that_exist(rule: dict[str, Any]) -> None:
    expression = rule["expr"]
    asked, derived = series(expression), recorded(expression)
    names = {one["record"]: set(one.get("labels", ())) for one in RECORDING}

    assert asked | derived or expression.startswith("up{")
    assert asked <= set(SERIES)
    assert derived <= set(names)
    known = set().union(
        ADDED_BY_PROMETHEUS,
        *(SERIES[name] for name in asked),
        *(level(name) | names[name] for name in derived),
    )
    assert labels(expression) <= known


@pytest.mark.parametrize("rule", RECORDING, ids=lambda rule: rule["record"])
def test_a_recorded_name_says_which_labels_are_left(rule: dict[str, Any]) -> None:
    assert kept(rule["expr"]) - {"le"} == level(rule["record"])


def test_every_alert_says_how_bad_it_is_and_what_to_look_at() -> None:
    for rule in ALERTS:
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert set(rule["annotations"]) == {"summary", "description"}


def test_every_histogram_has_its_three_quantiles() -> None:
    quantiles: dict[str, list[str]] = {}
    for rule in RECORDING:
        if "labels" in rule:
            quantiles.setdefault(rule["record"], []).append(rule["labels"]["quantile"])

    assert len(quantiles) == 8
    assert set(map(tuple, quantiles.values())) == {("0.5", "0.95", "0.99")}
