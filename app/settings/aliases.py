"""Decoding `[aliases]`: a target, or a table with a target, options and a system text."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Raw, Struct

from adapters.backends.config import ModelIds
from adapters.dialects.requests.options import decode_options
from app.settings.decoding import Decoder
from app.settings.paths import Path
from app.settings.problems import Report, nearest
from app.settings.rendering import noun, shortened
from app.settings.unsupported import NOT_SUPPORTED
from domain.aliases import Alias
from ports.chat import Options
from ports.errors import InvalidRequest

OPTION_NAMES: Final = (
    *("temperature", "top_p", "top_k", "min_p", "typical_p", "repeat_penalty", "repeat_last_n"),
    *("presence_penalty", "frequency_penalty", "seed", "num_predict", "stop", "num_ctx"),
    *("num_batch", "num_gpu", "main_gpu", "use_mmap", "num_thread", "draft_num_predict"),
    *("num_keep", "mirostat", "mirostat_tau", "mirostat_eta", "tfs_z", "penalize_newline"),
    *("numa", "low_vram", "f16_kv", "logits_all", "vocab_only", "use_mlock", "embedding_only"),
    *("top_a", "provider"),
)
"""Ollama's options, the ones it has given up included (docs/wire/ollama-api.md 2.7), and two
of OpenRouter's (docs/wire/dialects.md 8.2)."""

Table = Annotated[Mapping[str, Any], Meta(description="a table of Ollama's options")]


class AliasTable(Struct, frozen=True, kw_only=True):
    """The long form of an alias."""

    targets: ModelIds
    strategy: str = ""
    options: Table = {}
    system: str = ""
    agents: tuple[str, ...] = ()


def decode_aliases(raw: object, decoder: Decoder) -> Mapping[str, Alias]:
    """Decode all of them; those with problems are missing."""
    if not isinstance(raw, dict):
        decoder.report.add(("aliases",), f"found {noun(raw)}, allowed a table")
        return {}
    decoded = (_alias(name, value, ("aliases", name), decoder) for name, value in raw.items())
    return {alias.name: alias for alias in decoded if alias is not None}


def _alias(name: str, raw: object, path: Path, decoder: Decoder) -> Alias | None:
    if not name.strip():
        decoder.report.add(path, "found an empty name, allowed any other")
    if isinstance(raw, dict):
        table = decoder.table(AliasTable, raw, path)
        return None if table is None else _long(name, table, path, decoder.report)
    if not isinstance(raw, (str, list)):
        wanted = "a target, a list of targets, or a table with targets"
        decoder.report.add(path, f"found {shortened(raw)}, allowed {wanted}")
        return None
    targets = decoder.value(ModelIds, [raw] if isinstance(raw, str) else raw, path)
    target = _only(targets, path, decoder.report)
    return None if target is None else Alias(name=name, target=target)


def _long(name: str, table: AliasTable, path: Path, report: Report) -> Alias | None:
    for key in ("strategy", "agents"):
        if getattr(table, key):
            report.add((*path, key), NOT_SUPPORTED)
    options = _options(table.options, (*path, "options"), report)
    target = _only(table.targets, (*path, "targets"), report)
    if target is None:
        return None
    return Alias(name=name, target=target, options=options, system=table.system)


def _only(targets: tuple[str, ...] | None, path: Path, report: Report) -> str | None:
    """Return the one target there may be in this version."""
    if not targets:  # `None` was reported already, and a key is reported only once
        report.add(path, "found an empty list, allowed one target")
        return None
    if len(targets) > 1:
        report.add(path, f"more than one target is {NOT_SUPPORTED}; allowed: one")
    return targets[0]


def _options(table: Mapping[str, Any], path: Path, report: Report) -> Options:
    """Take what the codec for Ollama's requests would, option by option."""
    wire: dict[str, Raw] = {}
    for name, value in table.items():
        if name not in OPTION_NAMES:
            report.add((*path, name), f"unknown option; {nearest(name, OPTION_NAMES)}")
        elif isinstance(value, float) and not math.isfinite(value):
            report.add((*path, name), f"found {value}, allowed a number with an end")
        else:
            raw = Raw(msgspec.json.encode(value))
            try:
                decode_options({name: raw})
            except InvalidRequest as error:
                report.add((*path, name), f"found {shortened(value)}; {error.message}")
            else:
                wire[name] = raw
    return decode_options(wire)
