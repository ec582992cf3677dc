"""Worker processes: a word about each that has ended untold, and their end without a parent."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.process import BaseProcess
from time import monotonic

from loguru import logger
from uvicorn.supervisors import Multiprocess
from uvicorn.supervisors.multiprocess import Process

_SLICE_SECONDS = 0.1


class Workers(Multiprocess):
    """Replaces workers as uvicorn does, which says nothing of it above INFO.

    It also waits up to 5 s for the answer of a worker that is starting, or has just ended, before
    it looks at signals.
    """

    def init_processes(self) -> None:
        """Start them."""
        with _interrupts_held_back():
            super().init_processes()

    def keep_subprocess_alive(self) -> None:
        """Replace those that have ended, or do not answer, unless a signal comes before."""
        before = [(it, self._is_hung(it)) for it in self.processes]
        have_gone = any(was_hung or not it.process.is_alive() for it, was_hung in before)
        if self.signal_queue:  # Ctrl-C has ended workers that only loaded, too
            self.handle_signals()
            return
        if not have_gone:
            return  # uvicorn asks again, and waits 5 s for one that a signal ends meanwhile
        with _interrupts_held_back():
            super().keep_subprocess_alive()
        for process, was_hung in before:
            if process not in self.processes:
                why = "did not answer" if was_hung else end_of(process.exitcode)
                logger.warning("worker {} {}: another takes its place", process.pid, why)

    def _is_hung(self, worker: Process) -> bool:
        """Ask a worker, until it answers, or ends, or a signal comes. One that is hung is ended."""
        if not worker.process.is_alive():
            return False
        end = monotonic() + self.config.timeout_worker_healthcheck
        worker.parent_conn.send(b"ping")
        while worker.process.is_alive() and not self.signal_queue:
            if worker.parent_conn.poll(_SLICE_SECONDS):
                worker.parent_conn.recv()
                return False
            if monotonic() > end:
                worker.kill()
                return True
        return False


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Have what is started here take no SIGINT until `take_interrupts`; it comes later then.

    Ctrl-C reaches every process at once. One that has not begun would end with a traceback.
    """
    from multiprocessing import resource_tracker  # noqa: PLC0415 - one process needs none

    resource_tracker.ensure_running()  # or the first start would, and take interrupts then
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        take_interrupts()


def take_interrupts() -> None:
    """Take SIGINT from here on, and one that was held back."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


@contextmanager
def ending_at_once() -> Iterator[None]:
    """Have a signal end this worker as it is, while it does nothing but load.

    uvicorn notes a signal, and ends once everything is loaded and built.
    """
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, signal.SIG_DFL) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


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
