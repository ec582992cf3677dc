"""How problems are reported: all at once, one line each, without secrets."""

from __future__ import annotations

import pytest

from app.settings import SettingsError
from app.settings.problems import Problem
from tests.unit.app.settings.folder import Folder

EVERYTHING_WRONG = """\
prot = 1
port = 8080
[server]
port = 99999
wokers = 2
[sever]
x = 1
[routing]
short_names = 1
[[backends]]
name = "a b"
kind = "openai-compatible"
pace = "1s"
timeout = { idle = "-1s", foo = 1 }
[backends.pool]
max = 0
[[backends]]
kind = "offline"
api_key = "sk-secret"
[[backends]]
name = "b"
[[backends]]
name = "c"
kind = "opneai-compatible"
[[keys]]
key = "k"
"""

SECTIONS = (
    "server, routing, backends, aliases, models, retry, breaker, limits, keys, agents, logging, "
    "telemetry"
)


def test_every_problem_is_reported_with_its_line_and_key(folder: Folder) -> None:
    problems = folder.problems(EVERYTHING_WRONG)

    assert sorted(problems) == sorted(
        f"llamaport.toml:{line}"
        for line in [
            f"1: prot: unknown key; allowed: {SECTIONS}",
            '2: port: unknown key; did you mean "server.port"?',
            "4: server.port: found 99999, allowed a whole number, 0 to 65535",
            '5: server.wokers: unknown key; did you mean "workers"?',
            '6: sever: unknown key; did you mean "server"?',
            "9: routing.short_names: found 1, allowed true or false",
            '11: backends[0].name: found "a b", allowed letters, digits, - and _',
            (
                '13: backends[0].pace: unknown key for kind "openai-compatible"; allowed: kind, '
                "name, models, any_model, weight, max_concurrency, max_queue, base_url, api_key, "
                "api_key_file, headers, forward_client_key, capabilities, catalog_ttl, pool, "
                "timeout, proxy, tls_verify, static_models, embed_batch, native, profile"
            ),
            (
                '14: backends[0].timeout.idle: found "-1s", allowed a duration such as "250ms", '
                '"5s", "10m", "1h", or a number of seconds'
            ),
            "14: backends[0].timeout.foo: unknown key; allowed: connect, first_byte, idle, total",
            "16: backends[0].pool.max: found 0, allowed a whole number above 0",
            "17: backends[1].name: is missing; allowed letters, digits, - and _",
            (
                '19: backends[1].api_key: unknown key for kind "offline"; allowed: kind, name, '
                "models, any_model, weight, max_concurrency, max_queue, pace, dimensions"
            ),
            (
                "20: backends[2].kind: is missing; allowed: openrouter, openai-compatible, ollama, "
                "offline"
            ),
            '24: backends[3].kind: found "opneai-compatible"; did you mean "openai-compatible"?',
            "25: keys[0].name: is missing; allowed a name",
        ]
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("server = 5", "server: found a number, allowed a table"),
        ('keys = "sk-secret"', "keys: found a string, allowed a list of tables, [[keys]]"),
        ('[keys]\nkey = "sk-secret"', "keys: found a table, allowed a list of tables, [[keys]]"),
        ('backends = ["sk-secret"]', "backends[0]: found a string, allowed a table"),
        ("aliases = 1979-05-27", "aliases: found a date or time, allowed a table"),
        ("[server]\nversion = 1", "server.version: found 1, allowed a name"),
        ("[server]\nversion = ''", 'server.version: found "", allowed a name'),
        ("[server]\nworkers = 0", "server.workers: found 0, allowed a whole number above 0"),
        ("[server]\nworkers = true", "server.workers: found true, allowed a whole number"),
        ("[server]\nport = 1.5", "server.port: found 1.5, allowed a whole number, 0 to 65535"),
        ("[server]\nport = -1", "server.port: found -1, allowed a whole number, 0 to 65535"),
        ("[server]\ndrain = -1", "server.drain: found -1, allowed a duration"),
        ("[server]\ndrain = nan", "server.drain: found nan, allowed a duration"),
        ("[server]\ndrain = inf", "server.drain: found inf, allowed a duration"),
        ("[server]\ndrain = [1]", "server.drain: found a list, allowed a duration"),
        ("[server]\nmax_body = 0", "server.max_body: found 0, allowed a size above 0"),
        ('[server]\nmax_body = "-1B"', 'server.max_body: found "-1B", allowed a size above 0'),
        ('[server]\nhost = "a b"', 'server.host: found "a b", allowed an IP address'),
        ('[server]\nhost = "1.2.3.400"', 'server.host: found "1.2.3.400", allowed an IP address'),
        ('[server]\nhost = "http://a"', 'server.host: found "http://a", allowed an IP address'),
        ('[server]\nallowed_hosts = ["a:1"]', 'found ["a:1"], allowed a list of host names'),
        ('[server]\ncors_origins = ["a"]', 'found ["a"], allowed a list of origins'),
        ('[server]\ncors_origins = ["http://a/b"]', "allowed a list of origins"),
        ('[server]\ntrusted_proxies = ["*"]', 'found ["*"], allowed a list of IP addresses'),
        ('[server]\nversion = ["x"]', "server.version: found a list, allowed a name"),
        (
            f'[server]\nhost = "{"a" * 99} "',
            f'server.host: found "{"a" * 58}…, allowed an IP address or a host name',
        ),
        ("[telemetry]\nsample_ratio = 2", "found 2, allowed a number from 0 to 1"),
    ],
)
def test_a_wrong_value_says_what_was_found_and_what_is_allowed(
    folder: Folder, text: str, problem: str
) -> None:
    (line,) = folder.problems(f"{text}\n")

    assert problem in line
    assert "sk-secret" not in line


def test_a_problem_is_one_line_whatever_its_names_hold() -> None:
    error = SettingsError([Problem(source="a\nb", key="c\x1b[0m", text="d\udc80")])

    assert str(error) == "a?b: c?[0m: d?"
