"""The log file: shared by several processes, begun anew when it is full, patient with a full disk.

Each worker has the file open for itself. Whoever finds it full gives it another name; the others
find at their next line that the file of that name is another one, or is not there, and open it
anew; so they do where a tool has moved it. Lines are appended whole, so none is mixed with another.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from errno import ENOSPC
from pathlib import Path
from time import monotonic

WARN_SECONDS = 60.0


class LogFile:
    """Takes lines, one or some at once. `limit` is in bytes; 0 is none.

    A line that cannot be written is lost: `complain` is told so at most once a minute, with how
    many there were and why. Raises `OSError` if the file cannot be opened at first.
    """

    def __init__(self, path: str, limit: int, complain: Callable[[int, str], None]) -> None:
        self._path = Path(path)
        self._limit = limit
        self._complain = complain
        self._lost = 0
        self._complained_at = -WARN_SECONDS
        self._is_torn = False
        """The last line that was written is not whole."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._opened()

    def write(self, lines: str) -> None:
        """Append some, each with its end."""
        rest, why = lines.encode(), os.strerror(ENOSPC)
        try:
            self._renew(len(rest))
            rest = self._append(rest)
        except OSError as error:
            why = error.strerror or str(error)
        if rest:
            self._lose(rest.count(b"\n"), why)

    def stop(self) -> None:
        """Close it."""
        os.close(self._file)

    def _opened(self) -> int:
        return os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)

    def _renew(self, more: int) -> None:
        """Open the file of that name, if this is no longer it, or is full."""
        own = os.fstat(self._file)
        is_ours = self._is_there(own)
        if is_ours and self._limit and own.st_size and own.st_size + more > self._limit:
            # In a folder that is not ours the file grows: a line that is lost would be worse.
            with suppress(OSError):
                self._path.rename(self._dated())
                is_ours = False
        if not is_ours:
            before, self._file = self._file, self._opened()
            os.close(before)

    def _is_there(self, own: os.stat_result) -> bool:
        try:
            return os.path.samestat(own, self._path.stat())
        except FileNotFoundError:
            return False

    def _append(self, data: bytes) -> bytes:
        """Return what found no place."""
        if self._is_torn:
            data = b"\n" + data
        written = os.write(self._file, data)
        self._is_torn = not data[:written].endswith(b"\n")
        return data[written:]

    def _lose(self, lines: int, why: str) -> None:
        self._lost += lines
        now = monotonic()
        if now - self._complained_at >= WARN_SECONDS:
            self._complained_at = now
            self._complain(self._lost, why)

    def _dated(self) -> Path:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%S-%f")
        return self._path.with_name(f"{self._path.stem}.{now}-{os.getpid()}{self._path.suffix}")
