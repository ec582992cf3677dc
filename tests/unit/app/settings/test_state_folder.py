"""Where made models are kept when nobody says where."""

from __future__ import annotations

import pytest

from tests.unit.app.settings.folder import Folder


@pytest.mark.parametrize(
    ("environ", "file"),
    [
        ({"XDG_STATE_HOME": "/state", "HOME": "/home/ada"}, "/state/llamaport/models.json"),
        ({"HOME": "/home/ada"}, "/home/ada/.local/state/llamaport/models.json"),
        (
            {"XDG_STATE_HOME": "relative", "HOME": "/home/ada"},
            "/home/ada/.local/state/llamaport/models.json",
        ),
        ({"XDG_STATE_HOME": "", "HOME": ""}, ""),
        ({}, ""),
    ],
)
def test_the_users_state_folder_is_the_default(
    folder: Folder, environ: dict[str, str], file: str
) -> None:
    assert folder.settings(environ=environ).models.file == file


def test_the_configured_file_wins(folder: Folder) -> None:
    home = {"HOME": "/home/ada"}

    assert folder.settings('[models]\nfile = "m.json"\n', home).models.file == "m.json"
    variable = {"LLAMAPORT_MODELS__FILE": "/var/m.json", **home}
    assert folder.settings("", variable).models.file == "/var/m.json"
