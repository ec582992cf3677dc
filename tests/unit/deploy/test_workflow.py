"""The workflow and the file that proposes updates: nobody runs them here, their linters do."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from tests.programs import CHECKOUT, beside_python, run

GITHUB = CHECKOUT / ".github"
WORKFLOW = GITHUB / "workflows" / "ci.yaml"
TEXT = WORKFLOW.read_text()
JOBS: dict[str, Any] = yaml.safe_load(TEXT)["jobs"]
UPDATES = yaml.safe_load((GITHUB / "dependabot.yml").read_text())["updates"]


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        ("vendor.github-workflows", WORKFLOW),
        ("vendor.dependabot", GITHUB / "dependabot.yml"),
    ],
    ids=["workflow", "updates"],
)
def test_it_follows_the_published_schema(schema: str, file: str) -> None:
    done = run(beside_python("check-jsonschema"), "--builtin-schema", schema, file)

    assert done.returncode == 0, done.stdout


def test_its_auditor_has_nothing_to_say() -> None:
    done = run(beside_python("zizmor"), "--offline", "--persona", "pedantic", GITHUB)

    assert done.returncode == 0, done.stdout


def test_actions_are_pinned_to_commits() -> None:
    used = re.findall(r"uses: (\S+)(.*)", TEXT)

    assert used
    assert [one for one in used if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", one[0])] == []
    assert [one for one in used if not re.fullmatch(r" # v\d+\.\d+\.\d+", one[1])] == []


def test_it_runs_the_same_commands_as_everybody_else() -> None:
    commands = [step.get("run", "") for job in JOBS.values() for step in job["steps"]]
    targets = set(re.findall(r"^([\w-]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE))
    made = {line.removeprefix("make ") for line in commands if line.startswith("make ")}

    assert made == {"lint", "test", "image", "audit"}
    assert made <= targets


def test_it_has_no_secret_and_uploads_nothing() -> None:
    assert "secrets." not in TEXT
    assert "upload" not in re.sub(r"(?m)^#.*$", "", TEXT)
    assert yaml.safe_load(TEXT)["permissions"] == {"contents": "read"}


def test_updates_are_proposed_for_everything_that_is_pinned() -> None:
    assert {update["package-ecosystem"]: update["directory"] for update in UPDATES} == {
        "pip": "/requirements",
        "npm": "/tests/e2e/js",
        "docker": "/",
        "docker-compose": "/",
        "github-actions": "/",
    }
    for update in UPDATES:
        assert (CHECKOUT / update["directory"].lstrip("/")).is_dir()
