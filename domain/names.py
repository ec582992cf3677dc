"""Rules about model names that need no catalog: tags and globs."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

LATEST = ":latest"
"""The tag that Ollama clients add on their own; `x` and `x:latest` are one name."""


def canonical(name: str) -> str:
    """Return `name` without a final `:latest`, in whatever case that is written."""
    tagged = name[-len(LATEST) :].casefold() == LATEST
    return name[: -len(LATEST)] if tagged else name


def matches(globs: Sequence[str], *names: str) -> bool:
    """Tell whether any of a model's `names` passes `globs`.

    A glob that begins with `!` excludes and always wins. With no including glob at all
    everything passes that is not excluded; an empty list lets everything pass.
    """
    including = [glob for glob in globs if not glob.startswith("!")]
    excluding = [glob[1:] for glob in globs if glob.startswith("!")]
    spellings = {spelling for name in names for spelling in (name, canonical(name))}
    if any(fnmatchcase(name, glob) for glob in excluding for name in spellings):
        return False
    return not including or any(fnmatchcase(name, glob) for glob in including for name in spellings)
