"""`[[backends]]`: every key of every kind."""

from __future__ import annotations

import pytest

from adapters.backends.offline.config import OfflineConfig
from adapters.backends.openai_compatible.config import (
    OpenAICompatibleConfig,
    OpenAIDialectConfig,
    normal_base_url,
)
from ports.models import Capability
from ports.raw import ANTHROPIC, OPENAI, RESPONSES, Dialect
from tests.unit.app.settings.folder import Folder

UPSTREAM = '[[backends]]\nname = "up"\nkind = "openai-compatible"\n'


def test_an_upstream_takes_all_its_keys(folder: Folder) -> None:
    (backend,) = folder.settings(
        UPSTREAM
        + """\
base_url = "https://openrouter.ai/api/v1/"
api_key = "${KEY}"
headers = { "HTTP-Referer" = "https://example.org" }
profile = "vllm"
models = ["anthropic/*", "!*:free"]
static_models = ["a"]
any_model = true
capabilities = { "a*" = ["tools", "vision"] }
catalog_ttl = "1m"
pool = { max = 2, keepalive = 1 }
timeout = { connect = "250ms", first_byte = 9, idle = "1h", total = "0s" }
proxy = "http://user:password@proxy:3128"
tls_verify = false
""",
        {"KEY": "sk-1"},
    ).backends

    assert isinstance(backend, OpenAICompatibleConfig)
    assert backend.base_url == "https://openrouter.ai/api/v1"
    assert backend.api_key.reveal() == "sk-1"
    assert backend.headers["HTTP-Referer"].reveal() == "https://example.org"
    assert backend.profile == "vllm"
    assert (backend.models, backend.static_models) == (("anthropic/*", "!*:free"), ("a",))
    assert backend.any_model
    assert backend.capabilities == {"a*": (Capability.TOOLS, Capability.VISION)}
    assert backend.catalog_ttl == 60.0
    assert (backend.pool.max, backend.pool.keepalive) == (2, 1)
    timeout = backend.timeout
    assert (timeout.connect, timeout.first_byte, timeout.idle, timeout.total) == (0.25, 9, 3600, 0)
    assert backend.proxy.reveal() == "http://user:password@proxy:3128"
    assert backend.tls_verify is False


def test_the_offline_backend_takes_its_own(folder: Folder) -> None:
    (backend,) = folder.settings(
        '[[backends]]\nname = "o"\nkind = "offline"\npace = "20ms"\ndimensions = 8\n'
    ).backends

    assert backend == OfflineConfig(name="o", pace=0.02, dimensions=8)


def test_tables_below_an_entry_belong_to_it(folder: Folder) -> None:
    first, second = folder.settings(
        f"{UPSTREAM}[backends.timeout]\nidle = 1\n"
        '[[backends]]\nname = "b"\nkind = "openai-compatible"\npool.max = 3\n'
    ).backends

    assert isinstance(first, OpenAICompatibleConfig)
    assert isinstance(second, OpenAICompatibleConfig)
    assert (first.timeout.idle, second.timeout.idle, second.pool.max) == (1.0, 300.0, 3)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('profile = "vlm"', 'profile: found "vlm", allowed one of auto, openai, vllm'),
        ('models = [""]', "models: found an empty glob"),
        ('models = "gpt-*"', 'models: found "gpt-*", allowed a list of globs'),
        ('models = ["a", 1]', 'models: found ["a", 1], allowed a list of globs'),
        ('static_models = [" "]', "static_models: found an empty model id"),
        ('capabilities = { "a" = ["toolz"] }', 'found { a = ["toolz"] }, allowed a table of model'),
        ('capabilities = { "" = ["tools"] }', "capabilities: found an empty or excluding glob"),
        ('capabilities = { "!a" = ["tools"] }', "capabilities: found an empty or excluding glob"),
        ('headers = { "X Y" = "sk-1" }', "headers: found an illegal header name"),
        ('headers = { "X" = "sk-1\\nY: z" }', "headers: found an illegal value of the header X"),
        ('headers = { "X" = "sk-1", "x" = "sk-1" }', "headers: found a header name twice"),
        ('headers = "X: sk-1"', "headers: found a string, allowed a table of header names"),
        ("headers = { X = 5 }", "headers: found a table, allowed a table of header names and"),
        ('api_key = "sk-1\\n"', "api_key: found a key with spaces, line breaks"),
        ('api_key = ["sk-1"]', "api_key: found a list, allowed a key"),
        ('proxy = "sk-1"', "proxy: found no http:// or https:// URL with a host, allowed"),
        ('proxy = "socks5://a:sk-1@b"', "proxy: found no http:// or https:// URL with a host"),
        ('proxy = "http://a:sk-1@b:x"', "proxy: found no URL"),
        ('proxy = "http://a:sk-1@256.1.1.1"', "proxy: found no http:// or https:// URL with a"),
        ("tls_verify = 1", "tls_verify: found 1, allowed true, false or the path of a CA bundle"),
        ("pool = { keepalive = -1 }", "pool.keepalive: found -1, allowed a whole number, 0 or"),
        ("timeout = 5", "timeout: found a number, allowed a table"),
        ('timeout = { total = "1d" }', 'timeout.total: found "1d", allowed a duration'),
        ("weight = 0", "weight: found 0, allowed a number above 0"),
    ],
)
def test_a_value_that_cannot_be_is_refused(folder: Folder, line: str, problem: str) -> None:
    (found,) = folder.problems(f"{UPSTREAM}{line}\n")

    assert found.startswith("llamaport.toml:4: backends[0].")
    assert problem in found
    assert "sk-1" not in found


@pytest.mark.parametrize(
    ("written", "used"),
    [
        ("http://localhost:8000", "http://localhost:8000/v1"),
        ("http://localhost:8000/", "http://localhost:8000/v1"),
        ("http://localhost:8000/v1", "http://localhost:8000/v1"),
        ("http://localhost:8000/v1//", "http://localhost:8000/v1"),
        ("http://[::1]:8000", "http://[::1]:8000/v1"),
        ("HTTPS://API.OpenAI.com", "https://api.openai.com/v1"),
        ("https://openrouter.ai/api/v1", "https://openrouter.ai/api/v1"),
        ("https://openrouter.ai/api", "https://openrouter.ai/api/v1"),
        ("https://api.groq.com/openai", "https://api.groq.com/openai/v1"),
        (
            "https://a.azure.com/openai/deployments/X/v1",
            "https://a.azure.com/openai/deployments/X/v1",
        ),
        ("https://g.com/v1beta/openai/", "https://g.com/v1beta/openai"),
        ("https://open.bigmodel.cn/api/paas/v4", "https://open.bigmodel.cn/api/paas/v4"),
        ("http://host/vllm", "http://host/vllm/v1"),
        ("http://1and1.example", "http://1and1.example/v1"),
        ("http://xn--hst-sna", "http://xn--hst-sna/v1"),
    ],
)
def test_a_missing_version_is_put_right(written: str, used: str) -> None:
    assert normal_base_url(written) == used
    assert normal_base_url(used) == used


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:8000",
        "ftp://host/v1",
        "http://",
        "http:///v1",
        "http://:8000/v1",
        "http://host:port/v1",
        "http://host:0/v1",
        "http://host:99999/v1",
        "http://[::1/v1",
        "http://user@host/v1",
        "https://user:sk-1@host/v1",
        "https://host/v1?key=sk-1",
        "https://host/v1?",
        "https://host/v1#sk-1",
        "http://ho st/v1",
        "http://host\\@evil/v1",
        "http://höst/v1",
        "http://256.1.1.1/v1",
        "http://[v1.a]/v1",
        "http://xn--zz/v1",
    ],
)
def test_what_is_no_base_url_is_refused_and_not_repeated(folder: Folder, url: str) -> None:
    (line,) = folder.problems(f"{UPSTREAM}base_url = '{url}'\n")

    assert line.startswith("llamaport.toml:4: backends[0].base_url: found ")
    assert line.endswith("allowed http(s)://host[:port][/path] without user, query and fragment")
    assert "sk-1" not in line


@pytest.mark.parametrize(
    ("native", "dialects"),
    [
        ("[]", {OPENAI}),
        ('["openai", "anthropic"]', {OPENAI, ANTHROPIC}),
        ('["responses"]', {RESPONSES}),
        ('["none"]', set()),
    ],
)
@pytest.mark.parametrize("kind", ["openai-compatible", "openrouter"])
def test_native_names_the_dialects_that_pass(
    folder: Folder, kind: str, native: str, dialects: set[Dialect]
) -> None:
    (backend,) = folder.settings(
        f'[[backends]]\nname = "up"\nkind = "{kind}"\nnative = {native}\n'
    ).backends

    assert isinstance(backend, OpenAIDialectConfig)
    assert backend.dialects == dialects


@pytest.mark.parametrize(
    ("kind", "native", "found"),
    [
        ("openai-compatible", '["ollama"]', '["ollama"], allowed a list of openai, responses and'),
        ("openrouter", '"openai"', '"openai", allowed a list of openai, responses and anthropic'),
        ("openrouter", '["none", "openai"]', "none beside others, allowed a list of openai,"),
        ("ollama", '["openai"]', '["openai"], allowed a list with ollama in it'),
    ],
)
def test_a_dialect_that_a_kind_cannot_take_is_refused(
    folder: Folder, kind: str, native: str, found: str
) -> None:
    row = f'[[backends]]\nname = "up"\nkind = "{kind}"\nnative = {native}\n'

    (problem,) = folder.problems(row + 'base_url = "http://up"\n')

    assert problem.startswith(f"llamaport.toml:4: backends[0].native: found {found}")
