"""Made models in one small JSON file, shared by all workers of a server.

A change is written beside the file, brought to the disk, and renamed over it, under a lock
that every process takes: a reader sees the old list or the new one, whoever is killed when.
The file also counts what upstreams' models were changed through this server, so that its other
workers learn of that too.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import stat
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
from loguru import logger
from msgspec import Struct
from msgspec.json import Decoder
from msgspec.structs import replace

from adapters.dialects.requests.model_names import is_listable
from ports.errors import NotSupported
from ports.library import MadeModel, ModelStore

LARGEST = 16 * 1024 * 1024
"""Bytes of a file: it is read as a whole, by every worker."""

_VERSION = 1

Models = tuple[MadeModel, ...]
Stamp = tuple[int, int, int]
"""When a file was changed (ns), its size and its inode: another file has another one."""


class _Content(Struct, frozen=True, kw_only=True):
    """The file."""

    version: int
    models: Models = ()
    changes: dict[str, int] = {}
    """How often the models of each backend were changed."""


_CONTENT = Decoder(_Content)


class _Unreadable(Exception):
    """The file is there and does not say which models there are."""


class ModelFile(ModelStore):
    """Keeps made models in the file `path`; with an empty path nothing can be kept.

    The folder is made when the first model is. Beside the file stand its lock (`.lock`) and,
    while a change is written, the next version of it (`.new`). A link stays one: all of that
    stands where the file really is.
    """

    def __init__(self, path: str) -> None:
        self._path = Path(path) if path else None
        self._seen: Stamp | None = None
        self._models: Models = ()
        self._changes: Mapping[str, int] = {}
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
            content = _load(path)
        except _Unreadable as error:
            self._complain(str(error))
            return
        self._complaint = ""
        if content.models != self._models:
            self._models = content.models
        if content.changes != self._changes:
            self._changes = content.changes

    def changes(self) -> Mapping[str, int]:
        """Tell how often each backend's models were changed, as the last `models` found it."""
        return self._changes

    async def put(self, model: MadeModel, /) -> None:
        """Keep a model, in place of one of the same name. Raises `NotSupported`."""
        await asyncio.to_thread(
            self._change,
            lambda kept: replace(kept, models=(model, *_without(kept.models, model.name))),
        )

    async def remove(self, name: str, /) -> bool:
        """Forget a model, tell whether there was one. Raises `NotSupported`."""
        return await asyncio.to_thread(
            self._change, lambda kept: replace(kept, models=_without(kept.models, name))
        )

    async def touch(self, backend: str, /) -> None:
        """Tell all workers of a change; where nothing can be written they learn it later."""
        with suppress(NotSupported):
            await asyncio.to_thread(
                self._change,
                lambda kept: replace(
                    kept, changes={**kept.changes, backend: kept.changes.get(backend, 0) + 1}
                ),
            )

    def _change(self, edit: Callable[[_Content], _Content]) -> bool:
        """Read, edit and write as one step among all processes; tell whether that changed it."""
        if self._path is None:
            raise NotSupported("models cannot be kept here: no file is configured ([models] file)")
        path = Path(os.path.realpath(self._path))
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


def _load(path: Path) -> _Content:
    try:
        content = _CONTENT.decode(_read(path))
    except FileNotFoundError:
        return _Content(version=_VERSION)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise _Unreadable(str(error)) from error
    if content.version != _VERSION:
        raise _Unreadable(f"version {content.version} is not known")
    return replace(content, models=_listable(content.models))


def _read(path: Path) -> bytes:
    # Without blocking: a pipe may have nobody at its other end.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise _Unreadable("it is not a regular file")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            data = file.read(LARGEST + 1)
    finally:
        os.close(descriptor)
    if len(data) > LARGEST:
        raise _Unreadable(f"it is longer than {LARGEST} bytes")
    return data


def _listable(models: Iterable[MadeModel]) -> Models:
    """Return what a client could ask for, the first of each name: people edit the file too."""
    listed: dict[str, MadeModel] = {}
    for model in models:
        if is_listable(model.name):
            listed.setdefault(model.name.casefold(), model)
    return tuple(listed.values())


def _write(path: Path, content: _Content, after: Stamp | None) -> None:
    data = msgspec.json.encode(content) + b"\n"
    if len(data) > LARGEST:
        raise NotSupported("models cannot be kept here: the file of made models is full")
    new = path.with_name(path.name + ".new")
    # Only its owner may read it: system texts can be private.
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
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
