from __future__ import annotations

import os
import threading
from pathlib import Path

from adapters.observability.metrics import families
from adapters.observability.metrics.families import Family
from adapters.observability.metrics.system import read

STAT = "7 (a (b) 9 9) S 1 7 7 0 -1 4194560 1 0 0 0 12 5 0 0 20 0 23 0 100 1000 50 0 0"
IO = "rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 4096\nwrite_bytes: 8192\n"
NET = """Inter-|   Receive                       |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs
    lo: 500 5 0 0 0 0 0 0 500 5 0 0 0 0 0 0
  eth0:1000 9 0 0 0 0 0 0 2000 9 0 0 0 0 0 0
  eth1: 10 9 0 0 0 0 0 0 20 9 0 0 0 0 0 0
"""


def proc(folder: Path) -> Path:
    own = folder / "self"
    (own / "net").mkdir(parents=True)
    (own / "fd").mkdir()
    for number in range(4):
        (own / "fd" / str(number)).touch()
    (own / "statm").write_text("900 50 30 1 0 100 0\n")
    (own / "stat").write_text(STAT)
    (own / "io").write_text(IO)
    (own / "net" / "dev").write_text(NET)
    return folder


def readings(folder: Path) -> dict[tuple[Family, tuple[str, ...]], float]:
    return {(it.family, it.labels): it.number for it in read(folder)}


def test_on_linux_everything_is_read(tmp_path: Path) -> None:
    told = readings(proc(tmp_path))

    assert told[families.RESIDENT, ()] == 50 * os.sysconf("SC_PAGE_SIZE")
    assert told[families.THREADS, ()] == 23
    assert told[families.OPEN_FILES, ()] == 3
    assert told[families.DISK, ("read",)] == 4096
    assert told[families.DISK, ("written",)] == 8192
    assert told[families.NETWORK, ("received",)] == 1010
    assert told[families.NETWORK, ("sent",)] == 2020
    assert told[families.CPU, ()] > 0
    assert told[families.COLLECTIONS, ("2",)] >= 0


def test_elsewhere_what_python_knows_is_there_and_the_rest_absent(tmp_path: Path) -> None:
    told = readings(tmp_path / "nothing")

    assert {family for family, _ in told} == {
        families.CPU,
        families.THREADS,
        families.COLLECTIONS,
    }
    assert told[families.THREADS, ()] == threading.active_count()


def test_what_is_hidden_or_odd_takes_nothing_else_away(tmp_path: Path) -> None:
    folder = proc(tmp_path)
    (folder / "self" / "io").unlink()
    (folder / "self" / "net" / "dev").write_text("a\nb\neth0: x\n")

    found = {family for family, _ in readings(folder)}

    assert families.OPEN_FILES in found
    assert families.RESIDENT in found
    assert families.DISK not in found
    assert families.NETWORK not in found


def test_a_kernel_that_does_not_account_for_storage_takes_nothing_else_away(tmp_path: Path) -> None:
    folder = proc(tmp_path)
    (folder / "self" / "io").write_text("rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\n")

    found = {family for family, _ in readings(folder)}

    assert families.NETWORK in found
    assert families.DISK not in found


def test_the_process_itself_is_read_without_error() -> None:
    assert {it.family for it in read()} >= {families.CPU, families.THREADS}
