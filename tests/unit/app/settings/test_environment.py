"""`LLAMAPORT_*` variables and flags."""

from __future__ import annotations

import pytest

from tests.unit.app.settings.folder import Folder


@pytest.mark.parametrize(
    ("name", "text", "key", "value"),
    [
        ("SERVER__PORT", "8080", "port", 8080),
        ("SERVER__DRAIN", "1.5", "drain", 1.5),
        ("SERVER__DRAIN", "250ms", "drain", 0.25),
        ("SERVER__DRAIN", '"10m"', "drain", 600.0),
        ("SERVER__MAX_BODY", "1KiB", "max_body", 1024),
        ("SERVER__HOST", "127.0.0.2", "host", "127.0.0.2"),
        ("SERVER__VERSION", "0.33", "version", "0.33"),
        ("SERVER__VERSION", "'0.33'", "version", "0.33"),
        ("SERVER__VERSION", "1\nport = 2", "version", "1\nport = 2"),
        ("SERVER__ALLOW_ANONYMOUS", "true", "allow_anonymous", True),
        ("SERVER__ALLOWED_HOSTS", '["a.example", "B"]', "allowed_hosts", ("a.example", "b")),
        ("SERVER__VERSION", "${V}", "version", "9"),
    ],
)
def test_a_variable_is_written_as_in_toml_or_as_a_bare_word(
    folder: Folder, name: str, text: str, key: str, value: object
) -> None:
    settings = folder.settings(environ={f"LLAMAPORT_{name}": text, "V": "9"})

    assert getattr(settings.server, key) == value


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("SERVER__PORT", "", 'server.port: found "", allowed a whole number, 0 to 65535'),
        ("SERVER__ALLOW_ANONYMOUS", "yes", 'found "yes", allowed true or false'),
        ("SERVER__CORS_ORIGINS", "https://a", 'found "https://a", allowed a list of origins'),
        ("SERVER__PROT", "1", 'unknown variable; did you mean "LLAMAPORT_SERVER__PORT"?'),
        ("PORT", "8080", 'unknown variable; did you mean "LLAMAPORT_SERVER__PORT"?'),
        ("APIKEY", "sk-secret", 'unknown variable; did you mean "LLAMAPORT_API_KEY"?'),
        ("BACKENDS__NAME", "a", "[[backends]] cannot be set by a variable, only in a file"),
        ("KEYS__KEY", "sk-secret", "[[keys]] cannot be set by a variable, only in a file"),
        ("SERVER__VERSION", "${V}", "server.version: the environment variable V is not set"),
    ],
)
def test_a_variable_that_makes_no_sense_is_a_problem(
    folder: Folder, name: str, text: str, problem: str
) -> None:
    (line,) = folder.problems(environ={f"LLAMAPORT_{name}": text})

    assert line.startswith(f"environment LLAMAPORT_{name}: ")
    assert problem in line
    assert "sk-secret" not in line


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("local/qwen3:8b", "local/qwen3:8b"),
        ('["a/b"]', "a/b"),
        ('{ targets = ["a/b"] }', "a/b"),
        ("4.1", "4.1"),
    ],
)
def test_a_variable_for_an_alias_keeps_the_case_of_its_name(
    folder: Folder, text: str, target: str
) -> None:
    loaded = folder.loaded(environ={"LLAMAPORT_ALIASES__Fast_One": text})

    assert loaded.settings.aliases["Fast_One"].target == target
    assert loaded.sources["aliases.Fast_One"] == "environment LLAMAPORT_ALIASES__Fast_One"


def test_what_kubernetes_puts_into_a_pod_is_nobodys_typo(folder: Folder) -> None:
    environ = {
        "LLAMAPORT_SERVICE_HOST": "10.0.0.1",
        "LLAMAPORT_SERVICE_PORT": "11434",
        "LLAMAPORT_SERVICE_PORT_HTTP": "11434",
        "LLAMAPORT_PORT": "tcp://10.0.0.1:11434",
        "LLAMAPORT_PORT_11434_TCP": "tcp://10.0.0.1:11434",
        "LLAMAPORT_PORT_11434_TCP_ADDR": "10.0.0.1",
        "LLAMAPORT_METRICS_SERVICE_HOST": "10.0.0.2",
    }

    assert folder.loaded(environ=environ).settings.server.port == 11434


def test_flags_are_read_as_variables_are_and_blamed_by_their_name(folder: Folder) -> None:
    server = folder.loaded(overrides={"server.port": "0", "server.workers": None}).settings.server

    assert (server.port, server.workers) == (0, 1)
    assert folder.problems(overrides={"server.port": "99999", "logging.level": "loud"}) == [
        "--port: server.port: found 99999, allowed a whole number, 0 to 65535",
        (
            '--log-level: logging.level: found "loud", '
            "allowed one of TRACE, DEBUG, INFO, WARNING, ERROR, CRITICAL"
        ),
    ]
