"""What keeps `llamaport serve` from starting is one line and an exit code, never a trace."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from loguru import logger

from app.cli import main
from app.settings import Logging
from app.telemetry import logs


@pytest.fixture(autouse=True)
def _no_sinks_left() -> Iterator[None]:
    yield
    logs.silence()


def test_a_log_file_that_cannot_be_written_is_one_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LLAMAPORT_LOGGING__FILE", str(folder))

    assert main(["serve", "--port", "0"]) == 2

    assert capsys.readouterr().err == (
        "llamaport: logging.file: cannot be written: Is a directory\n"
    )


def test_reload_and_several_workers_exclude_each_other(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", "--port", "0", "--workers", "2", "--reload"]) == 2

    assert capsys.readouterr().err.count("\n") == 1


def test_an_alias_that_leads_nowhere_fails_the_list_of_models(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "llamaport.toml").write_text('[aliases]\nz = "b/x"\n')

    assert main(["models"]) == 1

    assert capsys.readouterr().err == "alias z leads nowhere: no backend has b/x\n"


@pytest.mark.parametrize("level", ["TRACE", "DEBUG", "WARNING"])
def test_every_documented_level_is_a_level(level: str) -> None:
    stream = StringIO()

    logs.configure(Logging(level=level, format="json"), stream)
    for name in ("TRACE", "DEBUG", "WARNING"):
        logger.log(name, name)

    expected = {"TRACE": 3, "DEBUG": 2, "WARNING": 1}[level]
    assert len(stream.getvalue().splitlines()) == expected
