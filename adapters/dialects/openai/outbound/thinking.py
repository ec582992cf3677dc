"""Whether to think, and how hard (docs/wire/dialects.md 1.8, 2.5 and 8.2)."""

from __future__ import annotations

from typing import Any, get_args

from msgspec import UNSET, UnsetType

from adapters.dialects.openai.outbound.profile import Profile
from ports.chat import ChatRequest, Effort

_EFFORTS: tuple[Effort, ...] = get_args(Effort)


def extra_thinking(request: ChatRequest, profile: Profile) -> dict[str, Any]:
    """Return what makes the server think, or not, or so hard, or so long.

    No thinking is left out where only an effort can be named: no level is known to every model
    that means none. What comes as thinking all the same is discarded when reading.
    """
    think, budget = request.think, _budget(request, profile)
    if think is UNSET and budget is UNSET:
        return {}
    if profile.thinking == "reasoning":
        return _inside_reasoning(think, budget, profile)
    extra = {} if think is UNSET else _at_the_top(think, profile)
    if budget is not UNSET:
        extra[profile.budget_field] = budget
    return extra


def level(think: bool | Effort, profile: Profile) -> Effort:  # noqa: FBT001 - a level or a switch, as in the neutral form
    """Return the level that the server knows: the one asked for, else a lower one."""
    if isinstance(think, bool):
        return "medium"
    asked = _EFFORTS.index(think)
    lower = [known for known in profile.efforts if _EFFORTS.index(known) <= asked]
    return lower[-1] if lower else profile.efforts[0]


def _budget(request: ChatRequest, profile: Profile) -> int | UnsetType:
    return request.thinking_budget if profile.budget_field and request.think is not False else UNSET


def _inside_reasoning(
    think: bool | Effort | UnsetType,  # noqa: FBT001 - see above
    budget: int | UnsetType,
    profile: Profile,
) -> dict[str, Any]:
    if budget is not UNSET:
        # Normally instead of an effort.
        return {"reasoning": {profile.budget_field: budget}}
    if think is UNSET or (think is False and profile.always_thinks):
        return {}
    if isinstance(think, bool):
        return {"reasoning": {"enabled": think}}
    return {"reasoning": {"effort": level(think, profile)}}


def _at_the_top(think: bool | Effort, profile: Profile) -> dict[str, Any]:  # noqa: FBT001 - see above
    match profile.thinking:
        case "effort":
            return {} if think is False else {"reasoning_effort": level(think, profile)}
        case "template":
            if isinstance(think, bool):
                return {"chat_template_kwargs": {"enable_thinking": think}}
            return {"reasoning_effort": level(think, profile)}
        case "template_with_effort":
            switches: dict[str, Any] = {"enable_thinking": think is not False}
            if not isinstance(think, bool):
                switches["reasoning_effort"] = level(think, profile)
            return {"chat_template_kwargs": switches}
        case _:
            return {}
