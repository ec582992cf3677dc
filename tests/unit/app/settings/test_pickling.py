"""Workers get the settings from the process that has read them."""

from __future__ import annotations

import pickle
from pathlib import Path

from app.settings import load

EXAMPLE = Path(__file__).parents[4] / "llamaport.example.toml"


def test_settings_come_whole_through_a_pipe() -> None:
    environ = {"LLAMAPORT_API_KEY": "ada-key", "OPENROUTER_API_KEY": "canary-key"}
    settings = load({}, environ, Path("/nonexistent"), config=EXAMPLE).settings

    assert settings.keys
    assert pickle.loads(pickle.dumps(settings)) == settings
