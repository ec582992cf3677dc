"""What /proc tells of a process: its descriptors and its memory."""

from __future__ import annotations

import os
from pathlib import Path


def open_sockets(pid: int) -> int:
    """Count the sockets a process holds, listening ones included."""
    return sum(link.startswith("socket:") for link in _links(Path(f"/proc/{pid}/fd")))


def resident_bytes(pid: int) -> int:
    """Return the resident memory of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _links(folder: Path) -> list[str]:
    links = []
    for entry in folder.iterdir():
        try:
            links.append(str(entry.readlink()))
        except FileNotFoundError:  # closed between the listing and the look
            continue
    return links
