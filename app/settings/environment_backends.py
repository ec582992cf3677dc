"""The backends of a server for which none are configured, and its key.

Which variables make which backend is a table in `docs/configuration.md`.
"""

from __future__ import annotations

from app.settings.document import Document
from app.settings.environment import API_KEY
from app.settings.expansion import expand
from app.settings.problems import Report
from app.settings.sources import Variables


def add_backends(variables: Variables, document: Document) -> None:
    """Add what the environment names, or else the offline backend, if there is none yet."""
    if document.tree.get("backends", []) != []:
        return
    for name, kind, needed, sources in _BACKENDS:
        row, origins = {"name": name, "kind": kind}, {}
        for key, names in sources.items():
            for variable in (variables[name] for name in names if name in variables):
                if (value := variable.value.strip()) and key not in row:
                    row[key] = value
                    origins[key] = variable.origin
        if needed & origins.keys():
            document.append("backends", row, origins)
    if not document.tree.get("backends"):
        document.append("backends", {"name": "offline", "kind": "offline"}, {})


def add_key(variables: Variables, document: Document, report: Report) -> None:
    """Add the client key `default` if `LLAMAPORT_API_KEY` is set."""
    if (variable := variables.get(API_KEY)) is None:
        return
    rows = document.tree.get("keys", [])
    path = ("keys", len(rows) if isinstance(rows, list) else 0)
    plain = {name: found.value for name, found in variables.items()}
    key = expand(variable.value, plain, (*path, "key"), document, report)
    document.append("keys", {"name": "default", "key": key}, {"key": variable.origin})


_BACKENDS = (
    (
        "openrouter",
        "openrouter",
        {"api_key"},
        {"api_key": ("OPENROUTER_API_KEY",), "base_url": ("OPENROUTER_BASE_URL",)},
    ),
    (
        "openai",
        "openai-compatible",
        {"api_key", "base_url"},
        {"api_key": ("OPENAI_API_KEY",), "base_url": ("OPENAI_BASE_URL", "OPENAI_API_BASE_URL")},
    ),
    ("ollama", "ollama", {"base_url"}, {"base_url": ("OLLAMA_BASE_URL",)}),
)
"""Name, kind, keys of which one must be given, and the variables of each key, best first."""
