"""The documentation and the example say what the code does."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import NODEFAULT
from msgspec.structs import FieldInfo, fields

from adapters.backends.config import AnyBackendConfig, HttpBackendConfig
from app.settings.aliases import AliasTable
from app.settings.backends import KIND_CONFIGS
from app.settings.rendering import field_text
from app.settings.tree import KeyConfig, Settings
from app.settings.unsupported import KEYS
from app.settings.wording import allowed, is_table
from tests.unit.app.settings.folder import Folder

TOP = Path(__file__).parents[4]
EXAMPLE = (TOP / "llamaport.example.toml").read_text()
PAGE = (TOP / "docs" / "configuration.md").read_text()
BACKENDS = "## `[[backends]]`"

Row = tuple[str, str, str, bool]
"""Key, type, default, and whether it is still to come."""


def documented(head: str) -> list[Row]:
    """Read the first table of keys under a heading."""
    _, _, below = PAGE.partition(f"\n{head}\n")
    table = re.split(r"\n#+ ", below)[0].partition("|---|---|---|---|\n")[2].partition("\n\n")[0]
    rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in table.splitlines()]
    return [
        (key.strip("`"), kind, default.strip("`"), meaning.endswith("*Not yet.*"))
        for key, kind, default, meaning in rows
    ]


def coded(table: Any, section: str, *, but: Any = None) -> Iterator[Row]:
    """Say the same of a Struct, without the keys it shares with another."""
    shared = {field.name for field in fields(but)} if but else set()
    for field in fields(table):
        if field.name in shared:
            continue
        if is_table(field.type):
            for key, kind, default, later in coded(field.type, ""):
                yield f"{field.name}.{key}", kind, default, later
        else:
            later = field.name in KEYS.get(section, ())
            yield field.name, allowed(field.type), default_of(field), later


def default_of(field: FieldInfo) -> str:
    if field.required:
        return "required"
    default = field.default_factory() if field.default is NODEFAULT else field.default
    return field_text(field.type, default)


@pytest.mark.parametrize(
    "section", [field.name for field in fields(Settings) if is_table(field.type)]
)
def test_every_plain_section_is_documented_as_it_is(section: str) -> None:
    (kind,) = (field.type for field in fields(Settings) if field.name == section)

    assert documented(f"## `[{section}]`") == list(coded(kind, section))


def test_backends_are_documented_as_they_are() -> None:
    kind = ("kind", f"one of {', '.join(KIND_CONFIGS)}", "required", False)
    _, *http = coded(HttpBackendConfig, "backends", but=AnyBackendConfig)

    assert documented(BACKENDS) == [kind, *coded(AnyBackendConfig, "backends")]
    assert documented("### Kinds over HTTP") == http
    for name, config in KIND_CONFIGS.items():
        rows = list(coded(config, "backends", but=AnyBackendConfig))
        own = [row for row in rows if row not in http]
        assert documented(f"### kind `{name}`") == own


def test_keys_and_aliases_are_documented_as_they_are() -> None:
    assert documented("## `[[keys]]`") == list(coded(KeyConfig, "keys"))
    assert [row[:3] for row in documented("## `[aliases]`")] == [
        row[:3] for row in coded(AliasTable, "aliases")
    ]


def test_the_example_loads_as_it_stands(folder: Folder) -> None:
    settings = folder.settings(EXAMPLE)

    assert [backend.name for backend in settings.backends] == ["local", "box", "offline"]
    assert settings.aliases["brief"].system == "Be brief."


def test_the_example_shows_the_defaults_of_every_plain_key_that_has_an_effect() -> None:
    example = tomllib.loads(EXAMPLE)

    shown = {
        (section, key)
        for section, table in example.items()
        if isinstance(table, dict) and section != "aliases"
        for key in table
    }
    working = {
        (section.name, key.name)
        for section in fields(Settings)
        if is_table(section.type)
        for key in fields(section.type)
        if key.name not in KEYS.get(section.name, ())
    }
    assert shown == working


def test_the_plain_sections_of_the_example_change_nothing(folder: Folder) -> None:
    settings = folder.settings(EXAMPLE)

    defaults = Settings()
    assert settings.server == defaults.server
    assert settings.routing == defaults.routing
    assert settings.logging == defaults.logging


def test_what_the_example_has_commented_out_loads_too(folder: Folder) -> None:
    text = re.sub(r'^# (?=\[\[|["\w.]+ = )', "", EXAMPLE, flags=re.MULTILINE)

    settings = folder.settings(text, {"OPENROUTER_API_KEY": "k", "ADA_KEY": "a"})

    assert [backend.name for backend in settings.backends] == ["local", "cloud", "box", "offline"]
    assert [key.name for key in settings.keys] == ["ada"]
    assert "llama3.2" in settings.aliases


PLAIN_KEYS = [
    (section.name, field)
    for section in fields(Settings)
    if is_table(section.type)
    for field in fields(section.type)
]


@pytest.mark.parametrize(("section", "field"), PLAIN_KEYS, ids=lambda it: getattr(it, "name", it))
def test_every_plain_key_has_the_variable_that_is_promised(
    folder: Folder, section: str, field: FieldInfo
) -> None:
    assert "`LLAMAPORT_<SECTION>__<KEY>`" in PAGE
    variable = f"LLAMAPORT_{section}__{field.name}".upper()

    loaded = folder.loaded(environ={variable: default_of(field)})

    assert loaded.sources[f"{section}.{field.name}"] == f"environment {variable}"


def test_every_other_variable_that_is_read_is_documented() -> None:
    sources = TOP / "app" / "settings"
    read = {
        *re.findall(r'_set\.get\("(\w+)"', (sources / "legacy.py").read_text()),
        *re.findall(r'"([A-Z]\w+)"', (sources / "environment_backends.py").read_text()),
        *re.findall(
            r'^[A-Z]\w+ = "(LLAMAPORT_\w+)"', (sources / "environment.py").read_text(), re.MULTILINE
        ),
    } - {"LLAMAPORT_ALIASES__"}

    assert {"PORT", "OLLAMA_BASE_URL", "LLAMAPORT_CONFIG"} <= read
    assert read <= set(re.findall(r"`([A-Z][A-Z_]+)`", PAGE))


@pytest.mark.parametrize(
    ("kind", "units"),
    [("a duration", ("250ms", "5s", "10m", "1h")), ("a size", ("64MiB", "10MB"))],
)
def test_every_key_with_units_names_them(kind: str, units: tuple[str, ...]) -> None:
    rows = [line for line in PAGE.splitlines() if re.match(rf"\| `[\w.]+` \| {kind}\b", line)]

    assert len(rows) > 2
    assert all(f'"{unit}"' in row for row in rows for unit in units)
