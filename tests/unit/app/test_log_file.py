"""The log file: rotated, shared by several processes, and every line in it once."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from loguru import logger

from app.settings import Logging
from app.settings.tree import Level
from app.telemetry import logs

WRITER = """
import io, sys
from loguru import logger
from app.settings import Logging
from app.telemetry import logs

logs.configure(Logging(file=sys.argv[1], rotation=5000), io.StringIO())
for number in range(300):
    logger.info("{} {}", sys.argv[2], number)
"""

NARROW = """
import sys
from resource import RLIMIT_FSIZE, getrlimit, setrlimit
from app.telemetry.log_file import LogFile

file = LogFile(sys.argv[1], 0, lambda lost, why: print(lost, why))
for room, lines in (9, "one\\ntwo\\nthree\\nfour\\n"), (14, "five\\n"), (18, "six\\nseven\\n"):
    setrlimit(RLIMIT_FSIZE, (room, getrlimit(RLIMIT_FSIZE)[1]))
    file.write(lines)
setrlimit(RLIMIT_FSIZE, getrlimit(RLIMIT_FSIZE)[1:] * 2)
file.write("eight\\n")
"""


def messages_in(folder: Path) -> list[str]:
    return [
        json.loads(line)["message"]
        for file in folder.iterdir()
        for line in file.read_text().splitlines()
    ]


def test_a_full_file_is_put_aside_and_a_new_one_begun(tmp_path: Path) -> None:
    file = tmp_path / "llamaport.log"
    logs.configure(Logging(file=str(file), rotation=1000), StringIO())

    for number in range(50):
        logger.info("line {}", number)

    assert sorted(messages_in(tmp_path)) == sorted(f"line {number}" for number in range(50))
    files = sorted(tmp_path.iterdir())
    assert len(files) > 3
    assert all(it.name.startswith("llamaport.") and it.suffix == ".log" for it in files)
    assert all(it.stat().st_size < 1200 for it in files)


def test_a_line_longer_than_the_limit_makes_no_empty_files(tmp_path: Path) -> None:
    logs.configure(Logging(file=str(tmp_path / "x.log"), rotation=10), StringIO())

    for _ in range(3):
        logger.info("long enough")

    assert len(messages_in(tmp_path)) == 3
    assert all(file.stat().st_size for file in tmp_path.iterdir())


def test_a_file_that_somebody_else_moves_is_begun_anew(tmp_path: Path) -> None:
    file = tmp_path / "x.log"
    logs.configure(Logging(file=str(file)), StringIO())

    logger.info("before")
    file.rename(tmp_path / "moved.log")
    logger.info("after")

    assert [json.loads(line)["message"] for line in file.read_text().splitlines()] == ["after"]


def test_a_full_file_that_cannot_be_put_aside_goes_on_and_loses_no_line(tmp_path: Path) -> None:
    # As in a folder that is not ours; the name with the time in it would be too long.
    file = tmp_path / f"{'x' * 240}.log"
    logs.configure(Logging(file=str(file), rotation=100), StringIO())

    for number in range(5):
        logger.info("line {}", number)

    assert list(tmp_path.iterdir()) == [file]
    assert messages_in(tmp_path) == [f"line {number}" for number in range(5)]


def test_a_full_disk_costs_lines_of_the_file_and_one_line_says_so() -> None:
    text = StringIO()
    logs.configure(Logging(file="/dev/full", format="json"), text)

    for number in range(3):
        logger.info("line {}", number)
    logger.remove()

    lines = [json.loads(line) for line in text.getvalue().splitlines()]
    assert [(line["level"], line["message"]) for line in lines] == [
        ("INFO", "line 0"),
        ("WARNING", "1 lines so far could not be written to logging.file: No space left on device"),
        ("INFO", "line 1"),
        ("INFO", "line 2"),
    ]


@pytest.mark.parametrize(("level", "complaints"), [("WARNING", 1), ("ERROR", 0)])
def test_on_a_console_a_full_disk_is_told_in_one_line_for_people(
    level: Level, complaints: int
) -> None:
    text = StringIO()
    logs.configure(Logging(file="/dev/full", format="console", level=level), text)

    for number in range(3):
        logger.error("line {}", number)

    lines = [line.split(maxsplit=1)[1] for line in text.getvalue().splitlines()]
    why = "WARNING 1 lines so far could not be written to logging.file: No space left on device"
    assert lines.count(why) == complaints
    assert [line for line in lines if line != why] == [f"ERROR   line {it}" for it in range(3)]


def test_of_lines_that_are_written_in_part_those_that_are_whole_stay_so(tmp_path: Path) -> None:
    file = tmp_path / "x.log"
    done = subprocess.run(
        [sys.executable, "-c", NARROW, str(file)], capture_output=True, text=True, check=True
    )

    # What is torn ends where the next line begins.
    assert file.read_text() == "one\ntwo\nt\nfive\nsix\neight\n"
    assert done.stdout == "2 No space left on device\n"


def test_a_folder_that_goes_costs_lines_until_it_is_there_again(tmp_path: Path) -> None:
    folder, text = tmp_path / "log", StringIO()
    logs.configure(Logging(file=str(folder / "x.log"), format="json"), text)
    folder.rename(tmp_path / "moved")

    logger.info("lost")
    folder.mkdir()
    logger.info("kept")

    assert messages_in(folder) == ["kept"]
    assert "No such file or directory" in text.getvalue()


def test_several_processes_share_it_and_lose_no_line(tmp_path: Path) -> None:
    file = tmp_path / "llamaport.log"
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(file), name])
        for name in ("one", "two", "three")
    ]

    assert [writer.wait(60) for writer in writers] == [0, 0, 0]

    expected = [f"{name} {number}" for name in ("one", "two", "three") for number in range(300)]
    assert sorted(messages_in(tmp_path)) == sorted(expected)
    assert len(list(tmp_path.iterdir())) > 3


def test_lines_of_libraries_and_of_the_http_server_come_out_in_the_same_form() -> None:
    text = StringIO()
    logs.configure(Logging(format="json"), text)

    logging.getLogger("some.library").warning("from %s", "afar")
    logging.getLogger("uvicorn.error").error("of the server")
    logging.getLogger("uvicorn.error").info("Started server process")

    lines = [json.loads(line) for line in text.getvalue().splitlines()]
    assert [(it["logger"], it["level"], it["message"]) for it in lines] == [
        ("some.library", "WARNING", "from afar"),
        ("uvicorn.error", "ERROR", "of the server"),
    ]
