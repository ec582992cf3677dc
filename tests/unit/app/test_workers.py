"""What is said of a worker that has ended."""

from __future__ import annotations

import signal

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
