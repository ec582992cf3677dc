"""What work costs, said as a ratio within one run: machines differ and slow down, ratios hold."""

from __future__ import annotations

from collections.abc import Callable
from time import process_time

from tests.measuring import unmeasured

TIMES = 8
"""How much larger the large input is."""

LINEAR = 3.0 * TIMES
"""A growth below it is linear with room for noise; the square of TIMES is far above."""

_TRIES = 3


def growth(prepare: Callable[[int], Callable[[], object]], size: int) -> float:
    """How many times dearer the work is on an input TIMES as large.

    `prepare` makes the input of a size, unmeasured, and returns the work to do on it, once.
    The least of several tries counts: the others were disturbed.
    """
    small = min(seconds(prepare(size)) for _ in range(_TRIES))
    large = min(seconds(prepare(size * TIMES)) for _ in range(_TRIES))
    return large / small


def yardsticks(work: Callable[[], object]) -> float:
    """The CPU time of some work, in units of a fixed loop that is run before and after it."""
    before = seconds(_loop)
    spent = seconds(work)
    return spent / max(before, seconds(_loop))


def seconds(work: Callable[[], object]) -> float:
    """CPU seconds that the process spends on some work."""
    with unmeasured():
        began = process_time()
        work()
        return process_time() - began


def _loop() -> None:
    """Spend about a hundredth of a second on an ordinary machine."""
    words: dict[int, str] = {}
    for number in range(50_000):
        words[number % 1000] = str(number)
