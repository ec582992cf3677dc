"""What the operating system tells of this process. What it does not tell is absent.

Everything is there on Linux, from /proc; elsewhere CPU and Python's own threads are.
"""

from __future__ import annotations

import gc
import os
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from adapters.observability.metrics import families
from adapters.observability.metrics.families import Family

PROC = Path("/proc")
LOOPBACK = "lo"


class Reading(Struct, frozen=True, gc=False):
    """One number, as it is now, of one series."""

    family: Family
    labels: tuple[str, ...]
    number: float


def read(proc: Path = PROC) -> list[Reading]:
    """Read all there is. Takes up to a millisecond or two: for a thread of its own."""
    readings = [Reading(families.CPU, (), time.process_time())]
    for part in (_memory_and_threads, _open_files, _disk, _network):
        # Not Linux, or a container that hides it.
        with suppress(OSError, ValueError, LookupError):
            readings.extend(part(proc))
    if not any(reading.family is families.THREADS for reading in readings):
        readings.append(Reading(families.THREADS, (), threading.active_count()))
    readings.extend(
        Reading(families.COLLECTIONS, (str(generation),), told["collections"])
        for generation, told in enumerate(gc.get_stats())
    )
    return readings


def _memory_and_threads(proc: Path) -> Iterator[Reading]:
    pages = int((proc / "self" / "statm").read_text().split()[1])
    yield Reading(families.RESIDENT, (), pages * os.sysconf("SC_PAGE_SIZE"))
    # The name of the process, in parentheses, may hold anything.
    fields = (proc / "self" / "stat").read_text().rpartition(")")[2].split()
    yield Reading(families.THREADS, (), int(fields[17]))


def _open_files(proc: Path) -> Iterator[Reading]:
    # Looking at the folder opens it.
    with os.scandir(proc / "self" / "fd") as entries:
        yield Reading(families.OPEN_FILES, (), sum(1 for _ in entries) - 1)


def _disk(proc: Path) -> Iterator[Reading]:
    told = dict(
        line.split(": ", 1) for line in (proc / "self" / "io").read_text().splitlines() if line
    )
    yield Reading(families.DISK, ("read",), int(told["read_bytes"]))
    yield Reading(families.DISK, ("written",), int(told["write_bytes"]))


def _network(proc: Path) -> Iterator[Reading]:
    received = sent = 0
    for line in (proc / "self" / "net" / "dev").read_text().splitlines()[2:]:
        name, _, numbers = line.partition(":")
        if name.strip() != LOOPBACK:
            fields = numbers.split()
            received += int(fields[0])
            sent += int(fields[8])
    yield Reading(families.NETWORK, ("received",), received)
    yield Reading(families.NETWORK, ("sent",), sent)
