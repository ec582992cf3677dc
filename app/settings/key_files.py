"""`api_key_file`: keys that an orchestrator lays down as files."""

from __future__ import annotations

from pathlib import Path as FilePath

from app.settings.document import Document
from app.settings.paths import Path
from app.settings.problems import Report


def read_key_files(document: Document, cwd: FilePath, report: Report) -> None:
    """Put the content of each file in the place of `api_key`, without the space around it."""
    rows = document.tree.get("backends")
    for index, row in enumerate(rows if isinstance(rows, list) else []):
        if not isinstance(row, dict) or row.get("kind") == "offline":
            continue
        path = ("backends", index, "api_key_file")
        name = row.get("api_key_file")
        if name and "api_key" in row:
            report.add(path, "found beside api_key, allowed one of them")
        elif name and isinstance(name, str):
            key = _read(cwd / name, path, report)
            document.put(("backends", index, "api_key"), key, document.place(path))


def _read(file: FilePath, path: Path, report: Report) -> str:
    try:
        key = file.read_text("utf-8").strip()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        report.add(path, f"found a file that cannot be read: {reason}")
        return ""
    if not key:
        report.add(path, "found an empty file, allowed one with a key")
    return key
