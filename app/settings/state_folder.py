"""Where files are kept that nobody named."""

from __future__ import annotations

from pathlib import Path

from app.settings.sources import Variables


def models_file(variables: Variables) -> str:
    """Return the file of made models in the user's state folder (XDG Base Directory).

    Empty where the environment names neither that folder nor a home: then there is none.
    """
    state = _set("XDG_STATE_HOME", variables)
    home = _set("HOME", variables)
    if state is None and home is None:
        return ""
    folder = state or Path(home or "") / ".local" / "state"
    return str(folder / "llamaport" / "models.json")


def _set(name: str, variables: Variables) -> Path | None:
    """Return a folder; the specification says to ignore one that is not absolute."""
    path = Path(variables[name].value if name in variables else "")
    return path if path.is_absolute() else None
