"""What this version cannot do stops the start."""

from __future__ import annotations

import pytest

from tests.unit.app.settings.folder import Folder

UPSTREAM = '[[backends]]\nname = "up"\nkind = "openai-compatible"\n'
KEY = '[[keys]]\nname = "a"\nkey = "k"\n'


@pytest.mark.parametrize(
    ("head", "line", "key"),
    [
        (UPSTREAM, "weight = 2", "backends[0].weight"),
        (UPSTREAM, "max_concurrency = 4", "backends[0].max_concurrency"),
        (UPSTREAM, "max_queue = 4", "backends[0].max_queue"),
        ("[retry]\n", "attempts = 4", "retry.attempts"),
        ("[breaker]\n", "failures = 4", "breaker.failures"),
        ("[breaker]\n", "cooldown = 4", "breaker.cooldown"),
        ("[limits]\n", 'store = "redis://:secret@host"', "limits.store"),
        (KEY, "requests_per_minute = 4", "keys[0].requests_per_minute"),
        (KEY, "tokens_per_minute = 4", "keys[0].tokens_per_minute"),
        (KEY, "concurrent = 4", "keys[0].concurrent"),
        (KEY, 'agents = ["a"]', "keys[0].agents"),
        ("[agents]\n", 'directory = "a"', "agents.directory"),
        ("[agents]\n", 'enabled = ["a"]', "agents.enabled"),
        ("[agents]\n", 'parallel = [["a", "b"]]', "agents.parallel"),
        ("[aliases]\n", 'a = ["b", "c"]', "aliases.a"),
        ("[aliases]\n", 'a = { targets = ["b", "c"] }', "aliases.a.targets"),
        ("[aliases]\n", 'a = { targets = ["b"], strategy = "x" }', "aliases.a.strategy"),
        ("[aliases]\n", 'a = { targets = ["b"], agents = ["x"] }', "aliases.a.agents"),
    ],
)
def test_a_setting_without_effect_is_refused(
    folder: Folder, head: str, line: str, key: str
) -> None:
    (problem,) = folder.problems(f"{head}{line}\n")

    assert problem.startswith(f"llamaport.toml:{head.count(chr(10)) + 1}: {key}: ")
    assert "not supported by this version" in problem
    assert "secret" not in problem


def test_its_default_may_be_written_down(folder: Folder) -> None:
    settings = folder.settings(
        '[retry]\nattempts = 3\n[breaker]\ncooldown = "30s"\n'
        '[limits]\nstore = "memory"\n[agents]\ndirectory = "agents"\n'
        + UPSTREAM
        + "weight = 1\nmax_queue = 100\n"
    )

    assert settings.retry.attempts == 3
