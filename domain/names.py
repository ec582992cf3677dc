"""Rules about model names that need no catalog: tags and globs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase

LATEST = ":latest"
"""The tag that Ollama clients add on their own; `x` and `x:latest` are one name."""


def canonical(name: str) -> str:
    """Return `name` without a final `:latest`, in whatever case that is written."""
    tagged = name[-len(LATEST) :].casefold() == LATEST
    return name[: -len(LATEST)] if tagged else name


LONGEST = 1000
"""Letters of a name that is in no list: clients may write any, and they are kept and told."""

_DEFAULTS = re.compile(r"(?:[^/]*://)?registry\.ollama\.ai/|library/", re.IGNORECASE)
_LOCAL = ":local"


def plain(name: str) -> str:
    """Return the spelling in which a name that is in no list is matched and sent.

    Without the host and the namespace that Ollama fills in, and without `:local` and
    `:latest`, however often they are written: two spellings of one model must not differ here.
    Empty for what is no name: blanks and control characters inside stand in none, and none is
    longer than `LONGEST`.
    """
    name = name.strip()
    if len(name) > LONGEST or not name.isprintable() or " " in name:
        return ""
    while (shorter := _shortened(name)) != name:
        name = shorter
    return name


def _shortened(name: str) -> str:
    if (default := _DEFAULTS.match(name)) is not None:
        name = name[default.end() :]
    name = canonical(name)
    return name[: -len(_LOCAL)] if name[-len(_LOCAL) :].casefold() == _LOCAL else name


def matches(globs: Sequence[str], *names: str) -> bool:
    """Tell whether any of a model's `names` passes `globs`.

    A glob that begins with `!` excludes and always wins, in whatever case a name is written,
    because an upstream may not care. With no including glob at all everything passes that is
    not excluded; an empty list lets everything pass.
    """
    including = [glob for glob in globs if not glob.startswith("!")]
    excluding = [glob[1:].casefold() for glob in globs if glob.startswith("!")]
    spellings = {spelling for name in names for spelling in (name, canonical(name))}
    if any(fnmatchcase(name.casefold(), glob) for glob in excluding for name in spellings):
        return False
    return not including or any(fnmatchcase(name, glob) for glob in including for name in spellings)
