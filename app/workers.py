"""Worker processes: a word about each that has ended untold, and their end without a parent."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from contextlib import suppress
from multiprocessing.process import BaseProcess

from loguru import logger
from uvicorn.supervisors import Multiprocess


class Workers(Multiprocess):
    """Replaces workers as uvicorn does, which says nothing of it above INFO."""

    def keep_subprocess_alive(self) -> None:
        """Replace those that have ended, or do not answer."""
        before = [(it, it.process.is_alive()) for it in self.processes]
        super().keep_subprocess_alive()
        for process, was_alive in before:
            if process not in self.processes:
                why = "did not answer" if was_alive else end_of(process.exitcode)
                logger.warning("worker {} {}: another takes its place", process.pid, why)


def end_of(code: int | None) -> str:
    """Tell how a process has ended, by the code that it left."""
    if code is not None and code < 0:
        with suppress(ValueError):
            return f"was ended by {signal.Signals(-code).name}"
    return f"has ended with code {code}"


def end_with_parent() -> None:
    """Have this worker end in good order if the process that started it is killed.

    Nobody else would: it would go on to hold the port, and nobody would tell it of a signal.
    """
    if parent := multiprocessing.parent_process():
        threading.Thread(target=_outlive, args=(parent,), daemon=True).start()


def _outlive(parent: BaseProcess) -> None:
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
