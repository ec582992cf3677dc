"""The ways of single models, as their list tells them (docs/wire/dialects.md 2.5 and 8.3)."""

from __future__ import annotations

import json
from typing import Any, get_args

from msgspec.structs import replace

from adapters.dialects.openai.outbound.members import words_in
from adapters.dialects.openai.outbound.profile import Profile
from adapters.dialects.openai.outbound.rich_models import REASONING
from ports.chat import Effort
from ports.models import ModelInfo

_EFFORTS: tuple[Effort, ...] = get_args(Effort)


def profile_of(model: ModelInfo, profile: Profile) -> Profile:
    """Return the server's profile as it is for one model: the same object if nothing differs."""
    if model.context_length:
        profile = replace(profile, context_length=model.context_length)
    said = model.extensions.get(REASONING)
    if said is None:
        return profile
    reasoning: dict[str, Any] = json.loads(bytes(said))
    supported = words_in(reasoning, "supported_efforts")
    efforts = tuple(effort for effort in _EFFORTS if effort in supported) or profile.efforts
    always = reasoning.get("mandatory") is True
    budget = "" if reasoning.get("supports_max_tokens") is False else profile.budget_field
    told = replace(profile, efforts=efforts, always_thinks=always, budget_field=budget)
    return profile if told == profile else told
