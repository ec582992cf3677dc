"""The Dockerfile, by its linter and by reading. tests/e2e/test_image.py builds what it builds."""

from __future__ import annotations

import json
import re

import pytest

from tests.programs import CHECKOUT, beside_python, run

TEXT = (CHECKOUT / "Dockerfile").read_text()
INSTRUCTIONS = [
    (words[0], words[1])
    for line in re.sub(r"\\\n\s*", "", re.sub(r"(?m)^#.*\n", "", TEXT)).splitlines()
    if len(words := line.split(maxsplit=1)) == 2
]
STAGES = [rest for word, rest in INSTRUCTIONS if word == "FROM"]
LAST_STAGE = INSTRUCTIONS[
    max(place for place, (word, _) in enumerate(INSTRUCTIONS) if word == "FROM") :
]
IGNORED = (CHECKOUT / ".dockerignore").read_text().splitlines()


def one(word: str) -> str:
    """Return what stands behind the only instruction of that kind in the last stage."""
    [found] = [rest for name, rest in LAST_STAGE if name == word]
    return found


def copied() -> list[str]:
    """Return every source in the checkout that is copied."""
    lines = [rest.split() for word, rest in INSTRUCTIONS if word == "COPY"]
    return [name for words in lines if not words[0].startswith("--from") for name in words[:-1]]


def test_its_linter_has_nothing_to_say() -> None:
    done = run(beside_python("hadolint"), "Dockerfile")

    assert (done.returncode, done.stdout) == (0, "")


def test_it_has_two_stages_of_the_same_pinned_python() -> None:
    found = [re.fullmatch(r"python:(\d+\.\d+\.\d+)(-slim)?-(\w+)( AS build)?", s) for s in STAGES]

    assert len(found) == 2
    assert all(found)
    assert len({(match[1], match[3]) for match in found if match}) == 1
    assert [bool(match[2]) for match in found if match] == [False, True]


def test_the_compiler_and_the_package_installer_stay_in_the_first() -> None:
    assert [rest for word, rest in LAST_STAGE if word == "COPY"] == [
        "deploy/image/healthy.py /opt/",
        "--from=build /opt/llamaport /opt/llamaport",
    ]


@pytest.mark.parametrize("name", copied())
def test_what_is_copied_exists_and_is_not_ignored(name: str) -> None:
    kept = [line.removeprefix("!") for line in IGNORED if line.startswith("!")]

    assert (CHECKOUT / name).exists()
    assert any(name == line or name.startswith(f"{line}/") for line in kept)


def test_nothing_else_is_sent_to_the_builder() -> None:
    kept = [line.removeprefix("!") for line in IGNORED if line.startswith("!")]

    assert IGNORED[1] == "*"
    for line in kept:
        assert any(name == line or name.startswith(f"{line}/") for name in copied())


def test_it_runs_as_a_number_that_is_not_root() -> None:
    user, _, group = one("USER").partition(":")

    assert int(user) > 0
    assert int(group) > 0


def test_the_health_check_is_python_and_no_shell() -> None:
    _, _, command = one("HEALTHCHECK").partition("CMD ")

    assert json.loads(command) == ["python", "/opt/healthy.py"]
    assert "curl" not in TEXT


def test_it_starts_llamaport_itself_so_that_signals_reach_it() -> None:
    assert json.loads(one("ENTRYPOINT")) == ["llamaport"]
    assert json.loads(one("CMD")) == ["serve"]


def test_it_keeps_state_where_its_user_may_write() -> None:
    assert one("VOLUME") == "/var/lib/llamaport"
    assert 'XDG_STATE_HOME="/var/lib"' in one("ENV")
    assert "--owner 10001 --group 10001 /var/lib/llamaport" in one("RUN")
