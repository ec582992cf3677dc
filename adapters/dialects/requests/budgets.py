"""How hard to think, where a client counts tokens instead of naming an effort."""

from __future__ import annotations

from ports.chat import Effort

LOW_BELOW = 2048
MEDIUM_BELOW = 8192
"""Tokens of a budget that make the effort `low`, else `medium`, else `high`."""


def effort_within(budget: int) -> Effort:
    """Return the effort that comes nearest to a budget (docs/wire/dialects.md 7.2)."""
    if budget < LOW_BELOW:
        return "low"
    return "medium" if budget < MEDIUM_BELOW else "high"
