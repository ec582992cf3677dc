"""Made models in one small JSON file, shared by all workers of a server.

A change is written beside the file, brought to the disk, and renamed over it, under a lock
that every process takes: a reader sees the old list or the new one, whoever is killed when.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
from loguru import logger
from msgspec import Struct
from msgspec.json import Decoder

from ports.errors import NotSupported
from ports.library import MadeModel, ModelStore

_VERSION = 1

Models = tuple[MadeModel, ...]
Stamp = tuple[int, int, int]
"""When a file was changed (ns), its size and its inode: another file has another one."""


class _Content(Struct, frozen=True, kw_only=True):
    """The file."""

    version: int
    models: Models = ()


_CONTENT = Decoder(_Content)


class _Unreadable(Exception):
    """The file is there and does not say which models there are."""


class ModelFile(ModelStore):
    """Keeps made models in the file `path`; with an empty path nothing can be kept.

    The folder is made when the first model is. Beside the file stand its lock (`.lock`) and,
    while a change is written, the next version of it (`.new`).
    """

    def __init__(self, path: str) -> None:
        self._path = Path(path) if path else None
        self._seen: Stamp | None = None
        self._models: Models = ()
        self._complaint = ""

    def models(self) -> Sequence[MadeModel]:
        """List the models; reads the file only if it is another one than before."""
        if self._path is None:
            return self._models
        try:
            stamp = _stamp(self._path)
            if stamp != self._seen:
                self._read(self._path)
                self._seen = stamp
        except OSError as error:
            self._complain(str(error))
        return self._models

    def _read(self, path: Path) -> None:
        try:
            self._models = _load(path)
        except _Unreadable as error:
            self._complain(str(error))
        else:
            self._complaint = ""

    async def put(self, model: MadeModel, /) -> None:
        """Keep a model, in place of one of the same name. Raises `NotSupported`."""
        await asyncio.to_thread(self._change, lambda kept: (model, *_without(kept, model.name)))

    async def remove(self, name: str, /) -> bool:
        """Forget a model, tell whether there was one. Raises `NotSupported`."""
        return await asyncio.to_thread(self._change, lambda kept: _without(kept, name))

    def _change(self, edit: Callable[[Models], Models]) -> bool:
        """Read, edit and write as one step among all processes; tell whether that changed it."""
        path = self._path
        if path is None:
            raise NotSupported("models cannot be kept here: no file is configured ([models] file)")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with _locked(path):
                kept = _load(path)
                edited = edit(kept)
                if edited != kept:
                    _write(path, edited, after=_stamp(path))
        except OSError as error:
            self._complain(str(error))
            reason = error.strerror or "the file cannot be written"
            raise NotSupported(f"models cannot be kept here: {reason}") from error
        except _Unreadable as error:
            self._complain(str(error))
            raise NotSupported(
                "models cannot be kept here: the file of made models cannot be understood, "
                "and is left as it is"
            ) from error
        return edited != kept

    def _complain(self, complaint: str) -> None:
        """Log what is wrong with the file, once until it is well again."""
        if complaint != self._complaint:
            self._complaint = complaint
            logger.warning("the file of made models {}: {}", self._path, complaint)


def _without(kept: Models, name: str) -> Models:
    return tuple(model for model in kept if model.name.casefold() != name.casefold())


def _stamp(path: Path) -> Stamp | None:
    """Tell one version of the file from another; `None` if there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _load(path: Path) -> Models:
    try:
        content = _CONTENT.decode(path.read_bytes())
    except FileNotFoundError:
        return ()
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise _Unreadable(str(error)) from error
    if content.version != _VERSION:
        raise _Unreadable(f"version {content.version} is not known")
    return content.models


def _write(path: Path, models: Models, after: Stamp | None) -> None:
    new = path.with_name(path.name + ".new")
    # Only its owner may read it: system texts can be private.
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(_Content(version=_VERSION, models=models)) + b"\n")
        file.flush()
        # Never the time of the version before: clocks of file systems are coarse.
        now = time.time_ns()
        os.utime(file.fileno(), ns=(now, now if after is None else max(now, after[0] + 1)))
        os.fsync(file.fileno())
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Let one process in at a time; a process that is killed lets go."""
    lock = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
