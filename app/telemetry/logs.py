"""Where log lines go: to stderr and a file by loguru, the standard library's lines too."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from io import StringIO
from typing import TextIO

import loguru
from loguru import logger

from app.settings import Logging
from app.telemetry import failures
from app.telemetry.lines import Lines, Shared, Tell, encode, line_of
from app.telemetry.log_file import LogFile

CONSOLE = (
    "<green>{time:HH:mm:ss.SSS}</green> <level>{level: <7}</level> {message}"
    "<dim>{extra[_fields]}</dim>\n{extra[_failure]}"
)

MEMBERS = "_members"
"""What is bound under this name, a msgspec Struct, becomes members of a JSON line, and is not shown
on the console: its message has said it to people."""


class _Nowhere(StringIO):
    def write(self, text: str, /) -> int:
        return len(text)


_LINES = Lines()

QUIET = {
    "httpx": logging.WARNING,
    "asyncio": logging.WARNING,
    "dishka": logging.WARNING,
    "uvicorn": logging.WARNING,
}
"""Libraries that would write a line per request, or what our own start line says, or of their own
building."""


def configure(settings: Logging, stream: TextIO | None = None, *, content: bool = False) -> None:
    """Send every log line, from here on, where the settings say.

    Only with `content` are exceptions that nobody foresaw told in their own words.
    """
    # There is none in a process that was started with it closed.
    stream = stream or sys.stderr or _Nowhere()
    as_json = partial(_json, content=content)
    console = settings.format == "console" or (settings.format == "auto" and stream.isatty())
    logger.remove()
    stderr = Shared(_LINES, stream)
    sinks = [stderr]
    # `diagnose` would print the values of variables: keys and prompts among them.
    logger.add(
        stderr,
        level=settings.level,
        format=partial(_console, content=content) if console else as_json,
        colorize=stream.isatty(),
        diagnose=False,
        backtrace=False,
    )
    if settings.file:
        complain = partial(_complain, stderr, console=console)
        sinks.append(Shared(_LINES, LogFile(settings.file, settings.rotation, complain)))
        logger.add(
            sinks[-1],
            level=settings.level,
            format=as_json,
            colorize=False,
            diagnose=False,
            backtrace=False,
        )
    _LINES.sinks = [] if console else sinks
    _LINES.at_once = False
    _LINES.least = logger.level(settings.level).no
    # Python's own levels know no TRACE, but numbers do.
    logging.basicConfig(handlers=[_ToLoguru()], level=logger.level(settings.level).no, force=True)
    for name, level in QUIET.items():
        logging.getLogger(name).setLevel(level)


def silence() -> None:
    """Write no log lines: a command that asks says itself what it found."""
    logger.remove()


def write(level: str, tell: Tell) -> None:
    """Write a line with further members, which a console does not show: its message says them.

    Each request leaves one. JSON lines go to loguru's sinks past it, in a third of the time
    (`python -m tests.benchmarks --pieces`), and some milliseconds' together.
    """
    if _LINES.sinks:
        _LINES.add(level, tell)
    else:
        told = tell()
        logger.log(level, "{}", told.message, **{MEMBERS: told.members})


def hurry() -> None:
    """Let no line wait from here on: this process may end at any time. A signal may call it."""
    _LINES.at_once = True


def flush() -> None:
    """Write the lines that wait."""
    _LINES.flush()


def warn(line: str) -> None:
    """Write a warning of the start."""
    logger.warning("{}", line)


def _complain(stderr: Shared, lost: int, why: str, *, console: bool) -> None:
    # Past loguru, one of whose lines may be what led here: it would refuse this one, or wait for
    # another thread that waits for the file.
    if logger.level("WARNING").no < _LINES.least:
        return
    words = f"{lost} lines so far could not be written to logging.file: {why}"
    now = datetime.now().astimezone()
    if console:
        stderr.put(f"{now.time().isoformat('milliseconds')} WARNING {words}\n")
    else:
        stderr.put(line_of(now, "WARNING", words).decode())


class _ToLoguru(logging.Handler):
    """Hands a standard record to loguru."""

    def emit(self, record: logging.LogRecord) -> None:
        level = record.levelname if record.levelname in _LEVELS else record.levelno
        logger.opt(exception=record.exc_info).bind(logger=record.name).log(
            level, "{}", record.getMessage()
        )


_LEVELS = frozenset({"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"})


def _json(record: loguru.Record, *, content: bool) -> str:
    extra = record["extra"]
    more = [encode(_fields(extra))]
    if (members := extra.get(MEMBERS)) is not None:
        more.append(encode(members))
    if (error := _error_of(record)) is not None:
        more.append(encode(failures.failure_of(error, content=content)))
    line = line_of(record["time"], record["level"].name, record["message"], *more)
    extra["_line"] = line.decode()
    return "{extra[_line]}"


def _error_of(record: loguru.Record) -> BaseException | None:
    exception = record["exception"]
    return None if exception is None else exception.value


def _console(record: loguru.Record, *, content: bool) -> str:
    fields, error = _fields(record["extra"]), _error_of(record)
    record["extra"]["_fields"] = "".join(f"  {name}={value}" for name, value in fields.items())
    record["extra"]["_failure"] = (
        "" if error is None else failures.traceback_of(error, content=content)
    )
    return CONSOLE


def _fields(extra: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in extra.items() if not name.startswith("_")}
