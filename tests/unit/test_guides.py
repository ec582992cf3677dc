"""The guides name what there is: files, folders, make targets, and names in the code of tests."""

from __future__ import annotations

import re
from pathlib import Path

TOP = Path(__file__).parents[2]
TROUBLE = (TOP / "docs" / "troubleshooting.md").read_text()
CONFIGURATION = (TOP / "docs" / "configuration.md").read_text()
TESTING = (TOP / "docs" / "testing.md").read_text()
MAKEFILE = (TOP / "Makefile").read_text()

PLACE = re.compile(r"`((?:tests|docs|\.ci)/[\w./-]*)`")
CALL = re.compile(r"`(\w+)\(")


def make_targets(page: str) -> set[str]:
    in_fences = re.findall(r"^make ([\w-]+)", page, re.MULTILINE)
    return {*in_fences, *re.findall(r"`make ([\w-]+)", page)}


def test_every_place_that_testing_names_exists() -> None:
    named = PLACE.findall(TESTING)

    assert len(named) > 20
    assert [name for name in named if not (TOP / name).exists()] == []


def test_every_folder_of_tests_is_described() -> None:
    folders = {
        f"tests/{folder.name}"
        for folder in (TOP / "tests").iterdir()
        if folder.is_dir() and next(folder.glob("*.*"), None)
    } - {"tests/__pycache__"}

    assert folders <= {name.rstrip("/") for name in re.findall(r"tests/\w+", TESTING)}


def test_every_make_target_of_testing_exists() -> None:
    targets = set(re.findall(r"^(\w[\w-]*):", MAKEFILE, re.MULTILINE))

    assert make_targets(TESTING) <= targets
    assert {"test", "lint", "fuzz", "bench", "clients-doc"} <= make_targets(TESTING)


def test_every_setting_that_troubleshooting_names_is_one() -> None:
    sections = re.findall(r"^## `\[(\w+)\]`", CONFIGURATION, re.MULTILINE)
    keys = set(re.findall(r"^\| `([\w.]+)` \|", CONFIGURATION, re.MULTILINE))
    named = re.findall(r"`([a-z_]+(?:\.[a-z_]+)?)(?: = [^`]*)?`", TROUBLE)
    dotted = [name for name in named if "." in name]

    assert len(dotted) > 10
    assert [
        name for name in dotted if name not in keys and name.split(".")[0] not in sections
    ] == []
    assert {name.split(".")[1] for name in dotted if name.split(".")[0] in sections} <= keys


def test_every_helper_that_testing_names_is_in_the_tests() -> None:
    sources = "\n".join(file.read_text() for file in (TOP / "tests").rglob("*.py"))
    named = set(CALL.findall(TESTING))

    assert len(named) > 8
    assert {name for name in named if not re.search(rf"(?:def|class) {name}\b", sources)} == set()


def test_the_gate_is_as_high_as_testing_says() -> None:
    project = (TOP / "pyproject.toml").read_text()

    assert re.findall(r"fails below (\d+) %", TESTING) == re.findall(r"fail_under = (\d+)", project)


def test_what_ci_runs_is_what_testing_says() -> None:
    ci = (TOP / ".ci" / "run").read_text()

    assert "export REQUIRE_ALL=1" in ci
    assert make_targets(ci) >= {"test"}
    assert re.search(r"\bmake .*lint", ci)
