"""Every statement of the checklist has one test, and its number is in the test's name."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
NUMBERED = re.compile(r"^async def test_(\d{3})_\w+\(", re.MULTILINE)
SPEC = HERE.parents[2] / "docs" / "wire" / "ollama-api.md"
PAGE = HERE.parents[2] / "docs" / "compatibility.md"
OTHERWISE = re.compile(
    r"^async def test_(\d{3})_\w+\([^)]*\) -> None:\n    \"\"\"Decided", re.MULTILINE
)


def found(pattern: re.Pattern[str]) -> list[int]:
    texts = [file.read_text() for file in sorted(HERE.glob("test_*.py"))]
    return sorted(int(number) for text in texts for number in pattern.findall(text))


def test_the_numbers_1_to_100_are_all_there_once() -> None:
    assert found(NUMBERED) == list(range(1, 101))


def test_they_are_the_numbers_of_the_specification() -> None:
    _, _, section = SPEC.read_text().partition("\n## 9. Checklist\n")

    assert [int(it) for it in re.findall(r"^(\d+)\. ", section, re.MULTILINE)] == found(NUMBERED)


def test_the_page_names_the_statements_that_were_decided_otherwise() -> None:
    listed = re.search(r"statements? ([\d, and]+) of the checklist", PAGE.read_text())

    assert listed
    assert [int(it) for it in re.findall(r"\d+", listed[1])] == found(OTHERWISE)
