"""What a PromQL expression asks for, as far as a few patterns can tell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from tests.programs import CHECKOUT

PROMETHEUS = CHECKOUT / "deploy" / "prometheus"
DASHBOARD = CHECKOUT / "deploy" / "grafana" / "dashboards" / "llamaport.json"

_RECORDED = re.compile(r"\b[a-z_]+:llamaport_[a-z0-9_]+:[a-z0-9]+\b")
_SERIES = re.compile(r"(?<![:\w])llamaport_[a-z0-9_]+\b(?!:)")
_LABELS = re.compile(r"\bby \(([^)]*)\)")
_MATCHER = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"")


def rules(name: str) -> list[dict[str, Any]]:
    """Return every rule of one of our files."""
    groups = yaml.safe_load((PROMETHEUS / "rules" / f"{name}.yaml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def recorded(expression: str) -> set[str]:
    """Return the names of recorded metrics in an expression."""
    return set(_RECORDED.findall(expression))


def series(expression: str) -> set[str]:
    """Return the names of llamaport's own series in an expression."""
    return set(_SERIES.findall(expression))


def kept(expression: str) -> set[str]:
    """Return the labels that an expression keeps."""
    return {label.strip() for group in _LABELS.findall(expression) for label in group.split(",")}


def labels(expression: str) -> set[str]:
    """Return the labels that an expression keeps or selects by."""
    return kept(expression) | set(_MATCHER.findall(expression))


def level(name: str) -> set[str]:
    """Return the labels that are left in a recorded metric, by its name."""
    head = name.partition(":")[0]
    return set() if head == "job" else set(head.split("_"))


def panels(dashboard: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every panel that shows something."""
    for panel in dashboard["panels"]:
        if panel["type"] != "row":
            yield panel


def plain(expression: str) -> str:
    """Put values in place of the variables that Grafana would fill in."""
    return expression.replace("$__rate_interval", "1m").replace("$backend", ".*")
