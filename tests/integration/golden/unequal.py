"""The words in which a difference is told."""

from __future__ import annotations

from collections.abc import Iterator


def unequal(what: str, ours: object, theirs: object) -> Iterator[str]:
    """Name a difference, if there is one."""
    if ours != theirs:
        yield f"{what}: {ours!r} instead of {theirs!r}"
