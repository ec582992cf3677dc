"""What /proc tells of a process: its descriptors, its memory, its workers."""

from __future__ import annotations

import os
import re
from pathlib import Path


def open_sockets(pid: int) -> int:
    """Count the sockets a process holds, listening ones included."""
    return sum(link.startswith("socket:") for link in _links(Path(f"/proc/{pid}/fd")))


def resident_bytes(pid: int) -> int:
    """Return the resident memory of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def workers_of(pid: int) -> list[int]:
    """Return those children that map the numbers: the workers, and nobody else."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in children if metrics_folder(int(child))]


def metrics_folder(pid: int) -> str:
    """Return the folder that a worker counts in."""
    try:
        maps = Path(f"/proc/{pid}/maps").read_text()
    except OSError:  # it has just ended
        return ""
    found = re.search(r"(/\S+/llamaport-metrics-[^/]+)/", maps)
    return found[1] if found else ""


def _links(folder: Path) -> list[str]:
    links = []
    for entry in folder.iterdir():
        try:
            links.append(str(entry.readlink()))
        except FileNotFoundError:  # closed between the listing and the look
            continue
    return links
