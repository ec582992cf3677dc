"""`thinking` and `output_config.effort`: whether to think, and how hard (7.2)."""

from __future__ import annotations

from typing import Final

from msgspec import UNSET, Struct, UnsetType

from adapters.dialects.anthropic.inbound.aside import Aside
from adapters.dialects.anthropic.inbound.numbers import whole
from adapters.dialects.anthropic.inbound.schema import WireThinking
from adapters.dialects.requests.budgets import effort_within
from ports.chat import Effort

_EFFORTS: Final[dict[str, Effort]] = {
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "xhigh",
    "max": "max",
}


class Thinking(Struct, frozen=True):
    """The fields of a neutral request that say how to think."""

    think: bool | Effort | UnsetType = UNSET
    budget: int | UnsetType = UNSET


def decode_effort(value: object) -> Effort | None:
    """Turn a decoded JSON value into an effort, `None` if it is none."""
    return _EFFORTS.get(value) if isinstance(value, str) else None


def decode_thinking(wire: WireThinking | None, effort: Effort | None, aside: Aside) -> Thinking:
    """Turn what was asked for into the neutral choice.

    An effort counts where the client has not said how much to think; a budget that is not above 0
    says nothing. Raises `InvalidRequest` for a budget that is no whole number.
    """
    if wire is None or wire.type is None:
        return Thinking(effort or UNSET)
    if wire.display not in {None, "summarized"}:
        aside.drop("thinking.display")
    match wire.type:
        case "disabled":
            return Thinking(think=False)
        case "enabled":
            budget = whole(wire.budget_tokens, "thinking.budget_tokens")
            if budget is None or budget <= 0:
                return Thinking(effort or True)
            return Thinking(effort_within(budget), budget)
        case "adaptive" | "between_tools":
            return Thinking(effort or True)
        case _:
            aside.drop("thinking")
            return Thinking(effort or UNSET)
