"""What single values cannot tell."""

from __future__ import annotations

import re

import certifi
import pytest

from adapters.backends.offline.config import OfflineConfig
from adapters.backends.openai_compatible.config import OpenAICompatibleConfig
from adapters.dialects.openai.controllers.passing import COMPACT, PATHS
from app.asgi import create_app
from app.settings.tree import AMONG_OTHERS, SERVED, KeyConfig, Settings
from tests.unit.app.settings.folder import Folder

UPSTREAM = '[[backends]]\nname = "up"\nkind = "openai-compatible"\n'
HASH = "2C624232CDD221771294DFBB310ACA000A0DF6AC8B66B696D90EF06FDEFB64A3"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "gpu.example.org"])
def test_a_listener_that_others_reach_needs_keys_or_consent(folder: Folder, host: str) -> None:
    (line,) = folder.problems(f'[server]\nhost = "{host}"\n')

    assert line == (
        f'llamaport.toml:2: server.host: found "{host}", which others can reach without a key; '
        "set LLAMAPORT_API_KEY or add [[keys]], or else set server.allow_anonymous = true"
    )


@pytest.mark.parametrize(
    "text",
    [
        '[server]\nhost = "0.0.0.0"\nallow_anonymous = true\n',
        '[server]\nhost = "0.0.0.0"\n[[keys]]\nname = "a"\nkey = "k"\n',
        '[server]\nhost = "127.1.2.3"\n',
        '[server]\nhost = "::1"\n',
        '[server]\nhost = "localhost"\n',
    ],
)
def test_keys_consent_or_loopback_will_do(folder: Folder, text: str) -> None:
    assert folder.settings(text).server.host in {"0.0.0.0", "127.1.2.3", "::1", "localhost"}


def test_nobody_is_warned_of_missing_keys_while_the_keys_are_wrong(folder: Folder) -> None:
    problems = folder.problems('[server]\nhost = "0.0.0.0"\n[[keys]]\nkey = "k"\n')

    assert problems == ["llamaport.toml:3: keys[0].name: is missing; allowed a name"]


def test_names_are_unique(folder: Folder) -> None:
    row = '[[backends]]\nname = "a"\nkind = "offline"\n'
    key = '[[keys]]\nname = "b"\nkey = "{}"\n'

    problems = folder.problems(row + row + key.format(1) + key.format(2))

    assert problems == [
        'llamaport.toml:5: backends[1].name: found "a", which backends[0] has already',
        'llamaport.toml:11: keys[1].name: found "b", which keys[0] has already',
    ]


def test_backends_are_not_told_apart_by_capitals_which_clients_need_not_write(
    folder: Folder,
) -> None:
    row = '[[backends]]\nname = "{}"\nkind = "offline"\n'
    key = '[[keys]]\nname = "{0}"\nkey = "{0}"\n'

    problems = folder.problems(
        row.format("a") + row.format("A") + key.format("b") + key.format("B")
    )

    assert problems == [
        'llamaport.toml:5: backends[1].name: found "A", which backends[0] has already'
    ]


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ("", "keys[0]: found neither, or an empty one, allowed exactly one of key and key_sha256"),
        ('key = ""', "keys[0]: found neither, or an empty one"),
        (f'key = "sk-1"\nkey_sha256 = "{HASH}"', "keys[0]: found both, allowed exactly one"),
        ('key = "sk-1 2"', "keys[0].key: found a key with spaces"),
        ('key = "sk-1ü"', "keys[0].key: found a key with spaces, line breaks or letters outside"),
        ('key_sha256 = "sk-1"', "keys[0].key_sha256: found something else, allowed 64 hex digits"),
        ("key = 51", "keys[0].key: found a number, allowed a key"),
        ('key = "x"\nmodels = ["!"]', "keys[0].models: found an empty glob, allowed a list"),
    ],
)
def test_an_entry_has_exactly_one_good_key(folder: Folder, lines: str, problem: str) -> None:
    (line,) = folder.problems(f'[[keys]]\nname = "a"\n{lines}\n')

    assert problem in line
    assert "sk-1" not in line
    assert "51" not in line


def test_a_hash_is_kept_in_lower_case(folder: Folder) -> None:
    (key,) = folder.settings(f'[[keys]]\nname = "a"\nkey_sha256 = "{HASH}"\nadmin = true\n').keys

    assert isinstance(key, KeyConfig)
    assert key.key_sha256.reveal() == HASH.lower()
    assert key.admin


def test_two_clients_cannot_have_the_same_key(folder: Folder) -> None:
    problems = folder.problems(
        f'[[keys]]\nname = "a"\nkey = "10"\n[[keys]]\nname = "b"\nkey_sha256 = "{SHA_OF_10}"\n'
    )

    assert problems == ["llamaport.toml:4: keys[1]: the same key as keys[0]"]


SHA_OF_10 = "4a44dc15364204a80fe80e9039455cc1608281820fe2b24f1e5233ade6af1dd5"


@pytest.mark.parametrize(
    ("server", "base_url"),
    [
        ("", "http://127.0.0.1:11434"),
        ("", "http://localhost:11434/v1"),
        ('host = "0.0.0.0"\nallow_anonymous = true\n', "http://[::1]:11434/v1"),
        ('host = "gpu.example"\nallow_anonymous = true\nport = 80\n', "http://GPU.example/"),
    ],
)
def test_a_backend_that_is_this_listener_is_refused(
    folder: Folder, server: str, base_url: str
) -> None:
    (line,) = folder.problems(f'[server]\n{server}{UPSTREAM}base_url = "{base_url}"\n')

    assert line.endswith("backends[0].base_url: this is the address llamaport itself listens on")


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:11435", "http://gpu:11434"])
def test_a_neighbour_is_no_loop(folder: Folder, base_url: str) -> None:
    assert folder.settings(f'{UPSTREAM}base_url = "{base_url}"\n').backends


def test_a_key_file_stands_for_the_key(folder: Folder) -> None:
    folder.write("key", " sk-file\n")

    loaded = folder.loaded(f'{UPSTREAM}api_key_file = "key"\n')

    (backend,) = loaded.settings.backends
    assert isinstance(backend, OpenAICompatibleConfig)
    assert backend.api_key.reveal() == "sk-file"
    assert loaded.sources["backends[0].api_key"] == "llamaport.toml:4"


@pytest.mark.parametrize(
    ("content", "lines", "problem"),
    [
        (None, "", "found a file that cannot be read: No such file or directory"),
        (b"\xff", "", "found a file that cannot be read: not UTF-8"),
        (b" \n", "", "found an empty file, allowed one with a key"),
        (b"sk-1", 'api_key = "sk-2"\n', "found beside api_key, allowed one of them"),
    ],
)
def test_a_key_file_that_cannot_be_used_is_a_problem(
    folder: Folder, content: bytes | None, lines: str, problem: str
) -> None:
    if content is not None:
        folder.write("key", content)

    (line,) = folder.problems(f'{UPSTREAM}{lines}api_key_file = "key"\n')

    assert line.endswith(f"backends[0].api_key_file: {problem}")


def test_two_lines_in_a_key_file_are_no_key(folder: Folder) -> None:
    folder.write("key", "sk-1\nsk-2\n")

    (line,) = folder.problems(f'{UPSTREAM}api_key_file = "key"\n')

    assert "backends[0].api_key: found a key with spaces, line breaks" in line
    assert "sk-" not in line


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("none.pem", "No such file or directory"),
        ("empty.pem", "no certificates"),
        ("\\u0000", "no path"),
    ],
)
def test_a_ca_bundle_must_be_one(folder: Folder, name: str, reason: str) -> None:
    folder.write("empty.pem", "")

    (line,) = folder.problems(f'{UPSTREAM}tls_verify = "{name}"\n')

    assert line.endswith(f"backends[0].tls_verify: found a path that cannot be used: {reason}")


def test_a_real_ca_bundle_will_do(folder: Folder) -> None:
    bundle = certifi.where()

    (backend,) = folder.settings(f'{UPSTREAM}tls_verify = "{bundle}"\n').backends

    assert isinstance(backend, OpenAICompatibleConfig)
    assert backend.tls_verify == bundle


ROWS = (
    UPSTREAM
    + '[[backends]]\nname = "shy"\nkind = "openrouter"\nnative = ["none"]\n'
    + '[[backends]]\nname = "own"\nkind = "offline"\n'
)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("upp", 'found "upp", which no backend is called; did you mean "up"?'),
        ("shy", 'found "shy", which is not relayed to in OpenAI\'s dialect'),
        ("own", 'found "own", which is not relayed to in OpenAI\'s dialect'),
    ],
)
def test_the_default_backend_is_there_and_takes_what_is_passed_on(
    folder: Folder, name: str, problem: str
) -> None:
    (line,) = folder.problems(f'[routing]\ndefault_backend = "{name}"\n{ROWS}')

    assert line == f"llamaport.toml:2: routing.default_backend: {problem}"


def test_a_default_backend_may_be_named(folder: Folder) -> None:
    settings = folder.settings(f'[routing]\ndefault_backend = "up"\n{ROWS}')

    assert settings.routing.default_backend == "up"


def test_further_paths_may_be_named(folder: Folder) -> None:
    paths = ["/v1/ocr", "/v1/batches/*", "/v1/audio/voices", "/v1/audio/*", "/v1/a.b/c_d-e"]

    settings = folder.settings(f"[routing]\nrelay_paths = {[*paths, paths[0]]}\n")

    assert settings.routing.relay_paths == tuple(paths)


@pytest.mark.parametrize(
    "path",
    [
        "/v2/x",
        "v1/x",
        "/v1",
        "/v1/",
        "/v1/*",
        "/v1/x/",
        "/v1//x",
        "/v1/../x",
        "/v1/x/..",
        "/v1/.x",
        "/v1/x*",
        "/v1/*/x",
        "/v1/x?y",
        "/v1/x%2Fy",
        "/v1/{x:path}",
        "https://elsewhere/v1/x",
    ],
)
def test_a_path_that_is_none_is_refused(folder: Folder, path: str) -> None:
    (line,) = folder.problems(f'[routing]\nrelay_paths = ["{path}"]\n')

    assert line == (
        f'llamaport.toml:2: routing.relay_paths: found ["{path}"], allowed a list of paths such as '
        '"/v1/ocr" or "/v1/batches/*"'
    )


@pytest.mark.parametrize(
    "path",
    [
        *("/v1/models", "/v1/models/*", "/v1/chat/*", "/v1/messages/*", "/v1/responses"),
        "/v1/responses/input_tokens",
    ],
)
def test_a_path_that_is_served_here_is_refused(folder: Folder, path: str) -> None:
    (line,) = folder.problems(f'[routing]\nrelay_paths = ["{path}"]\n')

    assert f'found "{path}", which llamaport serves itself, allowed' in line


def test_the_paths_that_are_served_here_are_known() -> None:
    app = create_app(Settings(backends=(OfflineConfig(name="offline"),)))

    served = {
        PARAMETER.sub("x", route.path)
        for route in app.routes
        if route.path.startswith("/v1/") and route.path not in {*PATHS, COMPACT}
    }
    assert served == {*SERVED, *AMONG_OTHERS}


PARAMETER = re.compile(r"\{[^}]*\}")
