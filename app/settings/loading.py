"""From every source to one value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path as FilePath
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import fields, replace

from app.settings.aliases import decode_aliases
from app.settings.backends import decode_backend
from app.settings.checks import (
    check_certificates,
    check_default_backend,
    check_exposure,
    check_keys,
    check_loop,
    check_names,
)
from app.settings.decoding import Decoder
from app.settings.document import Document
from app.settings.environment import CONFIG, apply_overrides, apply_variables
from app.settings.environment_backends import add_backends, add_key
from app.settings.key_files import read_key_files
from app.settings.leaves import leaves
from app.settings.legacy import Legacy
from app.settings.paths import Path, written
from app.settings.problems import Report, nearest
from app.settings.sources import DEFAULT_FILE, Variables, read_file, read_variables
from app.settings.state_folder import models_file
from app.settings.tree import BackendConfig, KeyConfig, Settings
from app.settings.unsupported import refuse_unsupported
from app.settings.wording import is_table

S = TypeVar("S", bound=Struct)


class Loaded(Struct, frozen=True, kw_only=True):
    """Settings, and for each key path where its value comes from."""

    settings: Settings
    sources: Mapping[str, str]
    warnings: tuple[str, ...] = ()


def load(
    argv_overrides: Mapping[str, object],
    environ: Mapping[str, str],
    cwd: FilePath,
    config: FilePath | None = None,
) -> Loaded:
    """Read the settings.

    Later wins: defaults, the file, `.env` in `cwd`, `environ`, `argv_overrides` (dotted key
    paths; `None` for a flag that was not given). The file is `config`, else what
    `LLAMAPORT_CONFIG` names, else `llamaport.toml` if there is one. Relative paths start at
    `cwd`. Raises `SettingsError` with everything that is wrong.
    """
    document = Document()
    report = Report(document.place)
    variables = read_variables(environ, cwd, report)
    legacy = Legacy(variables, cwd, document, report)
    readable = _read_file(config, variables, cwd, document, report)
    if readable:
        add_backends(variables, document)
    add_key(variables, document, report)
    legacy.apply()
    apply_variables(variables, document, report)
    apply_overrides(argv_overrides, document, report)
    read_key_files(document, cwd, report)
    settings = _decode(document.tree, Decoder(document, report), cwd, complete=readable)
    if not settings.models.file:
        settings = replace(settings, models=replace(settings.models, file=models_file(variables)))
    report.close()
    return Loaded(
        settings=settings,
        sources={written(leaf.path): document.source(leaf.path) for leaf in leaves(settings)},
        warnings=tuple(legacy.warnings),
    )


def _read_file(
    config: FilePath | None,
    variables: Variables,
    cwd: FilePath,
    document: Document,
    report: Report,
) -> bool:
    """Read the chosen file; false if that did not work."""
    chosen = variables[CONFIG].value if CONFIG in variables else ""
    chosen = str(config) if config else chosen
    if not chosen and not (cwd / DEFAULT_FILE).exists():
        return True
    return read_file(chosen or DEFAULT_FILE, cwd, variables, document, report)


def _decode(
    tree: Mapping[str, Any], decoder: Decoder, cwd: FilePath, *, complete: bool
) -> Settings:
    """Decode and check everything; what fits together is only checked if all of it is there."""
    sections = _sections(tree, decoder)
    aliases = decode_aliases(tree.get("aliases", {}), decoder)
    backends: dict[Path, BackendConfig] = _rows(decode_backend, tree, "backends", decoder)
    keys = _rows(_key, tree, "keys", decoder)
    settings = Settings(
        **sections, aliases=aliases, backends=tuple(backends.values()), keys=tuple(keys.values())
    )
    if complete:
        check_names(backends, decoder.report)
        check_names(keys, decoder.report)
        check_keys(keys, decoder.report)
        check_exposure(settings.server, keys, decoder.report)
        check_loop(settings.server, backends, decoder.report)
        check_default_backend(settings.routing.default_backend, backends, decoder.report)
        check_certificates(backends, cwd, decoder.report)
    return settings


def _sections(tree: Mapping[str, Any], decoder: Decoder) -> dict[str, Any]:
    """Decode the plain tables."""
    known = {field.name: field.type for field in fields(Settings)}
    for name in tree:
        if name not in known:
            decoder.report.add((name,), f"unknown key; {_guess(name, known)}")
    tables = {
        name: decoder.table(kind, tree.get(name, {}), (name,))
        for name, kind in known.items()
        if is_table(kind)
    }
    found = {name: table for name, table in tables.items() if table is not None}
    for name, table in found.items():
        refuse_unsupported(table, (name,), decoder.report)
    return found


def _guess(name: str, sections: Mapping[str, Any]) -> str:
    """Suggest a section, or the key that was meant to stand in one."""
    for section, kind in sections.items():
        if is_table(kind) and any(name == field.name for field in fields(kind)):
            return f'did you mean "{section}.{name}"?'
    return nearest(name, sections)


def _rows(
    decode: Callable[[dict[str, Any], Path, Decoder], S | None],
    tree: Mapping[str, Any],
    section: str,
    decoder: Decoder,
) -> dict[Path, S]:
    """Decode a list of tables."""
    decoded = {
        path: decode(row, path, decoder)
        for row, path in decoder.rows(tree.get(section, []), (section,))
    }
    found = {path: table for path, table in decoded.items() if table is not None}
    for path, table in found.items():
        refuse_unsupported(table, path, decoder.report)
    return found


def _key(row: dict[str, Any], path: Path, decoder: Decoder) -> KeyConfig | None:
    return decoder.table(KeyConfig, row, path)
