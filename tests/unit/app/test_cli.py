"""The command, called as a function: what it prints where, and its exit codes."""

from __future__ import annotations

import asyncio
import json
import re
from hashlib import sha256
from pathlib import Path

import pytest

from app import __version__
from app.cli import main
from tests.integration.served import backend
from tests.upstream.server import Upstream

OFFLINE = '[[backends]]\nname = "off"\nkind = "offline"\n'


def configure(folder: Path, text: str) -> None:
    (folder / "llamaport.toml").write_text(text)


def ended(argv: list[str]) -> int:
    """Run the command; argparse ends it by an exception."""
    try:
        return main(argv)
    except SystemExit as end:
        return int(end.code or 0)


def test_the_version_goes_to_stdout(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(["--version"]) == 0

    assert capsys.readouterr() == (f"llamaport {__version__}\n", "")


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["nonsense"],
        ["serve", "--nonsense"],
        ["serve", "--port", "many"],
        ["keys"],
        ["check", "--port", "1"],
    ],
)
def test_wrong_usage_is_exit_code_2_and_tells_the_usage(
    folder: Path, capsys: pytest.CaptureFixture[str], argv: list[str]
) -> None:
    assert ended(argv) == 2

    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("usage: llamaport")
    assert "Traceback" not in err


MISTAKES = {
    "an unknown key": ("[server]\nprot = 1\n", ["llamaport.toml:2: server.prot"]),
    "bad TOML": ("[server\n", ["llamaport.toml:1"]),
    "not TOML at all": ("\x00", ["llamaport.toml"]),
    "several": (
        '[server]\nport = "x"\nprot = 1\n[logging]\nlevel = "loud"\n',
        ["server.port", "server.prot", "logging.level"],
    ),
    "a backend of no kind": ('[[backends]]\nname = "a"\n', ["backends"]),
    "not yet supported": ("[retry]\nattempts = 9\n", ["not supported by this version"]),
}


@pytest.mark.parametrize("command", ["serve", "check", "models"])
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_wrong_file_is_exit_code_2_with_a_line_for_each_problem(
    folder: Path, capsys: pytest.CaptureFixture[str], command: str, mistake: str
) -> None:
    text, wanted = MISTAKES[mistake]
    configure(folder, text)

    assert ended([command]) == 2

    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == len(wanted)
    assert all(any(part in line for line in err.splitlines()) for part in wanted)
    assert "Traceback" not in err


def test_a_file_that_is_not_there_is_exit_code_2(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(["serve", "--config", "absent.toml"]) == 2

    out, err = capsys.readouterr()
    assert (out, len(err.splitlines())) == ("", 1)
    assert "absent.toml" in err


def test_flags_are_checked_as_settings_are(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(["serve", "--port", "70000", "--log-level", "loud"]) == 2

    assert len(capsys.readouterr().err.splitlines()) == 2


def test_check_names_each_setting_its_value_and_its_source(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(folder, OFFLINE + "[server]\nport = 8000\n")
    monkeypatch.setenv("LLAMAPORT_LOGGING__LEVEL", "debug")

    assert ended(["check"]) == 0

    lines = re.split(r"\n", capsys.readouterr().out)
    said = {line.partition(" = ")[0]: re.sub(" +", " ", line) for line in lines}
    assert "8000 # llamaport.toml" in said["server.port"]
    assert "LLAMAPORT_LOGGING__LEVEL" in said["logging.level"]
    assert "# default" in said["server.host"]


def test_check_can_print_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configure(folder, OFFLINE)

    assert ended(["check", "--json"]) == 0

    rows = json.loads(capsys.readouterr().out)["settings"]
    assert {"key", "value", "source"} <= set(rows[0])
    assert "server.port" in {row["key"] for row in rows}


async def test_check_online_counts_the_models_of_each_backend(
    folder: Path, capsys: pytest.CaptureFixture[str], upstream: Upstream
) -> None:
    upstream.models = ("a", "b", "c")
    configure(folder, OFFLINE + backend(upstream.base_url))

    assert await asyncio.to_thread(ended, ["check", "--online"]) == 0

    out = capsys.readouterr().out
    assert "backend off: 2 models" in out
    assert "backend up: 3 models" in out


def test_check_online_fails_when_a_backend_is_down(
    folder: Path, capsys: pytest.CaptureFixture[str], unused_tcp_port: int
) -> None:
    configure(folder, OFFLINE + backend(f"http://127.0.0.1:{unused_tcp_port}/v1"))

    assert ended(["check", "--online", "--json"]) == 1

    answers = json.loads(capsys.readouterr().out)["backends"]
    assert answers["off"] == {"models": 2, "error": ""}
    assert answers["up"] == {"models": 0, "error": "cannot reach upstream"}


def test_check_online_fails_too_where_the_settings_stand_in_for_the_list(
    folder: Path, capsys: pytest.CaptureFixture[str], unused_tcp_port: int
) -> None:
    static = 'static_models = ["a"]'
    configure(folder, OFFLINE + backend(f"http://127.0.0.1:{unused_tcp_port}/v1", static))

    assert ended(["check", "--online", "--json"]) == 1

    answers = json.loads(capsys.readouterr().out)["backends"]
    assert answers["up"] == {"models": 1, "error": "cannot reach upstream"}


async def test_check_online_takes_a_server_that_has_no_list(
    folder: Path, capsys: pytest.CaptureFixture[str], upstream: Upstream
) -> None:
    upstream.models = None
    configure(folder, backend(upstream.base_url, 'static_models = ["a"]'))

    assert await asyncio.to_thread(ended, ["check", "--online"]) == 0

    assert "backend up: 1 models" in capsys.readouterr().out


async def test_models_are_what_clients_would_see(
    folder: Path, capsys: pytest.CaptureFixture[str], upstream: Upstream
) -> None:
    upstream.models = ("a", "hidden")
    alias = '[aliases]\nfast = "up/a"\n'
    configure(folder, backend(upstream.base_url, 'models = ["!hidden"]') + alias)

    assert await asyncio.to_thread(ended, ["models"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert await asyncio.to_thread(ended, ["models", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)

    assert lines == [["fast", "up/a"], ["a", "up/a"]]
    assert rows == [
        {"name": "fast", "backend": "up", "model": "a"},
        {"name": "a", "backend": "up", "model": "a"},
    ]


def test_models_fails_when_a_backend_is_down_and_shows_the_others(
    folder: Path, capsys: pytest.CaptureFixture[str], unused_tcp_port: int
) -> None:
    configure(folder, OFFLINE + backend(f"http://127.0.0.1:{unused_tcp_port}/v1"))

    assert ended(["models"]) == 1

    out, err = capsys.readouterr()
    assert [line.split()[0] for line in out.splitlines()] == ["offline", "offline-embed"]
    assert "backend up: cannot reach upstream" in err
    assert "Traceback" not in err


def test_a_created_key_goes_to_stdout_and_its_digest_fits(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(["keys", "create"]) == 0
    out, err = capsys.readouterr()
    assert ended(["keys", "create", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)

    assert out.startswith("lp-")
    assert len(out.splitlines()) == 1
    assert sha256(out.strip().encode()).hexdigest() in err
    assert sha256(made["key"].encode()).hexdigest() == made["key_sha256"]
    assert made["key"] != out.strip()


SECRETS = """
[[keys]]
name = "all"
key = "canary-key"
"""


@pytest.mark.parametrize(
    "argv", [["check"], ["check", "--json"], ["check", "--online"], ["models"]]
)
def test_no_secret_is_printed(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    unused_tcp_port: int,
    argv: list[str],
) -> None:
    monkeypatch.setenv("SECRET", "canary-from-the-environment")
    lines = (
        'api_key = "${SECRET}"',
        'headers = { "X-Key" = "canary-header" }',
        'proxy = "http://canary-user:canary-word@127.0.0.1:1"',
    )
    configure(folder, backend(f"http://127.0.0.1:{unused_tcp_port}/v1", *lines) + SECRETS)

    ended(argv)

    out, err = capsys.readouterr()
    assert "canary" not in out + err
    assert out or err


def test_no_secret_is_printed_when_it_is_wrong(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = ('api_key = "canary key"', 'headers = { "X" = "canary\\u0000" }', 'proxy = "canary"')
    configure(folder, backend("http://canary:canary@x/v1", *lines) + SECRETS * 2)

    assert ended(["check"]) == 2

    out, err = capsys.readouterr()
    assert "canary" not in out + err
    assert len(err.splitlines()) >= 4
