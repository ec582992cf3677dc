"""The list of effective settings."""

from __future__ import annotations

from app.settings import Described, describe
from tests.unit.app.settings.folder import Folder


def test_values_are_written_as_in_the_file_and_secrets_are_not(folder: Folder) -> None:
    loaded = folder.loaded(
        '[server]\ndrain = 90\nmax_body = 1048576\ncors_origins = ["https://a"]\n'
        '[[backends]]\nname = "up"\nkind = "openai-compatible"\napi_key = "sk-secret"\n'
        'headers = { X-A = "sk-secret" }\ncapabilities = { "a*" = ["tools"] }\n'
        '[aliases]\nshort = "m"\n"l.ong" = { targets = ["m"], options = { num_predict = 5, '
        'num_ctx = 9 }, system = "Say \\"hi\\"." }\n'
    )

    described = {row.key: row.value for row in describe(loaded)}

    assert {
        key: described[key]
        for key in (
            "server.host",
            "server.port",
            "server.drain",
            "server.max_body",
            "server.cors_origins",
            "server.allow_anonymous",
            "backends[0].kind",
            "backends[0].api_key",
            "backends[0].proxy",
            "backends[0].headers",
            "backends[0].capabilities",
            "backends[0].timeout.first_byte",
            "aliases.short",
            'aliases."l.ong"',
        )
    } == {
        "server.host": '"127.0.0.1"',
        "server.port": "11434",
        "server.drain": '"90s"',
        "server.max_body": '"1MiB"',
        "server.cors_origins": '["https://a"]',
        "server.allow_anonymous": "false",
        "backends[0].kind": '"openai-compatible"',
        "backends[0].api_key": "***",
        "backends[0].proxy": '""',
        "backends[0].headers": "{ X-A = *** }",
        "backends[0].capabilities": '{ "a*" = ["tools"] }',
        "backends[0].timeout.first_byte": '"10m"',
        "aliases.short": '"m"',
        'aliases."l.ong"': '{ targets = ["m"], options = { num_predict = 5, num_ctx = 9 }, '
        'system = "Say \\"hi\\"." }',
    }


def test_no_digit_of_a_number_is_left_out(folder: Folder) -> None:
    loaded = folder.loaded("[telemetry]\nsample_ratio = 0.12345678\n")

    assert {row.key: row.value for row in describe(loaded)}[
        "telemetry.sample_ratio"
    ] == "0.12345678"


def test_each_has_its_source(folder: Folder) -> None:
    rows = describe(folder.loaded("[server]\nport = 1\n"))

    assert rows[0] == Described(key="server.host", value='"127.0.0.1"', source="default")
    assert rows[1] == Described(key="server.port", value="1", source="llamaport.toml:2")
