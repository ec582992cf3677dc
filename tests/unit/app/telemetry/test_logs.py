"""Lines that are written without loguru are those that loguru would write."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr
from datetime import datetime
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from loguru import logger
from msgspec import Struct

from app.settings import Logging
from app.telemetry import logs
from app.telemetry.lines import Tell, Told

WORDS = 'one {} "two"\nthree'


class Members(Struct, omit_defaults=True):
    """Members of a line."""

    model: str = ""
    status: int = 0


def telling(members: Members) -> Tell:
    return partial(Told, WORDS, members)


def by_loguru(level: str, members: Members) -> None:
    logger.log(level, "{}", WORDS, _members=members)


def told(text: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in text.splitlines()]
    for line in lines:
        assert datetime.fromisoformat(line.pop("time")).utcoffset() is not None
    return lines


@pytest.mark.parametrize("members", [Members(), Members(model="é\n", status=200)])
def test_it_is_the_same_line_in_every_sink(members: Members, tmp_path: Path) -> None:
    text, file = StringIO(), tmp_path / "x.log"
    logs.configure(Logging(format="json", file=str(file)), text)

    logs.write("INFO", telling(members))
    by_loguru("INFO", members)

    for lines in (told(text.getvalue()), told(file.read_text())):
        assert lines[0] == lines[1]
        assert list(lines[0]) == list(lines[1])
        assert lines[0]["message"] == WORDS


def test_on_a_console_it_is_what_loguru_makes_of_it() -> None:
    text = StringIO()
    logs.configure(Logging(format="console"), text)

    logs.write("INFO", telling(Members(model="m")))

    assert text.getvalue().endswith(f" INFO    {WORDS}\n")


@pytest.mark.parametrize(("least", "written"), [("WARNING", 1), ("ERROR", 0), ("TRACE", 1)])
def test_what_is_below_the_level_is_not_written(least: Any, written: int) -> None:
    text = StringIO()
    logs.configure(Logging(format="json", level=least), text)

    logs.write("WARNING", telling(Members()))

    assert len(text.getvalue().splitlines()) == written


def test_a_sink_that_was_closed_gets_no_line(tmp_path: Path) -> None:
    text, file = StringIO(), tmp_path / "x.log"
    logs.configure(Logging(format="json", file=str(file)), text)

    logs.silence()
    logs.write("INFO", telling(Members()))

    assert not text.getvalue()
    assert not file.read_text()


class _Broken(StringIO):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def flush(self) -> None:
        raise self._error


@pytest.mark.parametrize(
    "error", [BrokenPipeError(32, "Broken pipe"), ValueError("I/O on closed file"), RuntimeError()]
)
def test_where_nobody_reads_any_more_the_other_sinks_still_get_their_line(
    error: Exception, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "x.log"
    logs.configure(Logging(format="json", file=str(file)), _Broken(error))

    logs.write("INFO", telling(Members()))
    by_loguru("INFO", Members())

    assert len(told(file.read_text())) == 2
    assert capsys.readouterr().err == ""


def test_without_any_stderr_the_file_gets_its_lines(tmp_path: Path) -> None:
    file = tmp_path / "x.log"
    with redirect_stderr(None):
        logs.configure(Logging(file=str(file)))

        logs.write("INFO", telling(Members()))

    assert len(told(file.read_text())) == 1


def test_lines_of_several_threads_do_not_get_into_each_other(tmp_path: Path) -> None:
    text, file = StringIO(), tmp_path / "x.log"
    logs.configure(Logging(format="json", file=str(file), rotation=5000), text)

    def work(number: int) -> None:
        for _ in range(50):
            logs.write("INFO", telling(Members(status=number)))
            by_loguru("INFO", Members(status=number))

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(1, 5)))

    files = [told(one.read_text()) for one in tmp_path.iterdir()]
    assert len(files) > 1
    for lines in (told(text.getvalue()), [line for one in files for line in one]):
        assert Counter(line["status"] for line in lines) == dict.fromkeys(range(1, 5), 100)
