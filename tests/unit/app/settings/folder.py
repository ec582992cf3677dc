"""A working directory in which settings are loaded."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from app.settings import Loaded, Settings, SettingsError, load


class Folder:
    """Writes files into a folder and loads settings there."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, name: str, content: str | bytes) -> None:
        data = content.encode() if isinstance(content, str) else content
        (self.path / name).write_bytes(data)

    def loaded(
        self,
        text: str = "",
        environ: Mapping[str, str] | None = None,
        overrides: Mapping[str, object] | None = None,
        config: Path | None = None,
    ) -> Loaded:
        """Load with `text` as `llamaport.toml`; the first line of it is line 1."""
        if text:
            self.write("llamaport.toml", text)
        return load(overrides or {}, environ or {}, self.path, config)

    def settings(self, text: str = "", environ: Mapping[str, str] | None = None) -> Settings:
        return self.loaded(text, environ).settings

    def problems(
        self,
        text: str = "",
        environ: Mapping[str, str] | None = None,
        overrides: Mapping[str, object] | None = None,
        config: Path | None = None,
    ) -> list[str]:
        """Load, and return the lines with which that fails."""
        with pytest.raises(SettingsError) as caught:
            self.loaded(text, environ, overrides, config)
        return str(caught.value).splitlines()
