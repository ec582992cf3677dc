"""Processes as the kernel sees them: their cores, their CPU time, their memory."""

from __future__ import annotations

import asyncio
import os
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

PROC = Path("/proc")
IDLE_SECONDS = 0.02
"""CPU time in a tenth of a second, below which a process does nothing that matters."""


def cores() -> tuple[int | None, int | None]:
    """Choose a core for the server and one for all else; none where there is only one."""
    usable = sorted(os.sched_getaffinity(0))
    return (usable[0], usable[1]) if len(usable) > 1 else (None, None)


@contextmanager
def on_core(core: int | None) -> Iterator[None]:
    """Run the block, and the processes it starts, on one core."""
    before = os.sched_getaffinity(0)
    if core is not None:
        os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def allow_many_files() -> None:
    """Raise the limit of open descriptors, here and in processes started from here."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def tree(pid: int) -> list[int]:
    """Return a process and everything that descends from it."""
    children: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, left = [], [pid]
    while left:
        found.append(left.pop())
        left += children.get(found[-1], [])
    return found


def cpu_seconds(pids: list[int]) -> float:
    """Add up the time that every thread was on a core.

    From the scheduler's own account, in nanoseconds. `/proc/PID/stat` has user and system time
    in ticks of 10 ms, sampled: with work that comes every 10 ms it is wrong by half.
    """
    return sum(_on_core_ns(pid) for pid in pids) / 1e9


def resident_mb(pid: int) -> float:
    """Add up the resident memory of a process and its descendants, in megabytes."""
    pages = 0
    for member in tree(pid):
        try:
            pages += int((PROC / str(member) / "statm").read_text().split()[1])
        except OSError:
            continue
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


class Meter:
    """Measures elapsed time, and the CPU time of a tree of processes, over a block."""

    def __init__(self, pid: int) -> None:
        self._pids = tree(pid) if pid else []
        self.seconds = 0.0
        self.cpu_seconds = 0.0

    def __enter__(self) -> Self:
        self._cpu = cpu_seconds(self._pids)
        self._start = time.perf_counter()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.seconds = time.perf_counter() - self._start
        self.cpu_seconds = cpu_seconds(self._pids) - self._cpu


async def settled(pid: int, deadline: float = 5.0) -> None:
    """Return when a process no longer works on what is over, or at the deadline."""
    if not pid:
        return
    end = time.perf_counter() + deadline
    before = -1.0
    while time.perf_counter() < end:
        now = cpu_seconds(tree(pid))
        if before >= 0 and now - before <= IDLE_SECONDS:
            return
        before = now
        await asyncio.sleep(0.1)


def _on_core_ns(pid: int) -> int:
    total = 0
    for task in (PROC / str(pid) / "task").glob("*/schedstat"):
        with suppress(OSError):  # a thread may end while we look
            total += int(task.read_text().split()[0])
    return total


def _stat(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat from the third on; none if the process is gone."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
