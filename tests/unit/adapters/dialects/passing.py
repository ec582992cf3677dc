"""Feeding relayed streams in tests."""

from __future__ import annotations

from collections.abc import Iterable

from adapters.dialects.relaying.exchange import Passing


def through(passing: Passing, reads: Iterable[bytes]) -> bytes:
    """Everything that goes on, until the answer or an error ends it."""
    passed = b""
    for data in reads:
        if passing.done or passing.error is not None:
            break
        passed += passing.feed(data)
    if not passing.done and passing.error is None:
        passed += passing.finish()
    return passed
