"""Variables that users of similar programs have set."""

from __future__ import annotations

import pytest

from adapters.backends.openai_compatible.config import OpenAICompatibleConfig
from tests.unit.app.settings.folder import Folder

ONE_UPSTREAM = '[[backends]]\nname = "up"\nkind = "openai-compatible"\n'


@pytest.mark.parametrize(
    ("environ", "base_url", "key"),
    [
        ({"OPENAI_API_KEY": "sk-1"}, "https://api.openai.com/v1", "sk-1"),
        ({"OPENAI_API_KEY": " sk-1\n"}, "https://api.openai.com/v1", "sk-1"),
        ({"OPENAI_BASE_URL": "http://gpu:8000"}, "http://gpu:8000/v1", ""),
        ({"OPENAI_API_BASE_URL": "http://gpu:8000/v1/"}, "http://gpu:8000/v1", ""),
        (
            {
                "OPENAI_API_BASE_URL": "http://b",
                "OPENAI_BASE_URL": "http://a",
                "OPENAI_API_KEY": "k",
            },
            "http://a/v1",
            "k",
        ),
        ({"OPENAI_API_BASE_URL": "http://b", "OPENAI_BASE_URL": ""}, "http://b/v1", ""),
    ],
)
def test_openais_variables_make_a_backend(
    folder: Folder, environ: dict[str, str], base_url: str, key: str
) -> None:
    (backend,) = folder.settings(environ=environ).backends

    assert isinstance(backend, OpenAICompatibleConfig)
    assert (backend.name, backend.base_url, backend.api_key.reveal()) == ("openai", base_url, key)


def test_they_also_do_when_the_file_has_no_backends(folder: Folder) -> None:
    settings = folder.settings("[server]\nport = 1\n", {"OPENAI_API_KEY": "k"})

    assert [backend.name for backend in settings.backends] == ["openai"]


def test_they_do_not_when_backends_are_configured(folder: Folder) -> None:
    environ = {"OPENAI_API_KEY": "k", "OPENROUTER_API_KEY": "k", "OLLAMA_BASE_URL": "http://x"}

    settings = folder.settings(ONE_UPSTREAM, environ)

    assert [backend.name for backend in settings.backends] == ["up"]


@pytest.mark.parametrize("name", ["OPENAI_API_KEY", "OPENAI_BASE_URL", "OLLAMA_BASE_URL", "PORT"])
def test_an_empty_variable_counts_as_not_set(folder: Folder, name: str) -> None:
    settings = folder.settings(environ={name: ""})

    assert settings == folder.settings()


def test_a_client_key_of_the_environment_joins_those_of_the_file(folder: Folder) -> None:
    keys = folder.settings(
        '[[keys]]\nname = "ada"\nkey = "one"\n', {"LLAMAPORT_API_KEY": "two"}
    ).keys

    assert [(key.name, key.key.reveal()) for key in keys] == [("ada", "one"), ("default", "two")]


def test_an_empty_client_key_of_the_environment_stops_the_start(folder: Folder) -> None:
    (line,) = folder.problems(environ={"LLAMAPORT_API_KEY": ""})

    assert line.startswith("environment LLAMAPORT_API_KEY: keys[0]: found neither, or an empty one")


@pytest.mark.parametrize(
    ("text", "host"), [("127.0.0.2", "127.0.0.2"), ("localhost", "localhost"), ("[::1]", "::1")]
)
def test_host_is_taken_if_it_is_an_address(folder: Folder, text: str, host: str) -> None:
    loaded = folder.loaded(environ={"HOST": text})

    assert (loaded.settings.server.host, loaded.warnings) == (host, ())


def test_host_is_ignored_with_a_warning_if_it_is_none(folder: Folder) -> None:
    loaded = folder.loaded(environ={"HOST": "x86_64-conda-linux-gnu"})

    assert loaded.settings.server.host == "127.0.0.1"
    assert loaded.warnings == ("environment HOST: ignored, because it is no address",)


def test_a_host_that_others_can_reach_still_needs_a_key(folder: Folder) -> None:
    (line,) = folder.problems(environ={"HOST": "0.0.0.0"})

    assert line.startswith('environment HOST: server.host: found "0.0.0.0"')


def test_port_and_log_level_beat_the_file_and_ours_beat_them(folder: Folder) -> None:
    text = '[server]\nport = 1\n[logging]\nlevel = "ERROR"\n'
    theirs = {"PORT": "2", "LOG_LEVEL": "debug"}
    ours = {"LLAMAPORT_SERVER__PORT": "3", "LLAMAPORT_LOGGING__LEVEL": "TRACE"}

    beaten = folder.settings(text, theirs)
    won = folder.settings(text, theirs | ours)

    assert (beaten.server.port, beaten.logging.level) == (2, "DEBUG")
    assert (won.server.port, won.logging.level) == (3, "TRACE")


@pytest.mark.parametrize(
    ("text", "level"), [("warn", "WARNING"), ("Fatal", "CRITICAL"), ('"debug"', "DEBUG")]
)
def test_levels_are_known_by_the_names_that_others_use(
    folder: Folder, text: str, level: str
) -> None:
    loaded = folder.loaded(environ={"LOG_LEVEL": text})

    assert (loaded.settings.logging.level, loaded.warnings) == (level, ())


def test_a_level_of_another_program_is_ignored_with_a_warning(folder: Folder) -> None:
    loaded = folder.loaded(environ={"LOG_LEVEL": "verbose"})

    assert loaded.settings.logging.level == "INFO"
    levels = "TRACE, DEBUG, INFO, WARNING, ERROR, CRITICAL"
    assert loaded.warnings == (f"environment LOG_LEVEL: ignored, because it is none of {levels}",)


@pytest.mark.parametrize("number", ["2", "5", "many"])
def test_retries_of_another_program_are_ignored_with_a_warning(folder: Folder, number: str) -> None:
    folder.write(".env", f"SOME_OTHER=1\nMAX_RETRIES={number}\n")

    loaded = folder.loaded()

    assert loaded.settings == folder.settings()
    assert loaded.warnings == (
        ".env:2 MAX_RETRIES: ignored, because retry.attempts is not supported by this version",
    )


def test_no_retries_is_what_there_is(folder: Folder) -> None:
    assert folder.loaded(environ={"MAX_RETRIES": "0"}).warnings == ()


def test_names_that_mean_nothing_here_stop_nothing(folder: Folder) -> None:
    folder.write(".env", "WORKERS=many\nTIMEOUT=x\nDEBUG=true\nOLLAMA_HOST=0.0.0.0\nAPI_KEY=x\n")

    loaded = folder.loaded()

    assert (loaded.settings.server.workers, loaded.warnings) == (1, ())


def test_a_wrong_port_is_blamed_on_its_variable(folder: Folder) -> None:
    assert folder.problems(environ={"PORT": "http"}) == [
        'environment PORT: server.port: found "http", allowed a whole number, 0 to 65535'
    ]


def test_the_request_timeout_counts_for_first_byte_and_idle_of_every_upstream(
    folder: Folder,
) -> None:
    text = f'{ONE_UPSTREAM}timeout = {{ connect = "1s", idle = "9s" }}\n'

    loaded = folder.loaded(text, {"REQUEST_TIMEOUT": "42"})

    (backend,) = loaded.settings.backends
    assert isinstance(backend, OpenAICompatibleConfig)
    timeout = backend.timeout
    assert (timeout.connect, timeout.first_byte, timeout.idle) == (1.0, 42.0, 42.0)
    assert loaded.sources["backends[0].timeout.connect"] == "llamaport.toml:4"
    assert loaded.sources["backends[0].timeout.idle"] == "environment REQUEST_TIMEOUT"


def test_a_filter_file_is_globs_with_comments(folder: Folder) -> None:
    folder.write("filter.txt", "# ours\n\ngpt-*   # all of them\r\n!*-preview\n")

    loaded = folder.loaded(environ={"MODELS_FILTER": "filter.txt", "OPENAI_API_KEY": "k"})

    assert loaded.settings.backends[0].models == ("gpt-*", "!*-preview")
    assert loaded.sources["backends[0].models"] == "filter.txt (MODELS_FILTER)"


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_mapping_file_is_aliases_with_or_without_a_wrapper(folder: Folder, wrapped: bool) -> None:
    names = '{"_comment": "x", "gpt-4": "openai/gpt-5", "same": "new"}'
    folder.write("map.json", f'{{"model_mappings": {names}}}' if wrapped else names)

    settings = folder.settings(
        '[aliases]\nsame = "old"\nown = "o"\n', {"MODEL_MAPPING_FILE": "map.json"}
    )

    assert {name: alias.target for name, alias in settings.aliases.items()} == {
        "gpt-4": "openai/gpt-5",
        "same": "new",
        "own": "o",
    }


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b'{\n"a": \n}', "map.json:3: no valid JSON"),
        (b"\xff", "map.json (MODEL_MAPPING_FILE):1: not UTF-8"),
        (b"[]", "map.json (MODEL_MAPPING_FILE): found something else"),
        (b'{"model_mappings": 1}', "map.json (MODEL_MAPPING_FILE): found something else"),
        (b'{"a": 1}', "map.json (MODEL_MAPPING_FILE): aliases.a: found 1, allowed a target"),
        (b'{"a": null}', "map.json (MODEL_MAPPING_FILE): aliases.a: found null, allowed a target"),
        (b'{"a": ""}', "map.json (MODEL_MAPPING_FILE): aliases.a: found an empty model id"),
        (b"[" * 100_000, "map.json: no valid JSON"),
        (None, "map.json (MODEL_MAPPING_FILE): cannot be read: No such file or directory"),
    ],
)
def test_a_mapping_file_that_cannot_be_used_is_one_line(
    folder: Folder, content: bytes | None, problem: str
) -> None:
    if content is not None:
        folder.write("map.json", content)

    (line,) = folder.problems(environ={"MODEL_MAPPING_FILE": "map.json"})

    assert line.startswith(problem)


def test_a_filter_file_that_is_not_there_is_one_line(folder: Folder) -> None:
    assert folder.problems(environ={"MODELS_FILTER": "none"}) == [
        "none (MODELS_FILTER): cannot be read: No such file or directory"
    ]
