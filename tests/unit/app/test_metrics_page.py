"""docs/monitoring.md lists the metrics as they are, and asks only for some that there are."""

from __future__ import annotations

import re
from pathlib import Path

from adapters.observability.metrics.families import FAMILIES

PAGE = (Path(__file__).parents[3] / "docs" / "monitoring.md").read_text()
SECTION = PAGE.partition("## Metrics\n")[2].partition("\n## ")[0]


def table(head: str) -> list[list[str]]:
    text = SECTION.partition(f"| {head} |")[2].partition("\n\n")[0]
    return [[cell.strip() for cell in row.split(" | ")] for row in text.splitlines()[2:]]


def test_the_page_lists_every_metric_with_its_type_labels_and_meaning() -> None:
    listed = {
        (row[0].strip("| `"), row[1], tuple(re.findall(r"`(\w+)`", row[2])), row[3].rstrip(" |"))
        for row in table("metric")
    }

    assert listed == {
        (family.name, family.kind.value, family.labels, family.text)
        for family in FAMILIES
        if family.is_told
    }


def test_the_page_says_what_the_values_of_every_label_are() -> None:
    listed = {row[0].strip("| `") for row in table("label")}

    assert listed == {label for family in FAMILIES for label in family.labels}


def test_every_question_is_about_metrics_that_there_are() -> None:
    names = {family.name for family in FAMILIES}
    asked = {
        re.sub(r"_(bucket|sum|count)$", "", name)
        for row in table("question")
        for name in re.findall(r"llamaport_\w+", row[1])
    }

    assert len(asked) >= 8
    assert asked <= names
