"""A folder in which the workers of one server keep their numbers for each other.

Each worker holds one file, mapped into its memory and locked for as long as it lives: the system
frees the lock however the worker ends. A worker that starts takes over the file of one that has
ended, and counts on in it, so there are never more files than there were workers at once. The
parent process makes the folder and removes it at its end. What a parent that was killed has left
behind goes when the next one starts: it, too, holds a lock.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import BinaryIO

import msgspec

from adapters.observability.metrics.families import FAMILIES
from adapters.observability.metrics.snapshot import Source
from adapters.observability.metrics.store import CAPACITY, SIZE, Store, series_in

PREFIX = "llamaport-metrics-"
_UNOWNED = "." + PREFIX
"""A folder that nobody has locked yet."""

_OWNER = "owner"
_JOINING = "joining"
_LAYOUT = f"{zlib.crc32(msgspec.json.encode([(CAPACITY, SIZE), *FAMILIES])):08x}"
"""Names what the numbers mean: other families, or other buckets, are not taken over."""


class CannotShare(Exception):
    """There is no place for the folder. The message is one line for the operator."""


def places() -> tuple[Path, ...]:
    """Return where the folder may be: in memory, or where temporary files go."""
    return (Path("/dev/shm"), Path(tempfile.gettempdir()))  # noqa: S108 - made by mkdtemp in there


@contextmanager
def folder() -> Iterator[Path]:
    """Make a folder, for as long as the block runs. Raises `CannotShare`."""
    with _made() as (path, owner), owner:
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)


class Workers:
    """One worker among those that share a folder. Raises `OSError` where there is no room."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with (path / _JOINING).open("wb") as gate:
            fcntl.flock(gate, fcntl.LOCK_EX)
            with self._left_behind() or self._new() as file:
                self._own = os.fstat(file.fileno())
                # It keeps the file open, and so locked, until the process ends.
                self.store = Store(mmap(file.fileno(), SIZE))

    def sources(self) -> Iterator[Source]:
        """Return what all of them have counted, this one first."""
        yield Source(series=self.store.series())
        for file in sorted(self._path.glob(f"{_LAYOUT}-*")):
            # The folder goes while the last workers still run.
            with suppress(FileNotFoundError), file.open("rb") as other:
                if not os.path.samestat(os.fstat(other.fileno()), self._own):
                    yield _source(other)

    def _left_behind(self) -> BinaryIO | None:
        for path in sorted(self._path.glob("*-*")):
            file = path.open("r+b", buffering=0)
            if _lock(file, fcntl.LOCK_EX):
                if path.name.startswith(_LAYOUT):
                    return file
                path.unlink()  # of a program that was changed since, and started anew
            file.close()
        return None

    def _new(self) -> BinaryIO:
        number = len(list(self._path.glob("*-*")))
        while (path := self._path / f"{_LAYOUT}-{number}").exists():
            number += 1
        # Under a name that nobody reads until it has its size.
        unready = path.with_name("unready")
        file = unready.open("w+b", buffering=0)
        file.truncate(SIZE)
        if hasattr(os, "posix_fallocate"):
            # Writing to mapped memory that turns out to have no room would end the process.
            os.posix_fallocate(file.fileno(), 0, SIZE)
        _lock(file, fcntl.LOCK_EX)
        unready.rename(path)
        return file


def _source(file: BinaryIO) -> Source:
    is_alive = not _lock(file, fcntl.LOCK_SH)
    with mmap(file.fileno(), SIZE, access=ACCESS_READ) as memory:
        return Source(series=series_in(memory), is_alive=is_alive)


@contextmanager
def _made() -> Iterator[tuple[Path, BinaryIO]]:
    problem: OSError | None = None
    for place in places():
        try:
            _clear(place)
            unowned = Path(tempfile.mkdtemp(prefix=_UNOWNED, dir=place))
            owner = (unowned / _OWNER).open("wb")
            _lock(owner, fcntl.LOCK_EX)
            path = unowned.rename(place / unowned.name.removeprefix("."))
        except OSError as error:
            problem = error
            continue
        yield path, owner
        return
    raise CannotShare(
        "several workers need a folder that can be written, /dev/shm or what TMPDIR names, "
        f"to count together: {problem.strerror if problem else ''}"
    )


def _clear(place: Path) -> None:
    """Remove the folders whose owner was killed."""
    for path in place.glob(f"{PREFIX}*"):
        with suppress(OSError):
            if path.stat().st_uid == os.getuid():
                with (path / _OWNER).open("wb") as owner:
                    if _lock(owner, fcntl.LOCK_EX):
                        shutil.rmtree(path, ignore_errors=True)


def _lock(file: BinaryIO, how: int) -> bool:
    """Take a lock if nobody is in the way, until the file is closed."""
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
