"""What is said of a worker that has ended, and one that ends while it loads."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from app.workers import end_of


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (-signal.SIGKILL, "was ended by SIGKILL"),
        (-250, "has ended with code -250"),
        (1, "has ended with code 1"),
        (0, "has ended with code 0"),
    ],
)
def test_how_a_worker_has_ended_is_told_by_its_code(code: int, told: str) -> None:
    assert end_of(code) == told


LOADING = """
import os, signal, sys
from app.workers import ending_at_once
number = signal.Signals[sys.argv[1]]
signal.signal(number, lambda *_: None)
with ending_at_once():
    pass
os.kill(os.getpid(), number)
print("noted behind it", flush=True)
with ending_at_once():
    os.kill(os.getpid(), number)
print("and within")
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_ends_a_worker_while_it_loads_and_is_its_servers_before_and_after(
    name: str,
) -> None:
    run = [sys.executable, "-c", LOADING, name]

    done = subprocess.run(run, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (-signal.Signals[name], "noted behind it\n")
    assert done.stderr == ""


ASKING = """
import uvicorn
from app.workers import Workers

class Answering:
    asked = 0
    def __init__(self):
        self.process = self.parent_conn = self
    def is_alive(self, timeout=None):
        if timeout is not None:
            self.send(b"ping")  # as uvicorn's does
        return True
    def send(self, ping):
        self.asked += 1
    def poll(self, seconds):
        return True
    def recv(self):
        return True

workers = Workers(uvicorn.Config("none:app", workers=2), sockets=[])
workers.processes = [Answering(), Answering()]
workers.keep_subprocess_alive()
print([worker.asked for worker in workers.processes])
"""


def test_workers_that_answer_are_asked_once_a_round() -> None:
    # One that is asked again and ended by Ctrl-C meanwhile would be waited for, and replaced.
    run = [sys.executable, "-c", ASKING]

    done = subprocess.run(run, capture_output=True, text=True, check=False)

    assert (done.stdout, done.stderr) == ("[1, 1]\n", "")
