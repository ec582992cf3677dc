"""Where settings come from, and which source wins."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.backends.openai_compatible.config import OpenAICompatibleConfig
from app.settings import Settings
from tests.unit.app.settings.folder import Folder


def test_nothing_configured_means_the_defaults_and_the_offline_backend(folder: Folder) -> None:
    settings = folder.settings()

    assert settings.server == Settings().server
    assert [(backend.name, type(backend).__name__) for backend in settings.backends] == [
        ("offline", "OfflineConfig")
    ]


def test_each_source_beats_the_ones_before_it(folder: Folder) -> None:
    folder.write(
        ".env",
        "LLAMAPORT_SERVER__WORKERS=3\nLLAMAPORT_SERVER__DRAIN=3s\nLLAMAPORT_SERVER__PORT=3\n",
    )

    server = folder.loaded(
        '[server]\nport = 2\nworkers = 2\ndrain = "2s"\nversion = "2"\n',
        {"LLAMAPORT_SERVER__DRAIN": "4s", "LLAMAPORT_SERVER__PORT": "4"},
        {"server.port": 5},
    ).settings.server

    assert (server.version, server.workers, server.drain, server.port) == ("2", 3, 4.0, 5)


def test_every_value_knows_where_it_comes_from(folder: Folder) -> None:
    folder.write(".env", "# ours\n\nLLAMAPORT_SERVER__WORKERS=3\n")

    sources = folder.loaded(
        '[server]\nversion = "2"\n\n[[backends]]\nname = "a"\nkind = "openai-compatible"\n'
        'timeout = { idle = "1s" }\n',
        {"LLAMAPORT_SERVER__DRAIN": "4s"},
        {"server.port": 5, "logging.level": "debug"},
    ).sources

    assert {
        key: sources[key]
        for key in (
            "server.host",
            "server.version",
            "server.workers",
            "server.drain",
            "server.port",
            "logging.level",
            "backends[0].name",
            "backends[0].timeout.idle",
            "backends[0].timeout.total",
        )
    } == {
        "server.host": "default",
        "server.version": "llamaport.toml:2",
        "server.workers": ".env:3 LLAMAPORT_SERVER__WORKERS",
        "server.drain": "environment LLAMAPORT_SERVER__DRAIN",
        "server.port": "--port",
        "logging.level": "--log-level",
        "backends[0].name": "llamaport.toml:5",
        "backends[0].timeout.idle": "llamaport.toml:7",
        "backends[0].timeout.total": "default",
    }


def test_the_flag_for_the_file_beats_the_variable_and_that_the_usual_name(folder: Folder) -> None:
    for number, name in enumerate(("llamaport.toml", "named.toml", "flag.toml"), start=1):
        folder.write(name, f"[server]\nport = {number}\n")
    variable = {"LLAMAPORT_CONFIG": "named.toml"}

    assert folder.loaded().settings.server.port == 1
    assert folder.loaded(environ=variable).settings.server.port == 2
    assert folder.loaded(environ=variable, config=Path("flag.toml")).settings.server.port == 3
    assert folder.loaded(config=folder.path / "flag.toml").settings.server.port == 3


def test_a_file_that_was_named_must_be_there(folder: Folder) -> None:
    problems = folder.problems(environ={"LLAMAPORT_CONFIG": "none.toml"})

    assert problems == ["none.toml: cannot be read: No such file or directory"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"[server]\nport = \n", "llamaport.toml:2: no valid TOML: Invalid value"),
        (
            b"[server\nport = 1",
            "llamaport.toml:1: no valid TOML: Expected ']' at the end of a table declaration",
        ),
        (b'a = """', "llamaport.toml:1: no valid TOML: Unterminated string"),
        (b"[server]\n# \xff\n", "llamaport.toml:2: not UTF-8"),
        (b"a = " + b"9" * 5000, "llamaport.toml:1: no valid TOML"),
        (b"a = " + b"[" * 5000, "llamaport.toml:1: no valid TOML"),
    ],
)
def test_a_file_that_is_no_toml_is_one_line(folder: Folder, content: bytes, problem: str) -> None:
    folder.write("llamaport.toml", content)

    (line,) = folder.problems(environ={"OPENROUTER_API_KEY": "sk"})

    assert line.startswith(problem)


def test_a_byte_order_mark_and_dos_line_ends_do_no_harm(folder: Folder) -> None:
    folder.write("llamaport.toml", b"\xef\xbb\xbf[server]\r\n\r\nport = 7\r\n")

    loaded = folder.loaded()

    assert loaded.settings.server.port == 7
    assert loaded.sources["server.port"] == "llamaport.toml:3"


def test_the_environment_beats_dotenv_for_references_as_well(folder: Folder) -> None:
    folder.write(".env", "A=file\nB='from file'\n")

    settings = folder.settings(
        '[aliases]\nx = "${A}/${B}"\n[[backends]]\nname = "b"\nkind = "offline"\n', {"A": "real"}
    )

    assert settings.aliases["x"].target == "real/from file"


def test_dotenv_provides_the_variables_of_other_programs(folder: Folder) -> None:
    folder.write(".env", 'SECRET=sk-1\nexport OPENAI_API_KEY="${SECRET}"\n')

    loaded = folder.loaded()

    assert loaded.settings.backends[0].name == "openai"
    assert loaded.sources["backends[0].api_key"] == ".env:2 OPENAI_API_KEY"


def test_a_dotenv_that_is_broken_is_a_problem_and_a_folder_is_not(folder: Folder) -> None:
    folder.write(".env", "A=1\n\nthis is no assignment\n")

    assert folder.problems() == [".env:3: no assignment of the form NAME=value"]

    (folder.path / ".env").unlink()
    (folder.path / ".env").mkdir()
    assert folder.loaded().warnings == ()


def test_references_are_filled_in_at_any_depth(folder: Folder) -> None:
    settings = folder.settings(
        '[[backends]]\nname = "a"\nkind = "openai-compatible"\n'
        'headers = { "X-A" = "${A}-${A}" }\nstatic_models = ["${MISSING:-m}", "${EMPTY:-n}"]\n',
        {"A": "${B}", "EMPTY": ""},
    )

    (backend,) = settings.backends
    assert isinstance(backend, OpenAICompatibleConfig)
    assert backend.headers["X-A"].reveal() == "${B}-${B}"
    assert backend.static_models == ("m", "n")


def test_a_reference_to_nothing_names_the_key_and_the_variable(folder: Folder) -> None:
    problems = folder.problems(
        '[aliases]\nx = "${NOT_SET}"\n[[backends]]\nname = "a"\nkind = "openai-compatible"\n'
        'api_key = "${KEY-x}"\n'
    )

    assert problems == [
        "llamaport.toml:2: aliases.x: the environment variable NOT_SET is not set",
        (
            "llamaport.toml:6: backends[0].api_key: "
            "found ${KEY-x}, allowed ${NAME} or ${NAME:-fallback}"
        ),
    ]


def test_what_a_variable_holds_is_not_shown_when_it_is_wrong(folder: Folder) -> None:
    variables = {"SOMETHING": "sk-secret", "LLAMAPORT_SERVER__HOST": "${SOMETHING}!"}

    problems = folder.problems('[logging]\nformat = "${SOMETHING}"\n', variables)

    assert problems == [
        (
            'environment LLAMAPORT_SERVER__HOST: server.host: found "${SOMETHING}!", '
            "allowed an IP address or a host name"
        ),
        (
            'llamaport.toml:2: logging.format: found "${SOMETHING}", '
            "allowed one of auto, console, json"
        ),
    ]
