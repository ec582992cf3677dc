"""Beginning a new log file when one is full, though several processes write to it.

Each worker has the file open for itself. Whoever finds it full gives it another name; the others
find at their next line that the file of that name is another one, or is not there, and open it
anew (loguru's `watch`). Lines are appended whole, so none is lost or mixed with another.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import loguru


class Rotation:
    """Asked by loguru before each line. `limit` is in bytes; 0 is none."""

    def __init__(self, path: str, limit: int) -> None:
        self._path = Path(path)
        self._limit = limit

    def __call__(self, message: loguru.Message, file: TextIO) -> bool:
        """Rename a full file. Returns `False` always: there is nothing left for loguru to do.

        The line that comes next still goes where its process has been writing.
        """
        size = os.fstat(file.fileno()).st_size
        if self._limit and size and size + len(message) > self._limit:
            self._rename(file)
        return False

    def _rename(self, file: TextIO) -> None:
        try:
            if os.path.samestat(os.fstat(file.fileno()), self._path.stat()):
                self._path.rename(self._dated())
        except OSError:
            # Another process was faster; or the folder is not ours, and the file grows: a line
            # that is lost would be worse.
            pass

    def _dated(self) -> Path:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%S-%f")
        return self._path.with_name(f"{self._path.stem}.{now}-{os.getpid()}{self._path.suffix}")
